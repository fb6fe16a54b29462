"""WAV files: the audio in one, however its bytes are split, and what is wrong with others."""

import io
import struct
import wave
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.realtime.audio_formats import AudioError, audio_format
from api_openai.core.realtime.wav import WavDecoder, wav_header

AUDIO: Final = bytes(range(1, 13))
GUID: Final = bytes.fromhex("000000001000800000aa00389b71")
OPEN: Final = 0xFFFFFFFF


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """A chunk with its padding, and perhaps with another size than it has."""
    told = len(content) if size is None else size
    return name + struct.pack("<I", told) + content + bytes(len(content) % 2)


def fmt(
    tag: int = 1,
    channels: int = 1,
    rate: int = 24000,
    bits: int = 16,
    more: bytes = b"",
    block: int | None = None,
) -> bytes:
    block = channels * bits // 8 if block is None else block
    fields = (tag, channels, rate, rate * block, block, bits)
    return chunk(b"fmt ", struct.pack("<HHIIHH", *fields) + more)


def extensible(tag: int, guid: bytes = GUID, **others: Any) -> bytes:
    more = struct.pack("<HHIH", 22, others.get("bits", 16), 4, tag) + guid
    return fmt(0xFFFE, more=more, **others)


def riff(*chunks: bytes, size: int | None = None, kind: bytes = b"WAVE") -> bytes:
    whole = kind + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(whole) if size is None else size) + whole


MU_LAW: Final = fmt(7, rate=8000, bits=8, more=b"\0\0")
DATA: Final = chunk(b"data", AUDIO)
PLAIN: Final = riff(fmt(), DATA)

Found = tuple[bytes, str | None, int | None, int | None] | str


def decode(*pieces: bytes, **expected: Any) -> Found:
    """The audio and what is known of it, or the complaint."""
    decoder = WavDecoder(**expected)
    try:
        audio = b"".join([decoder.feed(piece) for piece in pieces])
        decoder.finish()
    except AudioError as error:
        return str(error)
    return audio, decoder.format, decoder.rate, decoder.size


GOOD: Final[dict[str, tuple[bytes, Found]]] = {
    "plain": (PLAIN, (AUDIO, "audio/pcm", 24000, 12)),
    "mu-law": (riff(MU_LAW, DATA), (AUDIO, "audio/pcmu", 8000, 12)),
    "A-law": (riff(fmt(6, rate=8000, bits=8), DATA), (AUDIO, "audio/pcma", 8000, 12)),
    "extensible": (riff(extensible(1), DATA), (AUDIO, "audio/pcm", 24000, 12)),
    "extensible mu-law": (
        riff(extensible(7, rate=8000, bits=8), DATA),
        (AUDIO, "audio/pcmu", 8000, 12),
    ),
    "a long fmt": (riff(fmt(more=bytes(99)), DATA), (AUDIO, "audio/pcm", 24000, 12)),
    "others before data": (
        riff(chunk(b"JUNK", b"abc"), fmt(), chunk(b"LIST", b"INFO!"), chunk(b"fact", b""), DATA),
        (AUDIO, "audio/pcm", 24000, 12),
    ),
    "others behind data": (
        riff(fmt(), DATA, chunk(b"LIST", b"INFO"), chunk(b"data", b"more")),
        (AUDIO, "audio/pcm", 24000, 12),
    ),
    "an odd number of bytes, padded": (
        riff(MU_LAW, chunk(b"data", b"abc")),
        (b"abc", "audio/pcmu", 8000, 3),
    ),
    "an odd number of bytes, not padded": (
        riff(MU_LAW, chunk(b"data", b"abc")[:-1]),
        (b"abc", "audio/pcmu", 8000, 3),
    ),
    "no audio": (riff(fmt(), chunk(b"data", b"")), (b"", "audio/pcm", 24000, None)),
    "no audio, and more behind": (
        riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"INFO")),
        (b"", "audio/pcm", 24000, 0),
    ),
    "streamed": (
        riff(fmt(), chunk(b"data", AUDIO, OPEN), size=OPEN),
        (AUDIO, "audio/pcm", 24000, None),
    ),
    "streamed, sizes 0": (
        riff(fmt(), chunk(b"data", AUDIO, 0), size=0),
        (AUDIO, "audio/pcm", 24000, None),
    ),
    "streamed, as if without audio": (
        riff(fmt(), chunk(b"data", AUDIO, 0), size=36),
        (AUDIO, "audio/pcm", 24000, None),
    ),
    "streamed, size 0 in an open file": (
        riff(fmt(), chunk(b"data", AUDIO, 0), size=OPEN),
        (AUDIO, "audio/pcm", 24000, None),
    ),
    "streamed, a size of two gigabytes": (
        riff(fmt(), chunk(b"data", AUDIO, 0x7FFFF000), size=0x7FFFF024),
        (AUDIO, "audio/pcm", 24000, None),
    ),
}

WANTED: Final = (
    "expected 1 channel of 16-bit PCM at 24000 Hz or 8-bit mu-law at 8000 Hz or 8-bit A-law at "
    "8000 Hz. Resampling and other conversion is left to the caller"
)
NO_HEADER: Final = "the WAV file is cut short: its end came within the header"


