"""Unions become such as msgspec can decode."""

from codegen.description import Schema
from codegen.nodes import Alias, ListOf, MapOf, Node, Object, Plain, Ref, Union
from codegen.resolve import Resolver
from codegen.unions import Planner, Tag

from .descriptions import NUMBER, TEXT, const, describe, obj, ref

STR = Plain("str")


def planned(schema: Schema, **schemas: Schema) -> tuple[Node, Planner]:
    resolver = Resolver(describe(schemas), "response")
    node = resolver.node("Place", schema)
    planner = Planner(resolver.shapes)
    return planner.reach(node, "Place"), planner


def fields(planner: Planner, place: str) -> dict[str, tuple[Node, bool]]:
    shape = planner.shapes[place]
    assert isinstance(shape, Object)
    return {each.name: (each.node, each.required) for each in shape.fields}


def test_objects_are_tagged_by_their_constants() -> None:
    node, planner = planned(
        {"oneOf": [ref("A"), ref("B"), TEXT]},
        A=obj("type", type=const("a"), role=const("x")),
        B=obj("type", type=const("b"), role=const("y")),
    )
    assert node == Union((Ref("A"), Ref("B"), STR))
    assert planner.tags == {"A": Tag("type", ("a",)), "B": Tag("type", ("b",))}
    assert planner.decisions == []


def test_a_constant_that_all_share_is_no_tag() -> None:
    _, planner = planned(
        {"oneOf": [ref("A"), ref("B")]},
        A=obj(type=const("message"), role=const("user")),
        B=obj(type=const("message"), role=const("assistant")),
    )
    assert planner.tags == {"A": Tag("role", ("user",)), "B": Tag("role", ("assistant",))}


def test_a_member_with_several_values_has_them_all() -> None:
    both: Schema = {"type": "string", "enum": ["b", "c"]}
    _, planner = planned({"oneOf": [ref("A"), ref("B")]}, A=obj(type=const("a")), B=obj(type=both))
    assert planner.tags["B"] == Tag("type", ("b", "c"))


def test_members_that_share_a_tag_are_merged() -> None:
    node, planner = planned(
        {"oneOf": [ref("A"), ref("B"), ref("C")]},
        A=obj("type x y", type=const("a"), x=TEXT, y=TEXT),
        B=obj("type x", type=const("a"), x=NUMBER, z=TEXT),
        C=obj("type", type=const("c")),
    )
    assert node == Union((Ref("Place~a"), Ref("C")))
    assert planner.tags["Place~a"] == Tag("type", ("a",))
    found = fields(planner, "Place~a")
    assert found["x"] == (Union((STR, Plain("int"))), True)
    assert found["y"] == (STR, False)
    assert found["z"] == (STR, False)
    assert planner.merged == {"Place~a": ("A", "B")}
    assert [each.kind for each in planner.decisions] == ["same tag"]


def test_members_without_a_tag_are_merged() -> None:
    node, planner = planned({"oneOf": [ref("A"), ref("B")]}, A=obj("x", x=TEXT), B=obj("y", y=TEXT))
    assert node == Ref("Place~")
    assert fields(planner, "Place~") == {"x": (STR, False), "y": (STR, False)}
    assert [each.kind for each in planner.decisions] == ["no tag"]


def test_merging_goes_on_inside() -> None:
    _, planner = planned(
        {"oneOf": [ref("A"), ref("B")]},
        A=obj(x={"type": "array", "items": TEXT}),
        B=obj(x={"type": "array", "items": NUMBER}),
    )
    assert fields(planner, "Place~")["x"][0] == ListOf(Union((STR, Plain("int"))))


def test_nested_unions_count_as_one() -> None:
    node, planner = planned(
        {"oneOf": [ref("AB"), ref("C"), {"type": "array", "items": TEXT}]},
        AB={"oneOf": [ref("A"), ref("B")]},
        A=obj(type=const("a")),
        B=obj(type=const("b")),
        C=obj(type=const("c")),
    )
    assert node == Union((Ref("A"), Ref("B"), Ref("C"), ListOf(STR)))
    assert set(planner.tags) == {"A", "B", "C"}


def test_a_union_with_a_name_stays_a_name() -> None:
    node, planner = planned(
        {"anyOf": [ref("AB"), TEXT]},
        AB={"oneOf": [ref("A"), ref("B")]},
        A=obj(type=const("a")),
        B=obj(type=const("b")),
    )
    assert node == Union((Ref("AB"), STR))
    assert planner.shapes["AB"] == Alias("AB", Union((Ref("A"), Ref("B"))))


def test_several_lists_become_one() -> None:
    lists: Schema = {
        "oneOf": [{"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER}, TEXT]
    }
    node, planner = planned(lists)
    assert node == Union((ListOf(Union((STR, Plain("int")))), STR))
    assert [each.kind for each in planner.decisions] == ["lists"]


def test_lists_behind_names_are_seen() -> None:
    node, _ = planned(
        {"oneOf": [ref("Texts"), {"type": "array", "items": NUMBER}]},
        Texts={"type": "array", "items": TEXT},
    )
    assert node == ListOf(Union((STR, Plain("int"))))


def test_an_object_beside_a_map_is_a_map() -> None:
    node, planner = planned(
        {"oneOf": [ref("A"), {"type": "object", "additionalProperties": TEXT}, TEXT]},
        A=obj(x=TEXT),
    )
    assert node == Union((MapOf(Plain("any")), STR))
    assert [each.kind for each in planner.decisions] == ["map"]


def test_an_object_with_one_tag_has_no_other() -> None:
    _, planner = planned(
        obj(
            one={"oneOf": [ref("A"), ref("B")]},
            two={"oneOf": [ref("A"), ref("C")]},
        ),
        A=obj(type=const("a"), role=const("x")),
        B=obj(type=const("b")),
        C=obj(role=const("y")),
    )
    assert planner.tags["A"] == Tag("type", ("a",))
    assert [each.kind for each in planner.decisions] == ["conflict", "no tag"]


def test_requests_are_left_alone() -> None:
    resolver = Resolver(describe({"A": obj(x=TEXT), "B": obj(y=TEXT)}), "request")
    node = resolver.node("Place", {"oneOf": [ref("A"), ref("B")]})
    planner = Planner(resolver.shapes, keep=True)
    assert planner.reach(node, "Place") == Union((Ref("A"), Ref("B")))
    assert planner.tags == {}


def test_enumerations_keep_their_names() -> None:
    node, _ = planned(
        {"anyOf": [ref("Mode"), ref("A"), ref("B")]},
        Mode={"type": "string", "enum": ["auto", "none"]},
        A=obj(type=const("a")),
        B=obj(type=const("b")),
    )
    assert node == Union((Ref("A"), Ref("B"), Ref("Mode")))
