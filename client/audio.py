"""Audio of sessions from and to bytes, binary files and WAV files, which the caller opens.

from api_openai.audio import WavWriter, append_events, read_wav
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Protocol,
    TypeAlias,
    TypeGuard,
    cast,
    overload,
)

from ..core.http.body_readers import (
    PIECE,
    Readable,
    Seekable,
    as_piece,
    can_seek,
    is_buffer,
    is_readable,
)
from ..core.json.model import Model
from ..core.json.unknown import Unknown
from ..core.json.values import is_mapping
from ..core.realtime.audio_events import AudioChunker, Cut, audio_of, check_end
from ..core.realtime.audio_formats import AudioError, AudioFormatName, audio_format, sample_rate
from ..core.realtime.wav import WavDecoder, wav_header

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, Unpack

    from ..core.api.params.live_socket import InputAudioAppendEventParam
    from ..core.api.params.realtime_socket import (
        InputAudioBufferAppendEventParam,
        RealtimeTranslationInputAudioBufferAppendEventParam,
    )

__all__ = [
    "AudioChunker",
    "AudioError",
    "AudioFormatName",
    "AudioPiece",
    "AudioSource",
    "WavAudio",
    "WavDecoder",
    "WavWriter",
    "append_events",
    "audio_of",
    "read_wav",
    "wav_bytes",
]

AudioPiece: TypeAlias = bytes | bytearray | memoryview | Model | Unknown | Mapping[str, Any]
"""Bytes, or an event with audio in it."""
AudioSource: TypeAlias = bytes | bytearray | memoryview | Readable | Iterable[AudioPiece]
"""Bytes, a binary file that is read from where it stands, or pieces in order."""


class Writable(Protocol):
    """A binary file, as far as writing to it needs."""

    def write(self, data: bytes, /) -> object: ...


class WavAudio:
    """The audio in a WAV file: an iterator over its bytes, in pieces, that reads as it goes on."""

    def __init__(self, pieces: Iterator[bytes], decoder: WavDecoder) -> None:
        """Read the header."""
        first = b""
        while not decoder.begun:
            piece = next(pieces, None)
            if piece is None:
                decoder.finish()  # which raises: the end came within the header
            else:
                first = decoder.feed(piece)
        self.format: Final = cast("AudioFormatName", decoder.format)
        """The format, by its name in a session."""
        self.rate: Final = cast("int", decoder.rate)
        """How many samples a second has."""
        self.size: Final = decoder.size
        """How many bytes of audio there are; `None` where only the end of the file will tell."""
        self._audio = _audio(first, pieces, decoder)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._audio)


def _audio(first: bytes, pieces: Iterator[bytes], decoder: WavDecoder) -> Iterator[bytes]:
    """Give what is left of the audio in a file whose header has been read."""
    if first:
        yield first
    while not decoder.ended and (piece := next(pieces, None)) is not None:
        if audio := decoder.feed(piece):
            yield audio
    decoder.finish()


def read_wav(
    file: AudioSource, *, format: AudioFormatName | None = None, rate: int | None = None
) -> WavAudio:
    """Read the header of a WAV file, and return its audio to be read in pieces.

    Given are its bytes, a binary file, or pieces of it. It has to have one channel in `format` with
    `rate` samples a second: without these 16-bit PCM at 24000 Hz, or mu-law or A-law at 8000 Hz.
    `AudioError` says what another file has; converting it is left to the caller.
    """
    return WavAudio(_pieces(file, "file"), WavDecoder(format=format, rate=rate))


@overload
def append_events(
    audio: AudioSource,
    *,
    event_type: Literal["input_audio_buffer.append"] = ...,
    **cut: Unpack[Cut],
) -> Iterator[InputAudioBufferAppendEventParam]: ...
@overload
def append_events(
    audio: AudioSource,
    *,
    event_type: Literal["session.input_audio.append"],
    **cut: Unpack[Cut],
) -> Iterator[InputAudioAppendEventParam]: ...
@overload
def append_events(
    audio: AudioSource,
    *,
    event_type: Literal["session.input_audio_buffer.append"],
    **cut: Unpack[Cut],
) -> Iterator[RealtimeTranslationInputAudioBufferAppendEventParam]: ...
def append_events(
    audio: AudioSource, *, event_type: Any = "input_audio_buffer.append", **cut: Any
) -> Any:
    """Cut audio into append events of one length, made as they are asked for.

    `event_type` is `session.input_audio.append` for live sessions, and
    `session.input_audio_buffer.append` for translations. Each event has `milliseconds` of audio, or
    `size` bytes, the last one what is left. `format` and `rate` are those of what `read_wav`
    returned, otherwise PCM at 24000 Hz where nothing else is said.
    """
    if isinstance(audio, WavAudio):
        cut = {"format": audio.format, "rate": audio.rate, **cut}
    return _append(_pieces(audio, "audio"), AudioChunker[Any](event_type=event_type, **cut))


def _append(pieces: Iterator[bytes], chunker: AudioChunker[Any]) -> Iterator[Any]:
    for piece in pieces:
        yield from chunker.feed(piece)
    yield from chunker.finish()


class WavWriter:
    """Writes audio into a WAV file: bytes, or the events of an answer that bring them.

    The file is a binary one that the caller opened and closes. `close`, or leaving the block, writes
    the sizes into its header where it can seek; elsewhere the header says that the audio goes on to
    the end. A file that was never closed says so too, and can be read.
    """

    def __init__(
        self, file: Writable, *, format: AudioFormatName = "audio/pcm", rate: int | None = None
    ) -> None:
        """Write the header."""
        kind = audio_format(format)
        self._format = kind._replace(rate=sample_rate(rate, kind))
        if not callable(getattr(file, "write", None)) or isinstance(file, io.TextIOBase):
            raise TypeError(
                f"file: expected a binary file open for writing, got {type(file).__name__}"
            )
        self._file = file
        self._seekable = _seekable(file)
        self._start = 0 if self._seekable is None else self._seekable.tell()
        self._closed = False
        self.size = 0
        """How many bytes of audio have been written."""
        self._put(wav_header(self._format, None))

    def write(self, audio: AudioPiece) -> None:
        """Write the audio in bytes, or in an event."""
        if self._closed:
            raise ValueError("write: the WavWriter is closed")
        piece = _as_audio(audio)
        self._put(piece)
        self.size += len(piece)

    def close(self) -> None:
        """Write the sizes, where the file can seek; `AudioError` if a sample is not whole."""
        self._finish()
        check_end(self.size, self._format.width)

    def _finish(self) -> None:
        if self._closed:
            return
        self._closed = True
        if (file := self._seekable) is None:
            return
        end = file.tell()
        try:
            file.seek(self._start)
        except OSError as error:
            if error.errno is not None:
                raise
            return  # the refusal of a wrapper, as gzip's, that says it can seek
        self._put(wav_header(self._format, self.size - self.size % self._format.width))
        file.seek(end)
        if self.size % 2:
            self._put(b"\0")

    def _put(self, data: bytes) -> None:
        """Write all of it; a file without a buffer may take less at once."""
        while data:
            taken = self._file.write(data)
            if not isinstance(taken, int) or taken >= len(data):
                return
            data = data[taken:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._finish()  # what came can be heard, and the error is the one to see


def _seekable(file: object) -> Seekable | None:
    """Return the file if one can go back in it to write: one that appends writes at its end."""
    mode = getattr(file, "mode", "")
    appends = isinstance(mode, str) and "a" in mode
    return file if can_seek(file) and not appends else None


def wav_bytes(
    audio: AudioSource, *, format: AudioFormatName = "audio/pcm", rate: int | None = None
) -> bytes:
    """Return a WAV file with this audio: bytes, a binary file, or pieces or events in order."""
    file = io.BytesIO()
    with WavWriter(file, format=format, rate=rate) as writer:
        for piece in _pieces(audio, "audio"):
            writer.write(piece)
    return file.getvalue()


def _pieces(source: object, name: str) -> Iterator[bytes]:
    """Return the bytes of a source in pieces of any lengths; `TypeError` names the argument."""
    if isinstance(source, bytes) or is_buffer(source):
        return _windows(memoryview(source).cast("B"))
    if is_readable(source):
        return _reads(source, name)
    if not _holds_pieces(source):
        raise TypeError(
            f"{name}: expected bytes, a binary file or an iterable of bytes or of events, "
            f"got {type(source).__name__}"
        )
    return map(_as_audio, source)


def _holds_pieces(source: object) -> TypeGuard[Iterable[object]]:
    """Say whether this is iterable, and is no single text or event."""
    return hasattr(source, "__iter__") and not isinstance(source, str) and not is_mapping(source)


def _windows(data: memoryview) -> Iterator[bytes]:
    for at in range(0, len(data), PIECE):
        yield bytes(data[at : at + PIECE])


def _reads(file: Readable, name: str) -> Iterator[bytes]:
    while piece := as_piece(file.read(PIECE), name):
        yield piece


def _as_audio(piece: object) -> bytes:
    """Return a piece as bytes, be it bytes or an event."""
    return (
        as_piece(piece, "audio")
        if isinstance(piece, bytes) or is_buffer(piece)
        else audio_of(piece)
    )
