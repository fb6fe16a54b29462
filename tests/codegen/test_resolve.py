"""Schemas to nodes."""

import pytest
from codegen.description import Schema
from codegen.nodes import (
    ANY,
    NULL,
    Alias,
    Enum,
    Field,
    ListOf,
    MapOf,
    Node,
    Object,
    Plain,
    Ref,
    Shape,
    Union,
    union,
)
from codegen.places import flat, required
from codegen.resolve import Resolver, facts

from .descriptions import NULL as NULL_SCHEMA
from .descriptions import NUMBER, TEXT, const, describe, drift, obj, ref

STR, INT, FLOAT = Plain("str"), Plain("int"), Plain("float")


def resolved(schema: Schema, **schemas: Schema) -> tuple[Node, dict[str, Shape]]:
    resolver = Resolver(describe({**schemas}), "response")
    return resolver.node("Place", schema), resolver.shapes


@pytest.mark.parametrize(
    ("schema", "node"),
    [
        (TEXT, STR),
        ({"type": "string", "format": "binary"}, Plain("file")),
        ({"type": "string", "nullable": True}, Union((STR, NULL))),
        ({"anyOf": [NULL_SCHEMA, TEXT]}, Union((STR, NULL))),
        ({"type": ["string", "null"]}, Union((STR, NULL))),
        ({"oneOf": [NUMBER, {"type": "number"}]}, FLOAT),
        ({"type": "string", "enum": ["a", None]}, Union((Enum(("a",)), NULL))),
        ({"const": "a"}, Enum(("a",))),
        ({"anyOf": [TEXT, {"type": "string", "enum": ["a"]}]}, Enum(("a",), free=True)),
        ({"anyOf": [const("a"), const("b"), const("a")]}, Enum(("a", "b"))),
        ({"type": "array", "items": TEXT}, ListOf(STR)),
        ({"type": "array"}, ListOf(ANY)),
        ({"type": "object"}, MapOf(ANY)),
        ({"type": "object", "additionalProperties": NUMBER}, MapOf(INT)),
        ({"anyOf": [TEXT, {}]}, ANY),
        ({}, ANY),
    ],
)
def test_values(schema: Schema, node: Node) -> None:
    assert resolved(schema) == (node, {})


def test_an_object_has_the_place_where_it_stands() -> None:
    schema = obj("a", a=TEXT, b={"type": "array", "items": obj(c=NUMBER)})
    node, shapes = resolved(schema)
    assert node == Ref("Place")
    items = ListOf(Ref("Place.b[]"))
    assert shapes == {
        "Place": Object("Place", (Field("a", STR, True), Field("b", items, False))),
        "Place.b[]": Object("Place.b[]", (Field("c", INT, False),)),
    }


def test_a_reference_keeps_the_name_and_gives_its_null_away() -> None:
    node, shapes = resolved(ref("Mode"), Mode={"anyOf": [const("a"), NULL_SCHEMA]})
    assert node == Union((Ref("Mode"), NULL))
    assert shapes == {"Mode": Alias("Mode", Enum(("a",)))}


def test_an_object_that_may_be_null_is_an_object_under_its_own_name() -> None:
    node, shapes = resolved(ref("Failure"), Failure={"anyOf": [obj(code=TEXT), NULL_SCHEMA]})
    assert node == Union((Ref("Failure"), NULL))
    assert shapes == {"Failure": Object("Failure", (Field("code", STR, False),))}


def test_all_of_is_merged_and_parts_keep_their_places() -> None:
    whole = {"allOf": [ref("Base"), obj("id", id=TEXT)]}
    node, shapes = resolved(whole, Base=obj("inner", inner=obj(x=TEXT)))
    assert node == Ref("Place")
    assert shapes["Place"] == Object(
        "Place", (Field("inner", Ref("Base.inner"), True), Field("id", STR, True))
    )


def test_all_of_one_reference_is_that_reference() -> None:
    node, _ = resolved({"allOf": [ref("Base"), {"nullable": True}]}, Base=obj(x=TEXT))
    assert node == Union((Ref("Base"), NULL))


