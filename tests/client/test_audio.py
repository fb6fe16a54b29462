"""`api_openai.audio`: append events from any source, WAV files in and out."""

import gzip
import io
import tracemalloc
import wave
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import Unknown
from api_openai.audio import (
    AudioError,
    WavWriter,
    append_events,
    audio_of,
    read_wav,
    wav_bytes,
)
from api_openai.core.http.body_readers import PIECE

SOUND: Final = bytes(range(256)) * 100


class Pipe(io.RawIOBase):
    """A file that cannot go back, takes and gives at most some bytes at once, and counts reads."""

    def __init__(self, data: bytes = b"", most: int = 7) -> None:
        self.data = bytearray(data)
        self.most = most
        self.reads = 0

    def read(self, size: int = -1, /) -> bytes:
        self.reads += 1
        part = bytes(self.data[: self.most])
        del self.data[: self.most]
        return part

    def write(self, data: Any, /) -> int:
        part = bytes(data[: self.most])
        self.data += part
        return len(part)


def delta(sound: bytes) -> dict[str, Any]:
    return {"type": "response.output_audio.delta", "delta": b64encode(sound).decode()}


def sources(sound: bytes) -> dict[str, Any]:
    """The same audio in each form."""
    return {
        "bytes": sound,
        "bytearray": bytearray(sound),
        "a view of samples": memoryview(sound).cast("h"),
        "a file": io.BytesIO(sound),
        "a pipe": Pipe(sound, 999),
        "a list": [sound[:3], b"", bytearray(sound[3:])],
        "a generator": (sound[at : at + 5] for at in range(0, len(sound), 5)),
        "events": [delta(sound[:3]), Unknown("response.audio.delta", delta(sound[3:]))],
        "a WAV file": read_wav(wav_bytes(sound)),
    }


@pytest.mark.parametrize("kind", sources(b""))
def test_every_source(kind: str) -> None:
    events = list(append_events(sources(SOUND)[kind], milliseconds=50))
    assert [len(audio_of(each)) for each in events] == [2400] * 10 + [1600]
    assert b"".join(map(audio_of, events)) == SOUND
    assert wav_bytes(sources(SOUND)[kind]) == wav_bytes(SOUND)


def test_events_are_made_as_they_are_asked_for() -> None:
    taken: list[int] = []

    def microphone() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield bytes(10)

    events = append_events(microphone(), size=10)
    assert taken == []
    next(events)
    assert taken == [0]


def test_memory_does_not_grow_with_the_source() -> None:
    sound = bytes(40 * PIECE)
    tracemalloc.start()
    try:
        for _ in append_events(sound):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(sound) / 5


def test_the_length_is_that_of_the_wav_file() -> None:
    phone = wav_bytes(SOUND, format="audio/pcmu")
    assert len(audio_of(next(append_events(read_wav(phone))))) == 800
    slow = wav_bytes(SOUND, rate=16000)
    assert len(audio_of(next(append_events(read_wav(slow, rate=16000))))) == 3200
    twice = append_events(read_wav(phone), rate=16000)
    assert len(audio_of(next(twice))) == 1600


