"""What type checkers say of `api_openai.audio`. Checked, not run: see test_typing.py."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, assert_type

from api_openai.audio import (
    AudioChunker,
    WavWriter,
    append_events,
    audio_of,
    read_wav,
    wav_bytes,
)
from api_openai.types.live import InputAudioAppendEventParam
from api_openai.types.realtime import (
    InputAudioBufferAppendEventParam,
    RealtimeClientEventParam,
    RealtimeServerEvent,
    RealtimeTranslationInputAudioBufferAppendEventParam,
)


def into_sessions(
    file: BinaryIO, parts: Iterable[bytes], send: list[RealtimeClientEventParam]
) -> None:
    events = append_events(read_wav(file), milliseconds=20)
    assert_type(events, Iterator[InputAudioBufferAppendEventParam])
    for event in events:
        send.append(event)
    assert_type(
        append_events(parts, event_type="session.input_audio.append", format="audio/pcmu"),
        Iterator[InputAudioAppendEventParam],
    )
    assert_type(
        append_events(b"", event_type="session.input_audio_buffer.append", size=2),
        Iterator[RealtimeTranslationInputAudioBufferAppendEventParam],
    )
    assert_type(AudioChunker(rate=16000).feed(b""), list[InputAudioBufferAppendEventParam])
    assert_type(
        AudioChunker(event_type="session.input_audio.append").finish(),
        list[InputAudioAppendEventParam],
    )
    append_events(file, event_type="append")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    append_events(file, format="mp3")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    append_events("a.wav")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]


def out_of_sessions(file: BinaryIO, events: Iterable[RealtimeServerEvent]) -> None:
    with WavWriter(file, format="g711_ulaw") as writer:
        for event in events:
            if event.type == "response.output_audio.delta":
                writer.write(event)
                assert_type(audio_of(event), bytes)
    assert_type(wav_bytes(append_events(file)), bytes)
    assert_type(read_wav(b"").rate, int)
    writer.write("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
