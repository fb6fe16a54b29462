"""Documents made from schemas: what has to be there, all there is, and every member of a union."""

import json
from typing import Any

import pytest
from codegen.areas import Area
from codegen.description import Description, Schema
from codegen.instances import Maker, text
from codegen.roots import responses

from .descriptions import NULL, NUMBER, TEXT, answering, const, describe, drift, method, obj, ref


def made(schema: Schema, **schemas: Schema) -> list[Any]:
    description = describe(schemas)
    return Maker(description, set(schemas)).documents("Place", schema)


@pytest.mark.parametrize(
    ("schema", "documents"),
    [
        (TEXT, ["text"]),
        (const("x"), ["x"]),
        ({"type": ["integer", "null"]}, [1]),
        (obj("a", a=NUMBER, b=TEXT), [{"a": 1}, {"a": 1, "b": "text"}]),
        ({"type": "array", "items": TEXT}, [[], ["text"]]),
        ({"type": "object", "additionalProperties": TEXT}, [{}, {"key": "text"}]),
        ({"anyOf": [NUMBER, TEXT]}, [1, "text"]),
        ({"allOf": [obj("a", a=TEXT), obj("b", b=NUMBER)]}, [{"a": "text", "b": 1}]),
        (obj("type", type={"type": "string", "enum": ["x", "y"]}), [{"type": "x"}, {"type": "y"}]),
    ],
)
def test_the_least_and_the_most(schema: Schema, documents: list[Any]) -> None:
    assert made(schema) == documents


def test_the_first_has_null_where_that_may_be() -> None:
    thing = obj("a b", a={"anyOf": [NUMBER, NULL]}, b={"type": ["string", "null"]})
    assert made(ref("Thing"), Thing=thing) == [{"a": None, "b": None}, {"a": 1, "b": "text"}]


def test_a_tag_is_there_even_if_it_need_not_be() -> None:
    assert made(obj("", type=const("x"), a=TEXT)) == [{"type": "x"}, {"type": "x", "a": "text"}]


def test_every_member_of_every_union_has_its_turn() -> None:
    schema = obj("", a={"anyOf": [NUMBER, TEXT]}, b={"oneOf": [TEXT, NUMBER, {"const": True}]})
    _, *found = made(schema)
    assert {(document["a"], document["b"]) for document in found} == {
        (1, "text"),
        ("text", 1),
        (1, True),
    }


def test_a_list_has_one_of_each_kind() -> None:
    items: Schema = {"anyOf": [ref("First"), ref("Second")]}
    schema = obj("", all={"type": "array", "items": items})
    first, second = obj("type", type=const("a"), n=NUMBER), obj("type", type=const("b"))
    _, most = made(schema, First=first, Second=second)
    assert most == {"all": [{"type": "a"}, {"type": "b"}]}  # they have documents of their own


def test_circles_end() -> None:
    tree = obj("", children={"type": "array", "items": ref("Tree")}, parent=ref("Tree"))
    assert made(ref("Tree"), Tree=tree)[-1] == {"children": [{}], "parent": {}}


def described(schema: Schema, **more: Any) -> Description:
    create = method("things.create", "POST", "/things", answer="Thing", **more)
    paths = {("POST", "/things"): answering(schema)}
    thing = obj("id", id=TEXT)
    changes = {"Thing": [drift(fields={"new": {"required": False, "schema": NUMBER}})]}
    return describe({"Thing": thing}, create, paths=paths, response_drift=changes)


def lines(description: Description) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        text(description, responses(description, [Area("things")]))
    )
    return found


def test_a_schema_has_one_line_and_what_drifted_is_in_it() -> None:
    assert lines(described(ref("Thing"))) == [
        {
            "type": "things:Thing",
            "of": "Thing",
            "documents": [{"id": "text"}, {"id": "text", "new": 1}],
        }
    ]


def test_an_answer_without_a_name_has_a_line() -> None:
    (line,) = lines(described(obj("ok", ok=NUMBER)))
    assert line == {
        "type": "things:Thing",
        "of": "things.create:answer",
        "documents": [{"ok": 1}],
    }


def test_pages_are_made_whole() -> None:
    page = obj("data", data={"type": "array", "items": ref("Thing")}, has_more={"type": "boolean"})
    found, thing = lines(described(page, page="CursorPage"))
    assert (found["type"], found["page"]) == ("things:Thing", "CursorPage")
    assert found["documents"] == [
        {"data": []},
        {"data": [{"id": "text"}], "has_more": True},
    ]
    assert thing["of"] == "Thing"
