"""How deep JSON may be nested, where an interpreter does not survive what is too deep."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

import api_openai
from api_openai.core.json.codec import Codec
from api_openai.core.json.encode import builtins, encode, text
from api_openai.core.terms import nesting
from api_openai.core.terms.json_text import CodecError, decode_json

LEVELS = r", in more than 5 levels \(api_openai.set_nesting_limit sets how many\)"
WORDS = f"nested too deeply{LEVELS}"
OF_VALUES = f"nested too deeply, or in a circle{LEVELS}"


class Node(msgspec.Struct):
    inner: Any = None


@dataclass
class Plain:
    inner: Any


@pytest.fixture
def five() -> Iterator[None]:
    before = nesting.limit
    api_openai.set_nesting_limit(5)
    yield
    api_openai.set_nesting_limit(before)


DOCUMENTS = [
    pytest.param(b"[" * 5 + b"]" * 5, True, id="as deep as may be"),
    pytest.param(b"[" * 6 + b"]" * 6, False, id="one too many"),
    pytest.param(b'{"a":[' * 3 + b"]}" * 3, False, id="of both kinds"),
    pytest.param(b"[" + b",".join([b'{"a":[[1]]}'] * 50) + b"]", True, id="wide"),
    pytest.param(b'["[[[[[[[[", "\\"[[[[[[[", "\\\\"]', True, id="in strings"),
    pytest.param(b'["\\\\", [[[[[]]]]]]', False, id="after a string that ends with a backslash"),
    pytest.param('["é\u2028[[[[[[["]'.encode(), True, id="in a string beyond ASCII"),
    pytest.param(b"[" + b"[[[[]]]]," * 9 + b"[[[[[]]]]]]", False, id="at the end"),
]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(("document", "fits"), DOCUMENTS)
def test_documents(document: bytes, fits: bool) -> None:
    if fits:
        assert decode_json(document) == msgspec.json.decode(document)
        assert Codec[Any](object).decode(document) == msgspec.json.decode(document)
        return
    for decode in (decode_json, Codec[Any](object).decode, Codec[Any](list[Any]).decode):
        with pytest.raises(CodecError, match=f"not readable as JSON: {WORDS}"):
            decode(document)
    text = document.decode("utf-8")
    for data in (document, bytearray(document), memoryview(document), msgspec.Raw(document), text):
        for read in (nesting.decode, nesting.decoder(Node), nesting.decoder(msgspec.Raw)):
            with pytest.raises(RecursionError, match=WORDS):
                read(data)
    with pytest.raises(RecursionError, match=WORDS):
        nesting.reformatted(document, 2)


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("data", [b"[" * 100_000, b"[{" * 50_000, b'{"a":' * 100_000], ids=str)
def test_documents_without_end(data: bytes) -> None:
    with pytest.raises(CodecError, match=WORDS):
        decode_json(data)


VALUES: list[tuple[Any, bool]] = [
    ([[[[[]]]]], True),
    ([[[[[[]]]]]], False),
    ({"a": ({"b": [{"c": [1]}]},)}, False),
    ([[[[1, 2], "text"]]] * 40, True),
    (Node(Node(Node(Node(Node(1))))), True),
    (Node(Node(Node(Node(Node(Node()))))), False),
    (Plain(Plain(Plain(Plain(Plain([1]))))), False),
]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(("value", "fits"), VALUES, ids=str)
def test_values(value: Any, fits: bool) -> None:
    if fits:
        assert msgspec.json.decode(encode(value)) == builtins(value)
        return
    for each in (encode, builtins):
        with pytest.raises(ValueError, match=f"cannot encode as JSON: {OF_VALUES}"):
            each(value)


@pytest.mark.usefixtures("five")
def test_what_is_written_for_people() -> None:
    """Neither msgspec nor `json`, which writes NaN, sees what is too deep."""
    for inner in (1, float("nan")):
        assert text([[[[[inner]]]]], 2).count("[") == 5
        with pytest.raises(ValueError, match=f"cannot encode as JSON: {OF_VALUES}"):
            text([[[[[[inner]]]]]], 2)


@pytest.mark.usefixtures("five")
def test_a_circle_is_too_deep() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match=OF_VALUES):
        encode(circle)


@pytest.mark.skipif(sys.platform == "emscripten", reason="there the limit is needed")
def test_there_is_none_where_the_interpreter_has_its_own() -> None:
    assert nesting.limit is None
    assert encode(decode_json(b"[" * 400 + b"]" * 400)) == b"[" * 400 + b"]" * 400

    def decode(data: bytes) -> object:
        return data

    assert nesting.bounded(decode) is decode


@pytest.mark.parametrize("levels", [0, -1, True, 1.5, "5"])
def test_a_limit_that_is_none(levels: Any) -> None:
    with pytest.raises(ValueError, match=r"levels=.*: expected a number of 1 or more, or None"):
        api_openai.set_nesting_limit(levels)
