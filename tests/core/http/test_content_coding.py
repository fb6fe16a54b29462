"""Content codings: undone part by part, bounded, and strict about their end."""

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.content_coding import MAX_RATIO, PIECE, decoder_for
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


@pytest.mark.parametrize("coding", ["identity", "", "identity, identity"])
def test_nothing_to_undo(coding: str) -> None:
    assert decoder_for(coding) is None


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "gzip, gzip, gzip"])
def test_what_nobody_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(RemoteProtocolError, match="content-encoding"):
        decoder_for(coding)


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