def test_all_of_a_union_is_the_union_of_each_with_the_rest() -> None:
    schema = {"allOf": [{"anyOf": [ref("A"), ref("B")]}, obj(stream=TEXT)]}
    node, shapes = resolved(schema, A=obj(a=TEXT), B=obj(b=TEXT))
    assert node == Union((Ref("Place|0"), Ref("Place|1")))
    assert [field.name for field in _object(shapes["Place|1"]).fields] == ["b", "stream"]


def test_a_schema_may_be_made_of_itself() -> None:
    tree = obj(children={"type": "array", "items": ref("Tree")})
    node, shapes = resolved(ref("Tree"), Tree=tree)
    assert node == Ref("Tree")
    assert shapes["Tree"] == Object("Tree", (Field("children", ListOf(Ref("Tree")), False),))


def test_recursive_references_lead_to_the_schema_they_stand_in() -> None:
    tree = obj(children={"type": "array", "items": {"$recursiveRef": "#"}})
    _, shapes = resolved(ref("Tree"), Tree=tree)
    assert _object(shapes["Tree"]).fields[0].node == ListOf(Ref("Tree"))


def test_what_sdks_make_up_is_no_field() -> None:
    made = {"anyOf": [{"type": "string", "x-oaiSupportedSDKs": ["python"]}, NULL_SCHEMA]}
    _, shapes = resolved(obj(a=TEXT, made=made))
    assert [field.name for field in _object(shapes["Place"]).fields] == ["a"]


def test_drift_adds_fields_values_and_members() -> None:
    schemas = {
        "Item": obj("status", status={"type": "string", "enum": ["on"]}),
        "Other": obj(x=TEXT),
        "Any": {"oneOf": [ref("Item"), TEXT]},
    }
    rows = {
        "Item": [
            drift(fields={"new": {"required": False, "schema": NUMBER}}, values={"status": ["off"]})
        ],
        "Any": [drift(members=[ref("Other")])],
    }
    resolver = Resolver(describe(schemas, response_drift=rows), "response")
    resolver.node("Place", ref("Any"))
    status, new = _object(resolver.shapes["Item"]).fields
    assert status.node == Enum(("on", "off"))
    assert new == Field("new", INT, False)
    assert resolver.shapes["Any"] == Alias("Any", Union((Ref("Item"), STR, Ref("Other"))))
    assert Resolver(describe(schemas), "request").node("P", ref("Item")) == Ref("Item")


def test_unions_are_flat_and_unique() -> None:
    assert union(STR) == STR
    assert union(NULL, union(STR, NULL), STR, INT) == Union((STR, INT, NULL))
    assert union(STR, ANY) == ANY


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (TEXT, ""),
        ({"minimum": 0, "maximum": 2, "default": 1}, "0 to 2; default 1"),
        ({"minItems": 1}, "At least 1 item"),
        ({"maxLength": 64}, "At most 64 characters"),
        ({"minLength": 8, "maxLength": 8}, "8 characters"),
        ({"maxLength": 10485760}, "At most 10,485,760 characters"),
        ({"minimum": -(2**63), "maximum": 2**63}, ""),
        ({"deprecated": True, "default": False}, "Deprecated; default false"),
        ({"anyOf": [{"type": "integer", "minimum": 3}, NULL_SCHEMA]}, "At least 3"),
        ({**const("a"), "default": "a"}, ""),
    ],
)
def test_facts(schema: Schema, text: str) -> None:
    assert facts(schema) == text


def _object(shape: Shape) -> Object:
    assert isinstance(shape, Object)
    return shape


def test_a_union_of_bodies_takes_what_any_of_them_takes() -> None:
    """A key that they tell themselves apart by has all of their values."""
    first, second = obj("type a", type=const("x"), a=TEXT), obj("type", type=const("y"), b=TEXT)
    schema: Schema = {"anyOf": [ref("First"), ref("Second")]}
    description = describe({"First": first, "Second": second})
    assert flat(description, schema) == {
        "type": {"anyOf": [const("x"), const("y")]},
        "a": TEXT,
        "b": TEXT,
    }
    assert required(description, schema) == {"type"}
    whole: Schema = {"allOf": [ref("First"), obj(a=NUMBER)]}
    assert flat(description, whole) == {"type": const("x"), "a": NUMBER}
