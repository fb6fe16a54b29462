"""WAV files (RIFF/WAVE) of one channel as sessions have it: a decoder, and the header of a new one.

A file is chunks: a name of four bytes, a size of four, content, a byte of padding where the size is
odd. `fmt ` says what the audio is, `data` holds it; others may stand before and behind. Who could
not go back to write the sizes left 0 or a number near the largest in their place: such audio goes
on to the end of the file.

    HEADER --`data`--> AUDIO --as many bytes as it has--> ENDED --anything--> ENDED
    HEADER --what is not expected--> FAILED               AUDIO --finish(), too early--> FAILED
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from ..http.body_readers import as_piece
from .audio_events import check_end
from .audio_formats import (
    FORMATS,
    AudioError,
    AudioFormat,
    AudioFormatName,
    audio_format,
    sample_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WavDecoder", "wav_header"]

_OPEN: Final = 0xFFFFFFFF
"""The size of what goes on to the end of the file."""
_NEVER_SET: Final = 0x7FFFF000
"""Sizes from here on are placeholders of some program, unless there are as many bytes."""
_LARGEST: Final = 0xFFFFFF00
"""A size that leaves room for the header in the size of the file."""
_EXTENSIBLE: Final = 0xFFFE
_GUID: Final = bytes.fromhex("000000001000800000aa00389b71")
"""What stands behind the number of a format in `fmt ` of the extensible kind."""

_CHUNK: Final = Struct("<4sI")
_RIFF: Final = Struct("<4sI4s")
_FMT: Final = Struct("<HHIIHH")
_LONGEST_FMT: Final = 40

_NAMES: Final = {1: "PCM", 2: "ADPCM", 3: "floating point", 6: "A-law", 7: "mu-law"}


class _Fmt(NamedTuple):
    """What `fmt ` says."""

    tag: int
    channels: int
    rate: int
    block: int
    bits: int

    def __str__(self) -> str:
        kind = _NAMES.get(self.tag, f"format 0x{self.tag:04x}")
        return f"{_channels(self.channels)} of {self.bits}-bit {kind} at {self.rate} Hz"


def _channels(number: int) -> str:
    return f"{number} channel{'' if number == 1 else 's'}"


class WavDecoder:
    """Takes the bytes of a WAV file in pieces and returns the audio in them.

    `format` and `rate` are what is expected: `None` is any of the three formats, and the usual rate
    of the one that the file has. `AudioError` is raised for another, and for what is no WAV file.
    """

    __slots__ = (
        "_counted",
        "_expected",
        "_fault",
        "_held",
        "_left",
        "_need",
        "_position",
        "_rate",
        "_rest",
        "_riff_size",
        "_skip",
        "_step",
        "_width",
        "begun",
        "format",
        "rate",
        "size",
    )

    def __init__(self, *, format: AudioFormatName | None = None, rate: int | None = None) -> None:
        self._expected = FORMATS if format is None else (audio_format(format),)
        self._rate = None if rate is None else sample_rate(rate, self._expected[0])
        self.begun = False
        """Whether the header has come, and what it says is known."""
        self.format: AudioFormatName | None = None
        """The format of the audio, by its name in a session."""
        self.rate: int | None = None
        """How many samples a second has."""
        self.size: int | None = None
        """How many bytes of audio there are; `None` if the file does not say."""
        self._width = 0  # of a sample; none while there was no `fmt `
        self._held = bytearray()  # of the header
        self._position = 0  # in the file, of what is held
        self._riff_size = 0
        self._skip = 0  # bytes of the header that nobody asks for
        self._rest = 0  # of `fmt `, likewise
        self._need = _RIFF.size
        self._step: Callable[[WavDecoder, bytes], None] = WavDecoder._riff  # takes what is needed
        self._left: int | None = None  # bytes of audio to come
        self._counted = 0  # bytes of audio that came
        self._fault: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the audio has come to the end that the header said."""
        return self._left == 0

    def feed(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take the next bytes of the file; return the audio in them, which may be none."""
        data = as_piece(data, "data")
        if self._fault is not None:
            raise AudioError(self._fault)
        if not self.begun:
            self._held += data
            if not self._header():
                return b""
            data = bytes(self._held)
            self._held.clear()
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        self._counted += len(data)
        return data

    def finish(self) -> None:
        """Say that the file is at its end; `AudioError` if that is too early."""
        if self._fault is not None:
            raise AudioError(self._fault)
        if not self.begun:
            self._fail(self._early())
        if self.size is not None and self._left:
            self._fail(
                f"the WAV file is cut short: {self._counted} of its {self.size} bytes of audio came"
            )
        check_end(self._counted, self._width)

    def _early(self) -> str:
        if self._position == 0 and not self._held:
            return "expected a WAV file, got nothing"
        if self._position == 0 and not b"RIFF".startswith(self._held[:4]):
            return _no_wav(self._held)
        if self._step is WavDecoder._chunk and not self._held and not self._skip:
            return "the WAV file has no `data` chunk"
        return "the WAV file is cut short: its end came within the header"

    def _header(self) -> bool:
        """Read on in the header as far as it has come; return whether the audio is reached."""
        held = self._held
        while not self.begun:
            skipped = min(self._skip, len(held))
            del held[:skipped]
            self._skip -= skipped
            self._position += skipped
            if self._skip or len(held) < self._need:
                return False
            part = bytes(held[: self._need])
            del held[: self._need]
            self._position += len(part)
            self._step(self, part)
        return True

    def _riff(self, part: bytes) -> None:
        name, self._riff_size, kind = _RIFF.unpack(part)
        if name != b"RIFF" or kind != b"WAVE":
            self._fail(_no_wav(part))
        self._need, self._step = _CHUNK.size, WavDecoder._chunk

    def _chunk(self, part: bytes) -> None:
        name, size = _CHUNK.unpack(part)
        if name == b"data":
            self._data(size)
        elif name == b"fmt ":
            if size < _FMT.size:
                self._fail(f"the WAV file is damaged: its `fmt ` chunk has {size} bytes")
            self._need, self._step = min(size, _LONGEST_FMT), WavDecoder._format
            self._rest = size + size % 2 - self._need
        else:
            self._skip = size + size % 2

    def _format(self, part: bytes) -> None:
        tag, channels, rate, _, block, bits = _FMT.unpack_from(part)
        if tag == _EXTENSIBLE and len(part) == _LONGEST_FMT and part[26:] == _GUID:
            tag = int.from_bytes(part[24:26], "little")
        found = _Fmt(tag, channels, rate, block, bits)
        kind = next((each for each in self._expected if each.tag == tag), None)
        if (
            kind is None
            or channels != 1
            or bits != 8 * kind.width
            or rate != (self._rate or kind.rate)
        ):
            self._fail(
                f"the WAV file has {found}; expected {self._wanted()}. Resampling and other "
                "conversion is left to the caller"
            )
        if block != kind.width:
            self._fail(f"the WAV file is damaged: {found}, in blocks of {block} bytes")
        self.format, self.rate, self._width = kind.name, rate, kind.width
        self._skip = self._rest
        self._need, self._step = _CHUNK.size, WavDecoder._chunk

    def _wanted(self) -> str:
        rates = (f"{each.title} at {self._rate or each.rate} Hz" for each in self._expected)
        return f"{_channels(1)} of {' or '.join(rates)}"

    def _data(self, size: int) -> None:
        if not self._width:
            self._fail("the WAV file is damaged: its `data` chunk comes before `fmt `")
        end = _CHUNK.size + self._riff_size
        last = self._riff_size >= _NEVER_SET or end <= self._position
        if size >= _NEVER_SET:
            self._left = None if size == _OPEN else size
        elif size or not last:
            if size % self._width:
                self._fail(
                    f"the WAV file is damaged: its `data` chunk of {size} bytes is no whole number "
                    f"of samples of {self._width} bytes"
                )
            self.size = self._left = size
        self.begun = True

    def _fail(self, fault: str) -> NoReturn:
        self._fault = fault
        self._held.clear()
        raise AudioError(fault)


def _no_wav(head: bytes | bytearray) -> str:
    return f"expected a WAV file (RIFF, WAVE), got one that begins with {bytes(head[:12])!r}"


def wav_header(format: AudioFormat, size: int | None) -> bytes:
    """Return the header of a WAV file with `size` bytes of audio, or with all until its end.

    It is as long for each size. An odd size asks for a byte of padding behind the audio; one that a
    WAV file cannot tell is left open.
    """
    width = format.width
    if size is not None and size > _LARGEST:
        size = None
    fmt = _FMT.pack(format.tag, 1, format.rate, format.rate * width, width, 8 * width)
    fact = b""
    if format.tag != 1:  # formats but PCM tell the length of their extension, and of the audio
        fmt += bytes(2)
        samples = _OPEN if size is None else size // width
        fact = _CHUNK.pack(b"fact", 4) + samples.to_bytes(4, "little")
    chunks = b"WAVE" + _CHUNK.pack(b"fmt ", len(fmt)) + fmt + fact
    whole = _OPEN if size is None else len(chunks) + _CHUNK.size + size + size % 2
    data = _OPEN if size is None else size
    return _CHUNK.pack(b"RIFF", whole) + chunks + _CHUNK.pack(b"data", data)
