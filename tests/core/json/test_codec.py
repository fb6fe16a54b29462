"""JSON to typed values: what fits, what does not, and what is no JSON at all."""

import copy
import json
import math
import pickle
import sys
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, ClassVar, Generic, Literal, NewType, TypedDict, TypeVar

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import api_openai.core.api.types as types_package
from api_openai.core.api.type_names import codec_of
from api_openai.core.json import unknown_fields as extra
from api_openai.core.json.codec import Codec, MisfitError, codec
from api_openai.core.json.encode import encode
from api_openai.core.json.issues import Issue
from api_openai.core.json.model import Model, Open
from api_openai.core.json.provenance import Meta, meta
from api_openai.core.json.salvage import MAX_ISSUES, TRY_AGAIN
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.unknown_fields import MAX_CLASSES
from api_openai.core.json.values import type_of
from api_openai.core.terms.json_text import CodecError, decode_json


class Function(Model, kw_only=True):
    name: str
    arguments: str


class FunctionCall(Model, tag_field="type", tag="function", kw_only=True):
    type: ClassVar[Literal["function"]] = "function"
    id: str
    function: Function


class CustomCall(Model, tag_field="type", tag="custom", kw_only=True):
    type: ClassVar[Literal["custom"]] = "custom"
    id: str
    input: str | list[FunctionCall] | None = None


class Delta(Model, kw_only=True):
    content: str | None = None
    role: Open["assistant", "user"] | None = None  # noqa: F821
    tool_calls: list[FunctionCall | CustomCall] | None = None


class Choice(Model, kw_only=True):
    index: int
    delta: Delta
    finish_reason: str | None
    score: float | None = None
    weights: list[float] | None = None


class Chunk(Model, kw_only=True):
    id: str
    created: int
    choices: list[Choice]
    usage: dict[str, Any] | None = None
    by_name: dict[str, Function] | None = None
    stop: str | list[str] | None = None
    done: bool | None = None


class Created(Model, tag_field="type", tag="created", kw_only=True):
    type: ClassVar[Literal["created"]] = "created"
    number: int


class Closed(Model, tag_field="type", tag="closed", kw_only=True):
    type: ClassVar[Literal["closed"]] = "closed"
    chunk: Chunk | None = None


ItemT = TypeVar("ItemT")


class Page(Model, Generic[ItemT], kw_only=True):
    data: list[ItemT]


DOCUMENT: dict[str, Any] = {
    "id": "chunk_1",
    "created": 1700000000,
    "choices": [
        {
            "index": 0,
            "delta": {
                "content": "Hi",
                "tool_calls": [
                    {
                        "type": "function",
                        "id": "c1",
                        "function": {"name": "f", "arguments": "{}"},
                    },
                    {"type": "custom", "id": "c2", "input": "x"},
                ],
            },
            "finish_reason": None,
            "score": 1,
            "weights": [1, 2.5],
        }
    ],
    "usage": {"total": 3},
    "by_name": {"f": {"name": "f", "arguments": "{}"}},
    "stop": ["x"],
}


