"""`/audio`: speech as silence of the format asked for, and transcripts of what nobody hears.

A transcript depends on the name of the file, so that a test can tell one from another.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from ..fake_data.media import audio
from ..fake_data.texts import number, token_count, tokens
from ..http.json_documents import Object, is_array, text
from ..http.response import HttpResponse
from ..requests.media_checks import check_sound, check_speech
from ..requests.models import model_for
from .event_streams import told
from .work import Work

_SECONDS: Final = 0.4
"""How long a word takes."""
_PIECE: Final = 256


def speech(work: Work) -> HttpResponse:
    """`POST /audio/speech`: bytes, or events with `stream_format="sse"`."""
    body = work.body
    check_speech(body, model_for(work.call, body["model"], "speech"))
    kind, data = audio(text(body.get("response_format"), "mp3"))
    if body.get("stream_format") != "sse":
        return HttpResponse(headers=(("content-type", kind),), body=data)
    read, made = token_count(text(body["input"])), len(data)
    usage = {"input_tokens": read, "output_tokens": made, "total_tokens": read + made}
    pieces = (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
    events: list[Object] = [
        {"type": "speech.audio.delta", "audio": b64encode(piece).decode()} for piece in pieces
    ]
    events.append({"type": "speech.audio.done", "usage": usage})
    return told(events, work.state.pace)


def transcribe(work: Work) -> HttpResponse:
    """`POST /audio/transcriptions`, in any of its formats, or as events."""
    return _written(work, "transcribe")


def translate(work: Work) -> HttpResponse:
    """`POST /audio/translations`."""
    return _written(work, "translate")


def _written(work: Work, task: str) -> HttpResponse:
    model = model_for(work.call, work.body["model"], "transcription")
    recordings = work.call.files.get("file", [])
    check_sound(recordings[0] if recordings else None, work.body, model)
    said = work.call.scripted.text
    if said is None:
        filename = recordings[0].filename if recordings else "the recording"
        said = f"This is what was said in {filename}, word by word."
    words = tokens(said)
    # What `whisper-1` hears it tells whole, whatever is asked for.
    if work.wants_stream and not model.startswith("whisper-"):
        return told(_events(work, said, words), work.state.pace)
    plain = {"content-type": "text/plain; charset=utf-8"}
    match work.body.get("response_format"):
        case "text":
            return HttpResponse(headers=tuple(plain.items()), body=f"{said}\n".encode())
        case "srt":
            body = "\n".join(_cues(words, ",", numbered=True))
            return HttpResponse(headers=tuple(plain.items()), body=body.encode())
        case "vtt":
            body = "WEBVTT\n\n" + "\n".join(_cues(words, ".", numbered=False))
            return HttpResponse(headers=tuple(plain.items()), body=body.encode())
        case "verbose_json":
            return HttpResponse.json(_verbose(work, said, words, task))
        case "diarized_json":
            segments = list(_speakers(words))
            length = len(words) * _SECONDS
            usage: Object = {"type": "duration", "seconds": length}
            return HttpResponse.json(
                {
                    "task": task,
                    "duration": length,
                    "text": said,
                    "segments": segments,
                    "usage": usage,
                }
            )
        case _:
            document: Object = {"text": said}
            if task == "transcribe":
                document["usage"] = _usage(words)
                if "logprobs" in _listed(work.body.get("include")):
                    document["logprobs"] = [_logprob(at, each) for at, each in enumerate(words)]
            return HttpResponse.json(document)


def _listed(value: object) -> list[object]:
    return value if is_array(value) else []


def _usage(words: list[str]) -> Object:
    heard, made = 10 * len(words), len(words)
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": made,
        "total_tokens": heard + made,
    }


def _logprob(at: int, word: str) -> Object:
    chance = -(number(at, word) % 1000) / 1000
    return {"token": word, "logprob": chance, "bytes": list(word.encode())}


def _verbose(work: Work, said: str, words: list[str], task: str) -> Object:
    length = round(len(words) * _SECONDS, 2)
    segment: Object = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": length,
        "text": said,
        "tokens": [number(word) % 50_000 for word in words],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }
    language = text(work.body.get("language"), "english")
    document: Object = {"language": language, "duration": length, "text": said}
    document["segments"] = [segment]
    if task == "translate":
        return document
    document["task"] = task
    if "word" in _listed(work.body.get("timestamp_granularities")):
        document["words"] = [
            {"word": word.strip(), "start": start, "end": end} for word, start, end in _timed(words)
        ]
    document["usage"] = {"type": "duration", "seconds": length}
    return document


def _timed(words: list[str]) -> Iterator[tuple[str, float, float]]:
    for at, word in enumerate(words):
        yield word, round(at * _SECONDS, 2), round((at + 1) * _SECONDS, 2)


def _speakers(words: list[str]) -> Iterator[Object]:
    """Give each half of the words to a speaker of its own."""
    half = (len(words) + 1) // 2
    for at, (name, part) in enumerate((("A", words[:half]), ("B", words[half:]))):
        start = round(at * half * _SECONDS, 2)
        yield {
            "type": "transcript.text.segment",
            "id": f"seg_{at + 1}",
            "start": start,
            "end": round(start + len(part) * _SECONDS, 2),
            "text": "".join(part).strip(),
            "speaker": name,
        }


def _cues(words: list[str], point: str, *, numbered: bool) -> Iterator[str]:
    lines = [words[at : at + 6] for at in range(0, len(words), 6)]
    for at, line in enumerate(lines):
        if numbered:
            yield str(at + 1)
        start = 6 * at * _SECONDS
        yield f"{_clock(start, point)} --> {_clock(start + len(line) * _SECONDS, point)}"
        yield "".join(line).strip() + "\n"


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _events(work: Work, said: str, words: list[str]) -> Iterator[Object]:
    chances = "logprobs" in _listed(work.body.get("include"))
    if work.body.get("response_format") == "diarized_json":
        yield from _speakers(words)
    for at, word in enumerate(words):
        event: Object = {"type": "transcript.text.delta", "delta": word}
        if chances:
            event["logprobs"] = [_logprob(at, word)]
        yield event
    done: Object = {"type": "transcript.text.done", "text": said, "usage": _usage(words)}
    if chances:
        done["logprobs"] = [_logprob(at, word) for at, word in enumerate(words)]
    yield done