def not_wav(begins: bytes) -> str:
    return f"expected a WAV file (RIFF, WAVE), got one that begins with {begins!r}"


BAD: Final[dict[str, tuple[bytes, str]]] = {
    "another rate": (
        riff(fmt(rate=44100), DATA),
        f"the WAV file has 1 channel of 16-bit PCM at 44100 Hz; {WANTED}",
    ),
    "stereo": (
        riff(fmt(channels=2), DATA),
        f"the WAV file has 2 channels of 16-bit PCM at 24000 Hz; {WANTED}",
    ),
    "8 bits": (
        riff(fmt(bits=8), DATA),
        f"the WAV file has 1 channel of 8-bit PCM at 24000 Hz; {WANTED}",
    ),
    "24 bits": (
        riff(fmt(bits=24), DATA),
        f"the WAV file has 1 channel of 24-bit PCM at 24000 Hz; {WANTED}",
    ),
    "float": (
        riff(fmt(3, bits=32), DATA),
        f"the WAV file has 1 channel of 32-bit floating point at 24000 Hz; {WANTED}",
    ),
    "extensible float": (
        riff(extensible(3, bits=32), DATA),
        f"the WAV file has 1 channel of 32-bit floating point at 24000 Hz; {WANTED}",
    ),
    "another GUID": (
        riff(extensible(1, GUID[::-1]), DATA),
        f"the WAV file has 1 channel of 16-bit format 0xfffe at 24000 Hz; {WANTED}",
    ),
    "extensible without a GUID": (
        riff(fmt(0xFFFE), DATA),
        f"the WAV file has 1 channel of 16-bit format 0xfffe at 24000 Hz; {WANTED}",
    ),
    "mu-law at 16000 Hz": (
        riff(fmt(7, rate=16000, bits=8), DATA),
        f"the WAV file has 1 channel of 8-bit mu-law at 16000 Hz; {WANTED}",
    ),
    "MP3 inside": (
        riff(fmt(0x55, bits=0), DATA),
        f"the WAV file has 1 channel of 0-bit format 0x0055 at 24000 Hz; {WANTED}",
    ),
    "all zero": (
        riff(fmt(0, 0, 0, 0), DATA),
        f"the WAV file has 0 channels of 0-bit format 0x0000 at 0 Hz; {WANTED}",
    ),
    "blocks": (
        riff(fmt(block=4), DATA),
        "the WAV file is damaged: 1 channel of 16-bit PCM at 24000 Hz, in blocks of 4 bytes",
    ),
    "a short fmt": (
        riff(chunk(b"fmt ", bytes(15)), DATA),
        "the WAV file is damaged: its `fmt ` chunk has 15 bytes",
    ),
    "data first": (
        riff(DATA, fmt()),
        "the WAV file is damaged: its `data` chunk comes before `fmt `",
    ),
    "half a sample told": (
        riff(fmt(), chunk(b"data", b"abc")),
        "the WAV file is damaged: its `data` chunk of 3 bytes is no whole number of samples of 2 "
        "bytes",
    ),
    "half a sample come": (
        riff(fmt(), chunk(b"data", AUDIO, OPEN)) + b"!",
        "the audio ends in the middle of a sample: 13 bytes at its end are no whole number of "
        "samples of 2 bytes",
    ),
    "nothing": (b"", "expected a WAV file, got nothing"),
    "text": (b"Hello, world!", not_wav(b"Hello, world")),
    "a short text": (b"Hello", not_wav(b"Hello")),
    "big-endian": (b"RIFX" + PLAIN[4:], not_wav(b"RIFX" + PLAIN[4:12])),
    "large": (b"RF64" + PLAIN[4:], not_wav(b"RF64" + PLAIN[4:12])),
    "another kind": (riff(kind=b"AVI "), not_wav(riff(kind=b"AVI "))),
    "an endless chunk": (riff(chunk(b"JUNK", AUDIO, OPEN), fmt(), DATA), NO_HEADER),
    "an endless fmt": (riff(chunk(b"fmt ", fmt()[8:], OPEN), DATA), NO_HEADER),
    "no data": (riff(fmt(), chunk(b"LIST", b"INFO")), "the WAV file has no `data` chunk"),
    "no chunks": (riff(), "the WAV file has no `data` chunk"),
}

EVERY: Final[dict[str, tuple[bytes, Found]]] = {**GOOD, **BAD}


@pytest.mark.parametrize(("raw", "expected"), EVERY.values(), ids=EVERY)
def test_files(raw: bytes, expected: Found) -> None:
    assert decode(raw) == expected
    assert decode(*(raw[at : at + 1] for at in range(len(raw)))) == expected
    for at in range(len(raw)):
        assert decode(raw[:at], raw[at:]) == expected