@pytest.fixture(autouse=True)
def no_classes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded for the process, and no other test shall have used them up."""
    monkeypatch.setattr(extra, "_classes", {})


def document(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DOCUMENT), **changes}


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def issues_of(value: object) -> list[str]:
    return [str(issue) for issue in meta(value).issues]


# Documents that fit


def test_a_document_that_fits() -> None:
    chunk = codec(Chunk).decode(raw(DOCUMENT))
    assert type(chunk) is Chunk
    call = chunk.choices[0].delta.tool_calls
    assert call is not None
    assert isinstance(call[0], FunctionCall)
    assert call[0].function.name == "f"
    assert meta(chunk) == Meta(raw=raw(DOCUMENT))
    assert chunk.to_dict() == DOCUMENT
    assert json.loads(encode(chunk)) == DOCUMENT  # with the required field that is null


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes(kind: Any) -> None:
    data = kind(raw(DOCUMENT))
    chunk = codec(Chunk).decode(data)
    assert meta(chunk).raw == raw(DOCUMENT)
    assert type(meta(chunk).raw) is bytes


def test_events_of_a_union() -> None:
    events: Codec[Created | Closed] = codec(Created | Closed)
    event = events.decode(b'{"type":"created","number":1}')
    assert event == Created(number=1)
    assert event.type == "created"
    assert meta(event).raw == b'{"type":"created","number":1}'
    event = events.decode(raw({"type": "closed", "chunk": document(new=1)}))
    assert isinstance(event, Closed)
    assert event.chunk is not None
    assert event.chunk.model_extra == {"new": 1}


# Drift


def test_unknown_fields_are_attributes_and_no_issue() -> None:
    changed = document(timings={"ms": 1.5})
    changed["choices"][0]["delta"]["reasoning_content"] = None
    for _ in range(TRY_AGAIN + 3):
        chunk: Any = codec(Chunk).decode(raw(changed))
        assert isinstance(chunk, Chunk)
        assert chunk.timings == {"ms": 1.5}  # type: ignore[attr-defined]  # pyright: ignore
        assert chunk.choices[0].delta.model_extra == {"reasoning_content": None}
        assert type(chunk.choices[0]) is Choice
        assert meta(chunk).issues == ()
        assert chunk.to_dict() == changed
        assert json.loads(encode(chunk)) == changed
    clean = codec(Chunk).decode(raw(DOCUMENT))
    assert type(clean.choices[0].delta) is Delta


def test_missing_fields_are_none_and_stay_absent() -> None:
    changed = document()
    del changed["created"], changed["choices"][0]["index"]
    chunk: Any = codec(Chunk).decode(raw(changed))
    assert chunk.created is None
    assert chunk.choices[0].index is None
    assert issues_of(chunk) == [
        "choices[0].index: expected a value, got nothing",
        "created: expected a value, got nothing",
    ]
    assert json.loads(encode(chunk)) == changed
    assert chunk.choices[0].to_dict() == changed["choices"][0]


@pytest.mark.parametrize(
    ("key", "value", "issue"),
    [
        ("id", None, "id: expected a string, got null"),
        ("id", 3, "id: expected a string, got an integer"),
        ("created", "now", "created: expected an integer, got a string"),
        ("created", 1.5, "created: expected an integer, got a number"),
        ("created", True, "created: expected an integer, got a boolean"),
        ("created", 10**30, None),
        ("choices", None, "choices: expected an array, got null"),
        ("choices", {}, "choices: expected an array, got an object"),
        ("choices", [None], "choices[0]: expected an object (Choice), got null"),
        ("usage", [], "usage: expected an object or null, got an array"),
        ("by_name", {"f": 1}, "by_name.f: expected an object (Function), got an integer"),
        ("stop", 1, "stop: expected a string or an array or null, got an integer"),
        ("stop", ["a", 1], "stop[1]: expected a string, got an integer"),
        ("done", "yes", "done: expected a boolean or null, got a string"),
    ],
)
def test_misfits_keep_what_the_server_said(key: str, value: object, issue: str | None) -> None:
    changed = document(**{key: value})
    chunk = codec(Chunk).decode(raw(changed))
    assert issues_of(chunk) == ([issue] if issue else [])
    assert json.loads(encode(getattr(chunk, key))) == value
    assert chunk.to_dict() == changed
    assert codec(Chunk).decode_value(changed) == chunk
    assert issues_of(codec(Chunk).decode_value(changed)) == issues_of(chunk)


def test_numbers_are_taken_in_either_spelling() -> None:
    chunk = codec(Chunk).decode(raw(DOCUMENT).replace(b"1700000000", b"1.7e9"))
    assert type(chunk.created) is int
    assert chunk.created == 1700000000
    odd = document(new=1)
    odd["choices"][0].update(index=2.0, score=3, weights=[1, 2])
    choice = codec(Chunk).decode(raw(odd)).choices[0]
    assert (type(choice.index), type(choice.score)) == (int, float)
    assert choice.weights is not None
    assert [type(weight) for weight in choice.weights] == [float, float]


def test_huge_floats_and_integers() -> None:
    changed = document()
    changed["choices"][0].update(score=10**400, index=10**30)
    chunk = codec(Chunk).decode(raw(changed))
    assert chunk.choices[0].index == 10**30
    assert chunk.choices[0].score == 10**400
    assert issues_of(chunk) == [
        "choices[0].score: expected a number or null, got an integer",
    ]


@pytest.mark.parametrize(
    ("item", "tag", "got"),
    [
        ({"type": "new", "id": "i", "x": {"y": 1}}, "new", "'new'"),
        ({"type": None, "id": "i"}, None, "null"),
        ({"id": "i"}, None, "nothing"),
        ({"type": 3}, None, "3"),
        ({"type": [1]}, None, "an array"),
        ({"type": "\ud83d"}, "\ud83d", "'\\ud83d'"),
    ],
)
def test_unknown_variants(item: dict[str, Any], tag: str | None, got: str) -> None:
    changed = document()
    changed["choices"][0]["delta"]["tool_calls"][0] = item
    chunk = codec(Chunk).decode(raw(changed))
    calls = chunk.choices[0].delta.tool_calls
    assert calls is not None
    assert isinstance(calls[0], Unknown)
    assert (calls[0].type, calls[0].raw) == (tag, item)
    assert type(calls[1]) is CustomCall
    assert issues_of(chunk) == [
        "choices[0].delta.tool_calls[0].type: "
        f"expected the type of FunctionCall or CustomCall, got {got}"
    ]
    assert json.loads(encode(chunk)) == changed


def test_an_unknown_event_carries_its_document() -> None:
    data = b'{"type":"progress","share":0.5}'
    event: Any = codec(Created | Closed).decode(data)
    assert isinstance(event, Unknown)
    assert event.share == 0.5
    assert meta(event).raw == data


def test_a_wrong_tag_where_there_is_one_class_only() -> None:
    class Holder(Model, kw_only=True):
        call: FunctionCall

    held: Any = codec(Holder).decode(b'{"call":{"type":"other","id":"x"}}').call
    assert held == Unknown("other", {"type": "other", "id": "x"})
    held = codec(Holder).decode(b'{"call":{"id":"x","function":{"name":"n"}}}').call
    assert isinstance(held, FunctionCall)
    assert held.function.name == "n"


def test_all_kinds_of_annotations() -> None:
    class Own(msgspec.Struct):
        a: int
        b: list[Function] = []

    @dataclass
    class Pair:
        x: int
        y: int = 0

    Name = NewType("Name", str)

    class Odd(Model, kw_only=True):
        literal: Literal["a", "b"] | None = None
        anything: Any = None
        name: Name | None = None
        noted: Annotated[int, "a note"] = 0
        bounded: Annotated[int, msgspec.Meta(ge=0)] = 0
        pair: Pair | None = None
        own: Own | None = None
        pairs: tuple[int, str] = (0, "")
        bare: list[Any] | dict[str, Any] | None = None
        either: Function | list[Function] | str | None = None
        numbered: dict[int, int] | None = None

    good: dict[str, Any] = {
        "literal": "a",
        "anything": [{"x": 1}],
        "name": "n",
        "noted": 1,
        "bounded": 1,
        "pair": {"x": 1},
        "own": {"a": 1, "b": [{"name": "n", "arguments": "a"}]},
        "pairs": [1, "x"],
        "bare": [1],
        "either": [{"name": "n", "arguments": "a"}],
        "numbered": {"1": 2},
    }
    strict = codec(Odd).decode(raw(good))
    salvaged = codec(Odd).decode(raw({**good, "new": 1}))
    assert all(getattr(strict, name) == getattr(salvaged, name) for name in good)
    assert meta(salvaged).issues == ()
    bad: dict[str, Any] = {
        "literal": "c",
        "name": 1,
        "noted": "1",
        "bounded": -1,
        "pair": {"x": "1"},
        "own": {"a": "1", "b": [{"name": "n", "new": 1}]},
        "pairs": [1],
        "bare": 1,
        "either": 1,
        "numbered": {"x": 2},
    }
    odd: Any = codec(Odd).decode(raw(bad))
    assert {issue.path[0] for issue in meta(odd).issues} == set(bad)
    assert odd.pair == {"x": "1"}
    assert odd.own.b[0].model_extra == {"new": 1}
    assert odd.own.a == "1"
    assert type(odd.own) is Own


def test_generic_models() -> None:
    page: Any = codec(Page[FunctionCall | CustomCall]).decode(
        b'{"data":[{"type":"custom","id":"x","new":1},{"type":"new"}],"total":2}'
    )
    assert page.total == 2
    assert page.data[0].new == 1
    assert page.data[1] == Unknown("new", {"type": "new"})
    assert pickle.loads(pickle.dumps(page)) == page


def test_the_number_of_issues_is_bounded() -> None:
    changed = document(stop=[1] * 1000)
    assert len(meta(codec(Chunk).decode(raw(changed))).issues) == MAX_ISSUES


def test_the_number_of_classes_is_bounded() -> None:
    class Fresh(Model, kw_only=True):
        id: str

    kinds = set[type[object]]()
    for number in range(MAX_CLASSES + 10):
        key = f"field{number}"
        value: Any = codec(Fresh).decode(raw({"id": "x", key: number}))
        assert getattr(value, key) == number
        assert value.to_dict() == json.loads(encode(value)) == {"id": "x", key: number}
        kinds.add(type_of(value))
    assert len(kinds) <= MAX_CLASSES + 1


# Documents of another kind, and bytes that are no document


def test_null_for_a_whole_document() -> None:
    assert codec(Chunk).decode(b" null ") is None
    assert codec(Created | Closed).decode(b"null") is None


@pytest.mark.parametrize("data", [b"[]", b'"text"', b"3", b"true", b"[{}]", b"NaN"])
@pytest.mark.parametrize("kind", [Chunk, Created | Closed])
def test_another_kind_of_document_is_an_error(data: bytes, kind: Any) -> None:
    with pytest.raises(CodecError, match="expected a JSON object, got a"):
        codec(kind).decode(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the body is empty"),
        (b" \n", "nothing but white space"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b'{"id":"x"', "truncated"),
        (b'{"id":"x"}}', "byte 11"),
        (b"data: {}", "malformed"),
        (b"{'id':1}", "not JSON"),
        (b"\x80\x81", "not JSON"),
        (b"\x00", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"choices":' * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("kind", [Chunk, Created | Closed, object, list[Chunk], str])
def test_what_is_no_document(data: bytes, message: str, kind: Any) -> None:
    with pytest.raises(CodecError, match=message):
        codec(kind).decode(data)
    with pytest.raises(CodecError, match=message):
        decode_json(data)


def test_deep_documents_for_recursive_types() -> None:
    depth = sys.getrecursionlimit() // 4
    data = b'{"type":"custom","id":"x","input":[' * depth + b"]}" * depth
    with suppress(CodecError):
        assert isinstance(codec(CustomCall).decode(data), CustomCall)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_codec_error(data: bytes) -> None:
    for kind in (Chunk, Created | Closed, object):
        with suppress(CodecError):
            codec(kind).decode(data)


@given(st.integers(0, len(raw(DOCUMENT))), st.binary(max_size=3), st.integers(0, 3))
def test_damaged_documents_give_a_value_or_a_codec_error(
    position: int, insertion: bytes, removed: int
) -> None:
    whole = raw(DOCUMENT)
    data = whole[:position] + insertion + whole[position + removed :]
    try:
        value = codec(Chunk).decode(data)
    except CodecError:
        return
    assert meta(value).raw == data


# What servers send beyond JSON


def test_a_character_split_over_two_events() -> None:
    first = codec(Delta).decode(b'{"content":"a\\ud83d"}')
    second = codec(Delta).decode(b'{"content":"\\ude00b"}')
    assert first.content is not None
    assert second.content is not None
    joined = first.content + second.content
    assert joined.encode("utf-16", "surrogatepass").decode("utf-16") == "a\N{GRINNING FACE}b"
    assert meta(first).issues == ()
    assert json.loads(encode(first)) == first.to_dict() == {"content": "a\ud83d"}
    assert json.loads(encode({"content": joined}))["content"] == "a\N{GRINNING FACE}b"


def test_a_byte_order_mark() -> None:
    chunk = codec(Chunk).decode(b"\xef\xbb\xbf" + raw(DOCUMENT))
    assert chunk == codec(Chunk).decode(raw(DOCUMENT))
    assert chunk.to_dict() == DOCUMENT


def test_bad_utf8() -> None:
    assert codec(Delta).decode(b'{"content":"a\xff"}').content == "a\N{REPLACEMENT CHARACTER}"


def test_control_characters_and_doubled_keys() -> None:
    assert codec(Delta).decode(b'{"content":"a\nb","content":"c\td"}').content == "c\td"


def test_numbers_that_json_does_not_have() -> None:
    digits = b"1" * 5000
    data = b'{"id":"x","a":NaN,"b":-Infinity,"c":1e999,"d":%b,"e":-%b}' % (digits, digits)
    chunk: Any = codec(Chunk).decode(data)
    assert math.isnan(chunk.a)
    assert (chunk.b, chunk.c, chunk.d, chunk.e) == (-math.inf, math.inf, math.inf, -math.inf)
    assert chunk.to_dict()["d"] == math.inf


def test_many_unknown_keys_and_objects() -> None:
    many = {"id": "x", **{f"k{number}": number for number in range(10_000)}}
    chunk = codec(Chunk).decode(raw(document(**many)))
    assert len(chunk.model_extra) == 10_000
    assert json.loads(encode(chunk)) == document(**many)
    deltas = codec(list[Delta]).decode(raw([{"content": "x", f"k{n}": n} for n in range(3000)]))
    assert [delta.model_extra for delta in deltas] == [{f"k{n}": n} for n in range(3000)]


# Types of the caller's own


class Typed(TypedDict):
    a: int


@dataclass
class Data:
    a: int


@attrs.define
class Attrs:
    a: int


class Struct(msgspec.Struct):
    a: int


OWN: list[tuple[Any, Any]] = [
    (Typed, {"a": 1}),
    (Data, Data(1)),
    (Attrs, Attrs(1)),
    (Struct, Struct(1)),
    (dict[str, int], {"a": 1}),
]


@pytest.mark.parametrize(("kind", "expected"), OWN)
def test_own_types(kind: Any, expected: object) -> None:
    assert codec(kind).decode(b'{"a":1}') == expected
    assert codec(kind).decode_value({"a": 1}) == expected
    assert codec(list[kind]).decode(b'[{"a":1}]') == [expected]
    assert meta(codec(kind).decode(b'{"a":1}')) == Meta()
    for data in (b'{"a":"x"}', b"3", b"null"):
        with pytest.raises(MisfitError) as caught:
            codec(kind).decode(data)
        assert caught.value.issues
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(CodecError, match="not JSON"):
        codec(kind).decode(b"{")


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (object, b'{"a":[1,null,NaN]}', None),
        (Any, b"[]", []),
        (str, b'"x"', "x"),
        (bytes, b'"eA=="', b"x"),
        (int, b"1.0", 1),
        (float, b"1", 1.0),
        (list[Delta], b'[{"content":"x"}]', [Delta(content="x")]),
        (dict[str, Delta], b'{"a":{"content":"x"}}', {"a": Delta(content="x")}),
        (None, b"null", None),
        (None, b"<html>", None),
        (type(None), b"", None),
    ],
)
def test_other_types(kind: Any, data: bytes, expected: object) -> None:
    value = codec(kind).decode(data)
    if expected is not None or kind is None:
        assert value == expected
        assert type(value) is type(expected)


def test_issues_in_lists_of_models_are_tolerated_and_in_own_types_are_not() -> None:
    deltas: list[Any] = codec(list[Delta]).decode(b'[{"content":3,"new":1}]')
    assert (deltas[0].content, deltas[0].new) == (3, 1)
    with pytest.raises(MisfitError, match=r"\[0\]: expected an integer, got a string"):
        codec(list[int]).decode(b'["3"]')
    with pytest.raises(MisfitError, match="Expected `int`, got `str`"):
        codec(Data).decode(b'{"a":"x"}')


def test_pydantic_models() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Weather(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        city: str
        degrees: list[int] | None = None

    assert codec(Weather).decode(b'{"city":"x","degrees":[1]}') == Weather(city="x", degrees=[1])
    assert codec(Weather).decode_value({"city": "x"}) == Weather(city="x")
    assert codec(list[Weather]).decode(b'[{"city":"x"}]') == [Weather(city="x")]
    with pytest.raises(MisfitError) as caught:
        codec(Weather).decode(b'{"degrees":[1,"x"]}')
    assert [issue.path for issue in caught.value.issues] == [("city",), ("degrees", 1)]
    assert [issue.got for issue in caught.value.issues] == ["nothing", "a string"]
    with pytest.raises(MisfitError):
        codec(list[Weather]).decode(b"[{}]")
    with pytest.raises(CodecError, match="truncated"):
        codec(Weather).decode(b'{"city":"x"')


def test_strict_decoding_raises_about_issues_and_not_about_unknown_fields() -> None:
    chunk = codec(Chunk).decode(raw(document(new=1)), strict=True)
    assert chunk.model_extra == {"new": 1}
    with pytest.raises(MisfitError) as caught:
        codec(Chunk).decode(raw(document(id=1, stop=2)), strict=True)
    assert [issue.path for issue in caught.value.issues] == [("id",), ("stop",)]
    assert str(caught.value) == "id: expected a string, got an integer (and 1 more)"
    assert isinstance(caught.value.value, Chunk)
    with pytest.raises(MisfitError):
        codec(Chunk).decode_value(None, strict=True)


# Codecs themselves


def test_a_reference_is_imported_by_the_first_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    found = codec_of("nowhere:Chunk")
    assert codec_of("nowhere:Chunk") is found
    with pytest.raises(ModuleNotFoundError):
        found.decode(b"{}")
    module = ModuleType("nowhere")
    module.__dict__.update(Chunk=Chunk, Numbers=list[int])
    monkeypatch.setitem(sys.modules, f"{types_package.__name__}.nowhere", module)
    assert found.decode(raw(DOCUMENT)) == codec(Chunk).decode(raw(DOCUMENT))
    assert codec_of("nowhere:Numbers").decode(b'[1,"x"]') == [1, "x"]
    assert repr(found) == "Codec('nowhere:Chunk')"


def test_codecs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api_openai.core.json.codec._codecs", {})  # other tests may have filled it
    assert codec(Chunk) is codec(Chunk)
    assert codec(list[Chunk]) is codec(list[Chunk])


def test_issue_paths() -> None:
    assert str(Issue((), "a", "b")) == "$: expected a, got b"
    assert str(Issue((0, "a", 1), "a", "b")) == "[0].a[1]: expected a, got b"
