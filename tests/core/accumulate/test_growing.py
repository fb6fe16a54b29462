"""Values on their way: texts in any pieces, lists in any numbering, JSON in any length."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.accumulate.growing import Entries, Grown, Pieces, Places, grow, whole
from api_openai.core.accumulate.partial_json import partial
from api_openai.core.json.values import type_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def cuts(draw: st.DrawFn, size: int) -> list[int]:
    return [0, *sorted(draw(st.lists(st.integers(0, size), max_size=6))), size]


@given(st.text(), st.data())
def test_a_text_is_the_same_however_it_was_split(text: str, data: st.DataObject) -> None:
    units = text.encode("utf-16-le")  # between any two of its units, so also within a character
    pieces = [
        units[2 * a : 2 * b].decode("utf-16-le", "surrogatepass")
        for a, b in pairwise(data.draw(cuts(len(units) // 2)))
    ]
    assert str(Pieces(pieces)) == text
    assert str(Grown.of(pieces)) == text


def test_a_surrogate_without_its_other_half_stays() -> None:
    assert str(Pieces(["a\ud83d", "b"])) == "a\ud83db"


def test_a_grown_text_stays_as_long_as_it_was() -> None:
    pieces = Pieces(["a"])
    first = Grown.of(pieces)
    pieces.append("b")
    assert (str(first), str(Grown.of(pieces))) == ("a", "ab")
    assert first == Grown.of(["a"])
    assert first != Grown.of(pieces)
    assert (repr(first), hash(first)) == ("'a'", hash(Grown.of(["a"])))


def delta(**fields: Any) -> dict[str, Any]:
    return {"calls": [fields]}


@pytest.mark.parametrize(
    "deltas",
    [
        [
            delta(index=0, id="a", text="1"),
            delta(index=0, text="2"),
            delta(index=1, id="b", text="3"),
        ],
        [
            delta(index=1, id="b", text="3"),
            delta(index=0, id="a", text="1"),
            delta(index=0, text="2"),
        ],
        [delta(id="a", text="1"), delta(id="a", text="2"), delta(id="b", text="3")],
        [delta(id="a", text="1"), delta(id="b", text="3"), delta(id="a", text="2")],
        [
            delta(index=0, id="a", text="1"),
            delta(index=0, id="", text="2"),
            delta(index=7, id="b", text="3"),
        ],
    ],
    ids=["usual", "out of order", "no index", "no index, mixed", "gaps, empty id"],
)
def test_entries_are_told_apart(deltas: list[dict[str, Any]]) -> None:
    tree: dict[str, Any] = {}
    for each in deltas:
        grow(tree, each)
    numbers = {
        each["calls"][0]["id"]: each["calls"][0].get("index")
        for each in reversed(deltas)
        if each["calls"][0].get("id")
    }
    expected = [{"id": "a", "text": "12"}, {"id": "b", "text": "3"}]
    for entry in expected:
        if numbers[entry["id"]] is not None:
            entry["index"] = numbers[entry["id"]]
    assert whole(tree) == {"calls": expected}


def test_entries_of_one_index_and_other_types_are_others() -> None:
    tree: dict[str, Any] = {}
    for kind, field, piece in (
        ("reasoning.text", "text", "a"),
        ("reasoning.encrypted", "data", "x"),
        ("reasoning.text", "text", "b"),
        (None, "text", "c"),
    ):
        entry = {"index": 0, field: piece, **({"type": kind} if kind else {})}
        grow(tree, {"reasoning_details": [entry]})
    assert whole(tree) == {
        "reasoning_details": [
            {"index": 0, "type": "reasoning.text", "text": "abc"},
            {"index": 0, "type": "reasoning.encrypted", "data": "x"},
        ]
    }


def test_entries_without_any_sign_are_as_many_as_they_came() -> None:
    tree: dict[str, Any] = {}
    for entry in ({"index": None, "text": "1"}, {"text": "2"}):
        grow(tree, {"parts": [entry]})
    assert [each["text"] for each in whole(tree)["parts"]] == ["1", "2"]


@pytest.mark.parametrize("numbered", [False, True])
def test_a_content_that_turns_from_a_list_to_a_text_and_back_keeps_both(numbered: bool) -> None:
    tree: dict[str, Any] = {"content": None}
    think: dict[str, Any] = {"type": "thinking", "thinking": "Ok"}
    grow(tree, {"content": [{**think, "index": 0} if numbered else think]})
    for piece in ("An", "swer"):
        grow(tree, {"content": piece})
    grow(tree, {"content": [{"type": "image"}]})
    parts = whole(tree)["content"]
    assert [each["type"] for each in parts] == ["thinking", "text", "image"]
    assert parts[1]["text"] == "Answer"
    tree = {"content": Pieces(["a"])}
    grow(tree, {"content": [{"type": "image", "index": 1}]})
    assert [each.get("text") for each in whole(tree)["content"]] == ["a", None]


def test_audio_has_data_that_grows() -> None:
    tree: dict[str, Any] = {}
    for piece in ("a", "b"):
        grow(tree, {"audio": {"id": "i", "data": piece, "transcript": piece}, "data": piece})
    assert whole(tree) == {"audio": {"id": "i", "data": "ab", "transcript": "ab"}, "data": "b"}


def test_an_index_of_any_size_costs_one_entry() -> None:
    entries, places = Entries(), Places()
    assert entries.place({"index": 10**12}) == 0
    places.put(10**12, "x")
    assert (whole(entries), whole(places)) == ([{}], ["x"])


def test_what_is_said_once_is_not_doubled() -> None:
    tree: dict[str, Any] = {}
    for piece in ("f", "g"):
        grow(tree, {"id": "call_1", "name": "f", "role": "assistant", "arguments": piece})
        grow(tree, {"id": "", "name": None, "count": 1, "tags": [piece], "more": {"a": piece}})
    assert whole(tree) == {
        "id": "call_1",
        "name": "f",
        "role": "assistant",
        "arguments": "fg",
        "count": 1,
        "tags": ["f", "g"],
        "more": {"a": "g"},
    }


@given(VALUES, st.booleans())
def test_a_whole_document_is_read_as_it_is(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    goes_on = type_of(value) not in (str, list, dict)  # or may
    assert partial(text) == (None if goes_on else value)


@given(VALUES.filter(lambda value: isinstance(value, list | dict)), st.booleans(), st.data())
def test_the_beginning_of_a_document_is_a_beginning_of_its_value(
    value: Any, ascii_only: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    size = data.draw(st.integers(1, len(text)))
    assert begins(partial(text[:size]), value)


def begins(part: Any, value: Any) -> bool:
    kind = type_of(value)
    if kind is str:
        units, all_units = (each.encode("utf-16-le", "surrogatepass") for each in (part, value))
        return bool(all_units.startswith(units))
    if kind is list:
        ends = [begins(*pair) for pair in zip(part, value, strict=False)]
        return type_of(part) is list and len(part) <= len(value) and all(ends)
    if kind is dict:
        keys = list(part)
        return keys == list(value)[: len(keys)] and all(begins(part[k], value[k]) for k in keys)
    return bool(part == value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("  ", None),
        ('{"a": tr', {}),
        ('{"a": 1, "b": [1, 2', {"a": 1, "b": [1]}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": "x\\u00e', {"a": "x"}),
        ('{"a": "x\\\\u00e', {"a": "x\\u00e"}),
        ('{"a": "x\\n', {"a": "x\n"}),
        ('["a", "b"]', ["a", "b"]),
        ("[}", None),
        ("]", None),
        ("<html>", None),
        ('{"a" "b"', None),
        ("[" * 100_000, None),
    ],
)
def test_what_a_text_has_begun(text: str, value: Any) -> None:
    assert partial(text) == value
