"""What was heard in a realtime session, as text: a sentence of the emulator's, which hears nothing."""

from typing import Final

from ..fake_data.texts import number, token_count, tokens
from ..http.json_documents import Object, is_array, member, text
from .speaking import Speaking

_HEARD: Final = "The emulator heard something, and does not know what."
_BEGUN: Final = "conversation.item.input_audio_transcription"
_TOKEN_MS: Final = 100


def written(
    session: Speaking, name: str, length: int, transcription: object, said: str | None
) -> list[Object]:
    """The events that tell what is in an item of so many milliseconds; the last has it whole."""
    model = text(member(transcription, "model"), "whisper-1")
    said = _HEARD if said is None else said
    where: Object = {"item_id": name, "content_index": 0}
    # What `whisper-1` hears it tells at once.
    parts = [said] if model.startswith("whisper-") else tokens(said)
    wanted = session.session.get("include")
    chances = is_array(wanted) and "item.input_audio_transcription.logprobs" in wanted
    events: list[Object] = []
    for at, part in enumerate(parts):
        more: Object = {"logprobs": [_logprob(at, part)]} if chances else {}
        events.append(session.say(f"{_BEGUN}.delta", delta=part, **where, **more))
    if model.endswith("-diarize"):
        segment: Object = {"id": session.state.new_id("seg_", 20), "text": said, "speaker": "A"}
        segment |= {"start": 0.0, "end": length / 1000}
        events.append(session.say(f"{_BEGUN}.segment", **where, **segment))
    done: Object = {"transcript": said, "usage": _usage(model, said, length)}
    if chances:
        done["logprobs"] = [_logprob(at, part) for at, part in enumerate(parts)]
    return [*events, session.say(f"{_BEGUN}.completed", **where, **done)]


def _usage(model: str, said: str, length: int) -> Object:
    if model.startswith("whisper-"):
        return {"type": "duration", "seconds": length / 1000}
    heard, made = length // _TOKEN_MS, token_count(said)
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": made,
        "total_tokens": heard + made,
    }


def _logprob(at: int, part: str) -> Object:
    chance = -(number(at, part) % 1000) / 1000
    return {"token": part, "logprob": chance, "bytes": list(part.encode())}
