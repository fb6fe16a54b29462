"""What the benchmark's server says in realtime sessions."""

import base64
import random

from .payloads import CREATED, compact, text


def session_created() -> bytes:
    """The first event of a realtime session."""
    turns = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500}
    pcm = {"type": "audio/pcm", "rate": 24000}
    session: dict[str, object] = {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_CmK3pQ7bTn5dUuY0sWf4h",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": text(120),
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": CREATED + 3600,
        "audio": {
            "input": {
                "format": pcm,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": turns,
            },
            "output": {"format": pcm, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }
    event = {"type": "session.created", "event_id": "event_CmK3pQ7bTn5dUuY0sWf4i"}
    return compact({**event, "session": session})


AUDIO_EVENT = 4096
"""Bytes of an event with audio."""


def audio_events(deltas: int) -> list[bytes]:
    """The spoken part of an answer and its end; each delta has `AUDIO_EVENT` bytes of JSON."""
    response, item = "resp_CmK3pQ7bTn5dUuY0sWf4j", "item_CmK3pQ7bTn5dUuY0sWf4k"
    rng = random.Random(24000)

    def delta(number: int, audio: str = "") -> bytes:
        return compact(
            {
                "type": "response.output_audio.delta",
                "event_id": f"event_CmK3pQ7bTn5dUuY0{number:06}",
                "response_id": response,
                "item_id": item,
                "output_index": 0,
                "content_index": 0,
                "delta": audio,
            }
        )

    size = AUDIO_EVENT - len(delta(0))
    audio = base64.b64encode(rng.randbytes(size // 4 * 3)).decode()
    done = {
        "object": "realtime.response",
        "id": response,
        "status": "completed",
        "status_details": None,
        "output": [],
        "conversation_id": "conv_CmK3pQ7bTn5dUuY0sWf4l",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "usage": None,
        "metadata": None,
    }
    end = {"type": "response.done", "event_id": "event_CmK3pQ7bTn5dUuYdone", "response": done}
    return [*(delta(number, audio) for number in range(deltas)), compact(end)]


def audio_committed() -> bytes:
    """What a session answers when the audio that it was sent has been taken."""
    item = {"item_id": "item_CmK3pQ7bTn5dUuY0sWf4m", "previous_item_id": None}
    event = {"type": "input_audio_buffer.committed", "event_id": "event_CmK3pQ7bTn5dUuY0sWf4n"}
    return compact({**event, **item})