@pytest.mark.parametrize("end", range(len(PLAIN)))
def test_files_that_are_cut_short(end: int) -> None:
    found = decode(PLAIN[:end])
    if end in (12, 36):  # between two chunks
        assert found == "the WAV file has no `data` chunk"
    elif end >= 44:
        assert found == f"the WAV file is cut short: {end - 44} of its 12 bytes of audio came"
    else:
        assert found == (NO_HEADER if end else "expected a WAV file, got nothing")


@given(st.binary(max_size=80), st.lists(st.integers(0, 130), max_size=6), st.booleans())
def test_hostile_bytes_are_the_same_however_they_are_split(
    raw: bytes, cuts: list[int], begun: bool
) -> None:
    if begun:
        raw = PLAIN[: sum(cuts) % len(PLAIN)] + raw
    ends = sorted(min(cut, len(raw)) for cut in cuts)
    pieces = [raw[a:b] for a, b in zip([0, *ends], [*ends, len(raw)], strict=True)]
    assert decode(*pieces) == decode(raw)


@pytest.mark.parametrize("raw", [each for each, _ in GOOD.values()], ids=GOOD)
def test_what_was_expected_is_taken_or_named(raw: bytes) -> None:
    name = decode(raw)[1]
    assert decode(raw, format=name) == decode(raw)
    for other, title in (("audio/pcm", "16-bit PCM"), ("g711_alaw", "8-bit A-law")):
        if name != audio_format(other).name:
            assert f"expected 1 channel of {title} at " in decode(raw, format=other)


def test_another_rate_is_taken_where_it_was_asked_for() -> None:
    raw = riff(fmt(rate=16000), DATA)
    assert decode(raw, rate=16000) == (AUDIO, "audio/pcm", 16000, 12)
    assert "expected 1 channel of 16-bit PCM at 16000 Hz" in decode(
        PLAIN, format="pcm16", rate=16000
    )


def test_the_end_is_known_before_the_file_is() -> None:
    decoder = WavDecoder()
    assert (decoder.feed(PLAIN[:43]), decoder.begun) == (b"", False)
    assert (decoder.feed(PLAIN[43:48]), decoder.begun, decoder.ended) == (AUDIO[:4], True, False)
    assert (decoder.feed(PLAIN[48:] + b"more"), decoder.ended) == (AUDIO[4:], True)
    assert decoder.feed(b"more") == b""
    decoder.finish()


def test_a_file_that_has_its_two_gigabytes_ends_there() -> None:
    decoder = WavDecoder()
    left = 0x7FFFF000
    decoder.feed(riff(fmt(), chunk(b"data", b"", left)))
    block = bytes(16 << 20)
    while left > len(block):
        left -= len(decoder.feed(block))
    assert (len(decoder.feed(block)), decoder.ended) == (left, True)
    decoder.finish()


@pytest.mark.parametrize("raw", [riff(fmt(rate=1), DATA), PLAIN[:-1], b"RIFF"])
def test_a_fault_stays(raw: bytes) -> None:
    decoder = WavDecoder()
    said: set[str] = set()
    for step in (lambda: decoder.feed(raw), decoder.finish, decoder.finish):
        try:
            step()
        except AudioError as error:
            said.add(str(error))
    assert said == {decode(raw)}
    with pytest.raises(AudioError):
        decoder.feed(b"more")


def test_what_nobody_asks_for_is_not_kept() -> None:
    decoder = WavDecoder()
    decoder.feed(riff(chunk(b"JUNK", b"", OPEN), size=OPEN))
    for _ in range(100):
        decoder.feed(bytes(1000))
        assert len(getattr(decoder, "_held")) == 0  # noqa: B009  # checkers know that it is private


@pytest.mark.parametrize("name", ["audio/pcm", "audio/pcmu", "audio/pcma"])
@pytest.mark.parametrize("size", [0, 2, 12])
def test_headers_are_read(name: Any, size: int) -> None:
    kind = audio_format(name)
    told = size or None  # without audio nobody can tell whether the size was left open
    assert decode(wav_header(kind, size) + AUDIO[:size]) == (AUDIO[:size], name, kind.rate, told)
    assert decode(wav_header(kind, None) + AUDIO) == (AUDIO, name, kind.rate, None)
    assert len(wav_header(kind, None)) == len(wav_header(kind, size))


def test_the_standard_library_reads_what_it_can() -> None:
    header = wav_header(audio_format("audio/pcm")._replace(rate=16000), 12)
    with wave.open(io.BytesIO(header + AUDIO)) as file:
        assert file.getparams()[:4] == (1, 2, 16000, 6)
        assert file.readframes(6) == AUDIO


def test_headers_as_the_standard_has_them() -> None:
    assert wav_header(audio_format("audio/pcm"), 12) + AUDIO == PLAIN
    fact = chunk(b"fact", struct.pack("<I", 3))
    assert wav_header(audio_format("audio/pcmu"), 3) + b"abc\0" == riff(
        MU_LAW, fact, chunk(b"data", b"abc")
    )


def test_more_than_a_file_can_tell_is_left_open() -> None:
    kind = audio_format("audio/pcm")
    assert wav_header(kind, 0xFFFFFF00) != wav_header(kind, None)
    assert wav_header(kind, 0xFFFFFF02) == wav_header(kind, None)
