"""Content codings: undone part by part, bounded, and strict about their end."""

import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http import content_coding
from api_openai.core.http.content_coding import MAX_MEMBERS, MAX_RATIO, decoder_for
from api_openai.core.http.decompressors import PIECE, available
from api_openai.core.terms.errors import RemoteProtocolError


def raw_deflate(data: bytes, level: int = 6) -> bytes:
    """The form of `deflate` that some servers send: without the zlib header."""
    deflate = zlib.compressobj(level, wbits=-15)
    return deflate.compress(data) + deflate.flush()


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}
for coding, library in (("br", "brotli"), ("zstd", "zstandard")):
    if coding in available():
        CODERS[coding] = pytest.importorskip(library).compress
NEWER = pytest.mark.parametrize(
    "coding",
    [
        pytest.param(name, marks=pytest.mark.skipif(name not in CODERS, reason="no library"))
        for name in ("br", "zstd")
    ],
)


def undo(coding: str, *pieces: bytes) -> bytes:
    decoder = decoder_for(coding)
    assert decoder is not None
    body = b"".join(part for piece in pieces for part in decoder.decode(piece))
    decoder.finish()
    return body


@given(st.sampled_from(sorted(CODERS)), st.binary(max_size=5000), st.integers(1, 50))
def test_any_body_in_any_pieces(coding: str, body: bytes, size: int) -> None:
    coded = CODERS[coding](body)
    assert undo(coding, *(coded[n : n + size] for n in range(0, len(coded), size))) == body


@given(st.binary(min_size=1, max_size=5000), st.integers(1, 50))
def test_deflate_without_its_header(body: bytes, size: int) -> None:
    coded = raw_deflate(body)
    assert undo("deflate", *(coded[n : n + size] for n in range(0, len(coded), size))) == body


def test_bare_deflate_that_begins_like_zlib() -> None:
    # A stored block, whose first byte has bits to spare: 8 in its low half, as zlib would have it.
    coded = b"\x08\x05\x00\xfa\xffhello" + b"\x01\x00\x00\xff\xff"
    assert undo("deflate", coded) == undo("deflate", coded[:1], coded[1:]) == b"hello"


@pytest.mark.parametrize("more", [1, 100, 257, 258, 259])
def test_output_that_waits_when_all_input_is_taken(more: int) -> None:
    for body in (b"\0" * (PIECE + more), b"ab" * ((PIECE + more) // 2)):
        assert undo("deflate", raw_deflate(body, level=9)) == body


def test_one_coding_upon_another() -> None:
    assert undo("deflate, gzip", gzip.compress(zlib.compress(b"hello"))) == b"hello"


@given(st.lists(st.integers(1, 80), max_size=10))
def test_gzip_with_several_members_and_padding(cuts: list[int]) -> None:
    coded = gzip.compress(b"one") + b"\0" * 3 + gzip.compress(b"two") + b"\0" * 3
    ends = [0, *sorted(cuts), len(coded)]
    assert undo("gzip", *(coded[a:b] for a, b in pairwise(ends))) == b"onetwo"


@pytest.mark.parametrize(
    "coding", ["identity", "", "identity, identity", "UTF-8", "none", "binary", "utf-8, identity"]
)
def test_nothing_to_undo(coding: str) -> None:
    assert decoder_for(coding) is None


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "gzip, gzip, gzip", "compress"])
def test_what_nobody_asked_for_is_refused(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "available", lambda: ("gzip", "deflate"))
    with pytest.raises(RemoteProtocolError, match="content-encoding"):
        decoder_for(coding)


@NEWER
def test_newer_codings_are_bounded_and_strict_about_their_end(coding: str) -> None:
    coded = CODERS[coding](b"hello" * 1000)
    with pytest.raises(RemoteProtocolError, match="ended before"):
        undo(coding, coded[:-2])
    with pytest.raises(RemoteProtocolError, match=r"not valid|goes on"):
        undo(coding, coded + b"garbage")
    decoder = decoder_for(coding, max_free=1_000_000)
    assert decoder is not None
    sizes: list[int] = []
    with pytest.raises(RemoteProtocolError, match="grows"):
        sizes.extend(map(len, decoder.decode(CODERS[coding](b"\0" * 100_000_000))))
    assert sum(sizes) < 4_000_000


@NEWER
def test_newer_codings_that_wait_inside(coding: str) -> None:
    body = b"ab" * PIECE * 3
    coded = CODERS[coding](body)
    assert undo(coding, coded) == body
    assert undo(coding, *(coded[n : n + 1] for n in range(len(coded)))) == body


@pytest.mark.skipif("zstd" not in CODERS, reason="no library")
def test_zstd_in_several_frames() -> None:
    coded = CODERS["zstd"](b"one") + CODERS["zstd"](b"two")
    assert undo("zstd", coded) == undo("zstd", coded[:5], coded[5:]) == b"onetwo"


@pytest.mark.skipif("zstd" not in CODERS, reason="no library")
def test_zstd_that_wants_a_huge_window() -> None:
    zstandard = import_module("zstandard")
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    coded = compressor.compress(b"x") + compressor.flush()
    with pytest.raises(RemoteProtocolError, match="not valid zstd"):
        undo("zstd", coded)


