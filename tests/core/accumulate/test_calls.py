"""Fragments of tool calls: which call each belongs to, whatever servers number and name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.accumulate.calls import Calls
from api_openai.core.accumulate.growing import grow, whole

JSON = st.dictionaries(
    st.text(max_size=4),
    st.none()
    | st.booleans()
    | st.integers(0, 99)
    | st.text(max_size=8)
    | st.lists(st.text(max_size=3)),
    max_size=3,
).map(json.dumps)


def f(name: str | None = None, arguments: str | None = None, **fields: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {**fields, "function": {key: it for key, it in function.items() if it is not None}}


def functions(*chunks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    calls = Calls()
    for chunk in chunks:
        for position, delta in enumerate(chunk):
            calls.receive(delta, position if len(chunk) > 1 else None)
    made = whole(calls)
    assert len({calls.index(at) for at in range(len(calls.trees))}) == len(made)
    return [(each["function"]["name"], each["function"]["arguments"]) for each in made]


ONE = [("w", '{"c":1}')]
TWO = [("w", '{"c":1}'), ("w", '{"c":2}')]
CASES: dict[str, tuple[list[list[dict[str, Any]]], list[tuple[str, str]]]] = {
    "usual": ([[f("w", "", index=0, id="a")], [f(None, '{"c":1}', index=0)]], ONE),
    "another id": ([[f("w", "", index=0, id="a")], [f(None, '{"c":1}', index=0, id="b")]], ONE),
    "another id and the name each time": (
        [[f("w", "{", index=0, id="a")], [f("w", '"c":1}', index=0, id="b")]],
        ONE,
    ),
    "another id, no index": ([[f("w", "", id="a")], [f(None, '{"c":1}', id="b")]], ONE),
    "whole calls, all index 0": (
        [[f("w", '{"c":1}', index=0, id="a")], [f("w", '{"c":2}', index=0, id="b")]],
        TWO,
    ),
    "whole calls, all index 0, no id": (
        [[f("w", '{"c":1}', index=0)], [f("w", '{"c":2}', index=0)]],
        TWO,
    ),
    "neither, one chunk": ([[f("w", '{"c":1}'), f("w", '{"c":2}')]], TWO),
    "neither, two chunks": ([[f("w", '{"c":1}')], [f("w", '{"c":2}')]], TWO),
    "neither, in fragments": (
        [[f("w", '{"c"')], [f(None, ":1}")], [f("w", '{"c"')], [f(None, ":2}")]],
        TWO,
    ),
    "neither, side by side": (
        [[f("w", '{"c"'), f("w", '{"c"')], [f(None, ":1}"), f(None, ":2}")]],
        TWO,
    ),
    "interleaved": (
        [
            [f("w", "", index=0, id="a")],
            [f("w", "", index=1, id="b")],
            [f(None, '{"c":1}', index=0)],
            [f(None, '{"c":2}', index=1)],
        ],
        TWO,
    ),
    "a name in fragments": (
        [[f("get_", "", index=0, id="a")], [f("weather", "", index=0)], [f(None, "{}", index=0)]],
        [("get_weather", "{}")],
    ),
    "a name as far as it is": (
        [[f("get_", index=0)], [f("get_weather", "{}", index=0)]],
        [("get_weather", "{}")],
    ),
    "the name again at the end": (
        [
            [f("w", '{"c":1}', index=0, id="a")],
            [f("w", "", index=0, id="a")],
            [f("w", "", index=0)],
        ],
        ONE,
    ),
    "calls without arguments": (
        [[f("a", "", index=0, id="1")], [f("b", "", index=0, id="2")]],
        [("a", ""), ("b", "")],
    ),
    "calls without arguments or index": (
        [[f("a", "", id="1")], [f("a", "", id="2")]],
        [("a", ""), ("a", "")],
    ),
    "braces within a text": (
        [[f("w", '{"c":"}', index=0, id="a")], [f("w", '{"}', index=0, id="b")]],
        [("w", '{"c":"}{"}')],
    ),
    "a quote that is escaped in two": (
        [[f("w", '{"c":"\\', index=0)], [f("w", '"}"}', index=0)], [f("v", "{}", index=0)]],
        [("w", '{"c":"\\"}"}'), ("v", "{}")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_which_call_a_fragment_belongs_to(case: str) -> None:
    chunks, expected = CASES[case]
    assert functions(*chunks) == expected


def test_the_first_id_and_type_stay() -> None:
    calls = Calls()
    calls.receive(f("w", "", index=0, id="a", type="function"), None)
    calls.receive(f(None, "{}", index=0, id="b", type=""), None)
    calls.receive({"index": 0, "type": None}, None)
    function = {"name": "w", "arguments": "{}"}
    assert whole(calls) == [{"id": "a", "type": "function", "function": function}]


def test_arguments_that_are_no_text_are_kept() -> None:
    calls = Calls()
    calls.receive({"index": 0, "function": {"name": "w", "arguments": {"c": 1}}}, None)
    assert whole(calls)[0]["function"]["arguments"] == {"c": 1}


@given(
    st.lists(st.tuples(st.sampled_from(["get", "put", "g"]), JSON), min_size=1, max_size=4),
    st.sampled_from(["index and id", "id", "index 0", "neither", "a new id each time"]),
    st.booleans(),
    st.data(),
)
def test_whole_calls_in_any_fragments(
    calls: list[tuple[str, str]], numbered: str, again: bool, data: st.DataObject
) -> None:
    chunks: list[list[dict[str, Any]]] = []
    count = 0
    for number, (name, arguments) in enumerate(calls):
        cuts = sorted(
            data.draw(st.lists(st.integers(1, len(arguments) - 1), max_size=3, unique=True))
        )
        pieces = [arguments[a:b] for a, b in zip([0, *cuts], [*cuts, len(arguments)], strict=True)]
        for place, piece in enumerate(pieces):
            count += 1
            given: dict[str, dict[str, Any]] = {
                "index and id": {"index": number, "id": f"c{number}"},
                "id": {"id": f"c{number}"},
                "index 0": {"index": 0},
                "neither": {},
                "a new id each time": {"index": 0, "id": f"c{count}"},
            }
            chunks.append([f(name if again or not place else None, piece, **given[numbered])])
    assert functions(*chunks) == calls


def test_countless_calls_and_entries_cost_what_they_are() -> None:
    """Nothing here looks at a clock: what is not linear in them takes long."""
    calls = functions(*([f("w", "{}")] for _ in range(40_000)))
    assert len(calls) == 40_000
    calls = functions(*([f("w", "{}", index=0, id=f"c{number}")] for number in range(40_000)))
    assert len(calls) == 40_000
    tree: dict[str, Any] = {}
    for number in range(40_000):
        grow(tree, {"details": [{"index": 0, "type": f"t{number}"}], "parts": [{"text": "x"}]})
    assert (len(whole(tree)["details"]), len(whole(tree)["parts"])) == (40_000, 40_000)