def test_arguments_are_looked_at_at_once() -> None:
    with pytest.raises(ValueError, match="size: "):
        append_events(SOUND, size=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'length'"):
        append_events(SOUND, length=3)  # type: ignore[call-overload]  # pyright: ignore


@pytest.mark.parametrize(
    ("source", "got"),
    [("question.wav", "str"), (Path("a"), "PosixPath"), (None, "NoneType"), (delta(b""), "dict")],
)
def test_what_is_no_source(source: Any, got: str) -> None:
    said = "expected bytes, a binary file or an iterable of bytes or of events, got "
    for function, name in ((append_events, "audio"), (wav_bytes, "audio"), (read_wav, "file")):
        with pytest.raises(TypeError, match=f"{name}: {said}{got}"):
            function(source)


def test_pieces_that_are_none() -> None:
    with pytest.raises(TypeError, match="expected an event with audio, got str"):
        wav_bytes(["YWI="])  # type: ignore[list-item]  # pyright: ignore
    with pytest.raises(TypeError, match="audio: expected pieces of bytes, got one of str"):
        wav_bytes(io.StringIO("text"))  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(ValueError, match=r"event: .* got 'response.done'"):
        wav_bytes([{"type": "response.done"}])


def test_half_a_sample_at_the_end() -> None:
    events = append_events(SOUND[:5], size=4)
    next(events)
    with pytest.raises(AudioError, match="in the middle of a sample"):
        next(events)


@given(
    st.sampled_from(["audio/pcm", "audio/pcmu", "audio/pcma"]),
    st.integers(1, 100_000),
    st.binary(max_size=50).map(lambda sound: sound * 2),
    st.booleans(),
)
def test_what_is_written_is_read(name: Any, rate: int, sound: bytes, pipe: bool) -> None:
    file: Any = Pipe() if pipe else io.BytesIO()
    with WavWriter(file, format=name, rate=rate) as writer:
        writer.write(sound)
    assert writer.size == len(sound)
    written = bytes(file.data) if pipe else file.getvalue()
    found = read_wav(Pipe(written), rate=rate)
    assert (found.format, found.rate) == (name, rate)
    assert found.size == (None if pipe else len(sound) or None)
    assert b"".join(found) == sound


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_file_on_disk(tmp_path: Path, buffering: int) -> None:
    path = tmp_path / "answer.wav"
    with open(path, "wb", buffering=buffering) as file:
        with WavWriter(file) as writer:
            writer.write(delta(SOUND[:99]))
            writer.write(SOUND[99:])
            assert writer.size == len(SOUND)
        writer.close()
        assert not file.closed
        assert file.tell() == 44 + len(SOUND)
    assert path.read_bytes() == wav_bytes(SOUND)
    with wave.open(str(path)) as reader:
        assert reader.readframes(1 << 20) == SOUND


def test_a_place_in_a_file() -> None:
    file = io.BytesIO(b"before")
    file.seek(0, 2)
    with WavWriter(file) as writer:
        writer.write(SOUND)
    file.write(b"behind")
    assert file.getvalue() == b"before" + wav_bytes(SOUND) + b"behind"
    file.seek(len(b"before"))
    assert b"".join(read_wav(file)) == SOUND


def test_a_file_that_appends(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav"
    path.write_bytes(b"before")
    with open(path, "ab") as file, WavWriter(file, format="audio/pcmu") as writer:
        writer.write(b"abc")
    assert whole(path.read_bytes()[6:]) == (None, b"abc")


def test_a_file_that_says_it_can_seek(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav.gz"
    with gzip.open(path, "wb") as file, WavWriter(file, format="audio/pcmu") as writer:
        writer.write(b"abc")
    assert whole(gzip.decompress(path.read_bytes())) == (None, b"abc")


def test_a_disk_that_fails_at_the_end() -> None:
    class Broken(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise OSError(5, "Input/output error")

    writer = WavWriter(Broken())
    with pytest.raises(OSError, match="Input/output error"):
        writer.close()


def whole(raw: bytes) -> tuple[int | None, bytes]:
    found = read_wav(raw)
    return found.size, b"".join(found)


def test_a_writer_that_was_not_closed() -> None:
    file = io.BytesIO()
    writer = WavWriter(file)
    writer.write(SOUND)
    assert whole(file.getvalue()) == (None, SOUND)


def test_an_error_in_the_block_is_the_one_to_see() -> None:
    file = io.BytesIO()
    writer = WavWriter(file)
    writer.write(b"abcde")
    with pytest.raises(ValueError, match=r"got 'response.done'"), writer:
        writer.write({"type": "response.done"})
    assert whole(file.getvalue()) == (4, b"abcd")


def test_half_a_sample_written() -> None:
    file = io.BytesIO()
    writer = WavWriter(file)
    writer.write(b"a")
    writer.write(b"bc")
    with pytest.raises(AudioError, match="in the middle of a sample: 3 bytes"):
        writer.close()
    assert whole(file.getvalue()) == (2, b"ab")


def test_a_writer_that_is_closed() -> None:
    writer = WavWriter(io.BytesIO())
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="write: the WavWriter is closed"):
        writer.write(b"ab")


@pytest.mark.parametrize("file", ["answer.wav", Path("answer.wav"), io.StringIO(), None])
def test_files_that_are_none(file: Any) -> None:
    with pytest.raises(TypeError, match="file: expected a binary file open for writing, got "):
        WavWriter(file)


def test_formats_that_are_none() -> None:
    file = io.BytesIO()
    with pytest.raises(ValueError, match="format: expected one of 'audio/pcm'"):
        WavWriter(file, format="wav")  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(ValueError, match="rate: expected a positive number of hertz"):
        WavWriter(file, rate=-1)
    assert file.getvalue() == b""


def test_reading_takes_no_more_than_it_needs() -> None:
    file = Pipe(wav_bytes(SOUND) + b"LIST" * 100, most=44)
    found = read_wav(file)
    assert file.reads == 1
    assert next(found) == SOUND[:44]
    assert file.reads == 2
    assert b"".join(found) == SOUND[44:]
    assert len(file.data) > 300


def test_a_file_that_is_cut_short_gives_what_there_is() -> None:
    found = read_wav(wav_bytes(SOUND)[:100])
    assert next(found) == SOUND[:56]
    with pytest.raises(AudioError, match="cut short: 56 of its 25600 bytes of audio came"):
        next(found)


def test_what_a_file_has_is_said_at_once() -> None:
    with pytest.raises(AudioError, match="at 48000 Hz; expected 1 channel of 16-bit PCM at 24000"):
        read_wav(wav_bytes(SOUND, rate=48000), format="audio/pcm")
    with pytest.raises(AudioError, match="cut short: its end came within the header"):
        read_wav(io.BytesIO(b"RIFF"))


def test_speech_that_comes_as_a_wav_file() -> None:
    file = wav_bytes(SOUND)
    parts = [
        {"type": "speech.audio.delta", "audio": b64encode(file[at : at + 300]).decode()}
        for at in range(0, len(file), 300)
    ]
    assert b"".join(read_wav(parts)) == SOUND