def test_an_empty_body_needs_no_coding() -> None:
    assert undo("gzip") == b""


@pytest.mark.parametrize(
    ("coding", "pieces", "words"),
    [
        ("gzip", [gzip.compress(b"hello" * 100)[:-9]], "ended before its gzip"),
        ("gzip", [gzip.compress(b"hello")[:5]], "ended before its gzip"),
        ("gzip", [gzip.compress(b"one"), gzip.compress(b"two")[:-1]], "ended before its gzip"),
        ("gzip", [b"this is not gzip"], "not valid gzip"),
        ("gzip", [gzip.compress(b"hello") + b"garbage"], "not valid gzip"),
        ("gzip", [gzip.compress(b"hello"), b"garbage"], "not valid gzip"),
        ("gzip", [gzip.compress(b"hello")[:-1] + b"\xff"], "not valid gzip"),
        ("deflate", [zlib.compress(b"hello")[:-1]], "ended before its deflate"),
        ("deflate", [zlib.compress(b"hello")[:1]], "ended before its deflate"),
        ("deflate", [b"\xff\xff\xff"], "not valid deflate"),
        ("deflate", [zlib.compress(b"hello") + b"garbage"], "goes on after"),
        ("deflate", [zlib.compress(b"hello"), zlib.compress(b"hello")], "goes on after"),
    ],
)
def test_broken_bodies(coding: str, pieces: list[bytes], words: str) -> None:
    with pytest.raises(RemoteProtocolError, match=words):
        undo(coding, *pieces)


def test_what_is_good_comes_before_the_error() -> None:
    decoder = decoder_for("gzip")
    assert decoder is not None
    decoded = decoder.decode(gzip.compress(b"hello") + b"garbage")
    assert next(decoded) == b"hello"
    with pytest.raises(RemoteProtocolError):
        next(decoded)


def test_output_comes_in_bounded_pieces() -> None:
    decoder = decoder_for("gzip")
    assert decoder is not None
    sizes = [len(piece) for piece in decoder.decode(gzip.compress(b"\0" * 5_000_000))]
    assert max(sizes) <= PIECE
    assert sum(sizes) == 5_000_000


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_bomb_is_refused_long_before_it_is_big(coding: str) -> None:
    bomb = b"\0" * 30_000_000
    for _ in coding.split(","):
        bomb = gzip.compress(bomb, 9)
    decoder = decoder_for(coding, max_free=1_000_000)
    assert decoder is not None
    sizes: list[int] = []
    with pytest.raises(RemoteProtocolError, match="grows"):
        sizes.extend(map(len, decoder.decode(bomb)))
    assert sum(sizes) <= max(1_000_000, MAX_RATIO * len(bomb))


def test_a_large_body_that_grows_as_json_does_is_no_bomb() -> None:
    decoder = decoder_for("gzip", max_free=0)
    assert decoder is not None
    body = b"".join(b'{"id": "item_%08x"},' % (n * 2654435761 % 2**32) for n in range(20_000))
    assert b"".join(decoder.decode(gzip.compress(body))) == body


def test_countless_members_with_nothing_in_them() -> None:
    empty = gzip.compress(b"", mtime=0)
    assert undo("gzip", empty * MAX_MEMBERS) == b""
    with pytest.raises(RemoteProtocolError, match="members of gzip for 0 bytes"):
        undo("gzip", empty * 2 * MAX_MEMBERS)
    with pytest.raises(RemoteProtocolError, match="members of gzip"):
        undo("gzip, gzip", gzip.compress(empty * 3_000_000))
    full = gzip.compress(b"x" * 1024)
    assert undo("gzip", full * 3 * MAX_MEMBERS) == b"x" * 1024 * 3 * MAX_MEMBERS


def test_what_grows_between_two_codings() -> None:
    nothing = gzip.compress(gzip.compress(b"")[:10] + b"\0" * 30_000_000)
    decoder = decoder_for("gzip, gzip", max_free=1_000_000)
    assert decoder is not None
    with pytest.raises(RemoteProtocolError, match=r"grows|not valid"):
        list(decoder.decode(nothing))


@given(
    st.sampled_from(["gzip", "deflate"]),
    st.binary(min_size=1, max_size=2000),
    st.integers(0, 1 << 30),
    st.integers(1, 255),
    st.integers(1, 40),
)
def test_a_damaged_body_gives_the_same_however_split(
    coding: str, body: bytes, where: int, change: int, size: int
) -> None:
    coded = bytearray(CODERS[coding](body + b"abcabc" * 100))
    coded[where % len(coded)] ^= change

    def outcome(pieces: list[bytes]) -> tuple[bytes, str]:
        decoder = decoder_for(coding)
        assert decoder is not None
        got = b""
        try:
            for piece in pieces:
                for part in decoder.decode(piece):
                    got += part
            decoder.finish()
        except RemoteProtocolError as error:
            return got, str(error)
        return got, ""

    whole = outcome([bytes(coded)])
    assert outcome([bytes(coded[n : n + size]) for n in range(0, len(coded), size)]) == whole
