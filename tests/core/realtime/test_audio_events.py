"""Audio is cut into events of one length however it comes, and events give it back."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.api.types.beta_realtime_socket import (
    ResponseAudioDeltaEvent as BetaResponseAudioDeltaEvent,
)
from api_openai.core.api.types.live_socket import InputAudioAppendEvent, OutputAudioDeltaEvent
from api_openai.core.api.types.realtime_socket import (
    RealtimeTranslationOutputAudioDeltaEvent,
    ResponseAudioDeltaEvent,
)
from api_openai.core.json.unknown import Unknown
from api_openai.core.realtime.audio_events import AudioChunker, audio_of
from api_openai.core.realtime.audio_formats import AudioError

WIDTHS = {"audio/pcm": 2, "audio/pcmu": 1, "audio/pcma": 1}


def text(audio: bytes) -> str:
    return b64encode(audio).decode()


def parts(raw: bytes, cuts: list[int]) -> list[bytes]:
    """`raw` cut at these places, with empty parts where two are the same."""
    ends = sorted(min(cut, len(raw)) for cut in cuts)
    return [raw[a:b] for a, b in zip([0, *ends], [*ends, len(raw)], strict=True)]


@given(
    st.sampled_from(sorted(WIDTHS)),
    st.integers(1, 9),
    st.binary(max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_events_are_the_same_however_the_audio_comes(
    name: Any, samples: int, audio: bytes, cuts: list[int]
) -> None:
    size = samples * WIDTHS[name]
    audio = audio[: len(audio) // WIDTHS[name] * WIDTHS[name]]
    expected = [
        {"type": "input_audio_buffer.append", "audio": text(audio[at : at + size])}
        for at in range(0, len(audio), size)
    ]
    chunker = AudioChunker(size=size, format=name)
    for _ in range(2):  # it begins anew after the end
        events = [event for part in parts(audio, cuts) for event in chunker.feed(part)]
        assert [*events, *chunker.finish()] == expected


def test_an_event_is_given_as_soon_as_it_is_full() -> None:
    chunker = AudioChunker(size=4)
    assert chunker.feed(b"abc") == []
    assert [event["audio"] for event in chunker.feed(b"d")] == [text(b"abcd")]
    assert chunker.finish() == []


@pytest.mark.parametrize(
    ("cut", "size"),
    [
        ({}, 4800),
        ({"milliseconds": 20}, 960),
        ({"format": "audio/pcmu"}, 800),
        ({"format": "g711_alaw", "milliseconds": 20}, 160),
        ({"format": "pcm16", "rate": 16000}, 3200),
        ({"rate": 11025, "milliseconds": 20}, 440),
        ({"rate": 100, "milliseconds": 1}, 2),
        ({"size": 10}, 10),
        ({"size": 3, "format": "audio/pcma"}, 3),
    ],
)
def test_the_length_of_an_event(cut: Any, size: int) -> None:
    assert AudioChunker[Any](**cut).size == size


@pytest.mark.parametrize(
    "kind", ["session.input_audio.append", "session.input_audio_buffer.append"]
)
def test_events_of_other_sessions(kind: Any) -> None:
    chunker = AudioChunker[Any](event_type=kind, size=2)
    assert chunker.feed(b"ab") == [{"type": kind, "audio": "YWI="}]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_each_kind(kind: Any) -> None:
    assert AudioChunker(size=2).feed(kind(b"ab"))[0]["audio"] == "YWI="


def test_half_a_sample_at_the_end() -> None:
    chunker = AudioChunker(size=4)
    chunker.feed(b"abcdefg")
    with pytest.raises(AudioError, match="in the middle of a sample: 3 bytes at its end"):
        chunker.finish()
    assert chunker.finish() == []


@pytest.mark.parametrize(
    ("cut", "error", "said"),
    [
        ({"size": 5}, ValueError, "size: expected a multiple of 2"),
        ({"size": 0}, ValueError, "size: expected a positive number of bytes, got 0"),
        ({"size": 2.0}, TypeError, "size: expected a whole number of bytes, got float"),
        ({"milliseconds": 0}, ValueError, "milliseconds: expected a positive number"),
        ({"milliseconds": True}, TypeError, "milliseconds: .* got bool"),
        ({"milliseconds": 1, "size": 2}, TypeError, "expected one of them, got both"),
        (
            {"format": "audio/mp3"},
            ValueError,
            "format: expected one of 'audio/pcm', .* 'audio/mp3'",
        ),
        ({"format": None}, ValueError, "format: .* got None"),
        ({"rate": 0}, ValueError, "rate: expected a positive number of hertz up to 1000000, got 0"),
        ({"rate": 1 << 40}, ValueError, "rate: "),
        ({"rate": "24000"}, TypeError, "rate: expected a whole number of hertz .* got str"),
        ({"event_type": "append"}, ValueError, "event_type: expected one of 'input_audio_buffer"),
    ],
)
def test_arguments_that_cannot_be(cut: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        AudioChunker[Any](**cut)


def test_text_is_no_audio() -> None:
    chunker: Any = AudioChunker()
    with pytest.raises(TypeError, match="audio: expected pieces of bytes, got one of str"):
        chunker.feed("YWI=")


IDS: dict[str, Any] = {
    "event_id": "e",
    "response_id": "r",
    "item_id": "i",
    "output_index": 0,
    "content_index": 0,
}


@pytest.mark.parametrize(
    "event",
    [
        ResponseAudioDeltaEvent(**IDS, delta="YWI="),
        BetaResponseAudioDeltaEvent(**IDS, delta="YWI="),
        RealtimeTranslationOutputAudioDeltaEvent(event_id="e", delta="YWI="),
        OutputAudioDeltaEvent(delta="YWI="),
        InputAudioAppendEvent(audio="YWI="),
        {"type": "response.audio.delta", "delta": "YWI="},
        {"type": "speech.audio.delta", "audio": "YWI="},
        {"type": "input_audio_buffer.append", "audio": "YWI="},
        Unknown("session.output_audio.delta", {"type": "x", "delta": "YWI="}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_audio_of_an_event(event: object) -> None:
    assert audio_of(event) == b"ab"


@given(st.binary())
def test_what_goes_in_comes_out(audio: bytes) -> None:
    (event,) = AudioChunker(size=len(audio) + 1, format="audio/pcmu").feed(audio + b"!")
    assert audio_of(event) == audio + b"!" == b64decode(event["audio"])


@pytest.mark.parametrize(
    "damaged", ["YWI", "Y!WI=", "YWI=\n", "YW=I", "YWI=YWI=", "ü", "=", "_-=="]
)
def test_damaged_base64(damaged: str) -> None:
    with pytest.raises(AudioError, match="`delta` is not base64: ") as caught:
        audio_of({"type": "response.audio.delta", "delta": damaged})
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("event", "error", "said"),
    [
        ({"type": "response.done"}, ValueError, "event: expected .*, got 'response.done'"),
        ({"type": "response.audio.delta"}, AudioError, "base64 text in `delta`, got nothing"),
        ({"type": "response.audio.delta", "delta": 3}, AudioError, "in `delta`, got int"),
        (Unknown("response.audio.delta", []), AudioError, "in `delta`, got nothing"),
        (Unknown(None, []), TypeError, "expected an event with audio, got Unknown"),
        ({}, TypeError, "expected an event with audio, got dict"),
        (b"ab", TypeError, "expected an event with audio, got bytes"),
    ],
)
def test_what_has_no_audio(event: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        audio_of(event)
