"""JSON schemas of types, in the form that strict structured outputs take."""

import dataclasses
import decimal
import enum
import itertools
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.json.codec import Codec
from api_openai.core.json.own_types import hidden_type
from api_openai.core.structured.json_schema import SchemaError, json_schema, name_of
from api_openai.core.structured.output_format import OutputFormat
from api_openai.core.structured.strict_schema import inlined, strict
from api_openai.core.structured.type_reader import reader
from api_openai.emulator.fake_data.from_schema import instance

from .kinds import KINDS, Box, Cat, Day, Dog, Forecast, Movie, Node, Pet, Point, Step, obeys


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_make_of_type_has_a_strict_schema(kind: Any) -> None:
    schema = json_schema(kind)
    obeys(schema)
    assert OutputFormat.of(kind).read(msgspec.json.encode(instance(schema, "some words")))


def test_what_a_schema_says() -> None:
    assert json_schema(Forecast) == {
        "description": "The weather of some days.",
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "array", "items": {"$ref": "#/$defs/Day"}},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "sky": {"type": "string", "enum": ["clear", "cloudy"]},
        },
        "required": ["city", "days", "note", "sky"],
        "additionalProperties": False,
        "$defs": {
            "Day": {
                "description": "One day.",
                "type": "object",
                "properties": {
                    "date": {"type": "string", "format": "date"},
                    "high": {
                        "description": "In the unit of the forecast.",
                        "type": "number",
                        "minimum": -100,
                    },
                    "unit": {"$ref": "#/$defs/Unit"},
                },
                "required": ["date", "high", "unit"],
                "additionalProperties": False,
            },
            "Unit": {
                "description": "A unit of temperature.",
                "type": "string",
                "enum": ["C", "F"],
            },
        },
    }


def test_recursion_refers_to_a_definition() -> None:
    schema = json_schema(Node)
    reference = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    assert schema["properties"]["children"] == reference
    assert schema["$defs"]["Node"]["properties"]["children"] == reference
    assert list(schema["$defs"]) == ["Node"]


def test_tagged_unions_are_choices_that_name_their_tag() -> None:
    schema = json_schema(Pet)
    assert schema["properties"]["animal"] == {
        "anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]
    }
    assert schema["$defs"]["Dog"]["properties"]["kind"] == {"type": "string", "enum": ["dog"]}
    assert schema["properties"]["since"] == {"type": "string", "format": "date-time"}


def test_a_description_beside_a_reference_writes_it_in_place() -> None:
    class Inner(msgspec.Struct):
        """What it is."""

        a: int

    class Outer(msgspec.Struct):
        plain: Inner
        described: Annotated[Inner, msgspec.Meta(description="What it is for.")]

    properties = json_schema(Outer)["properties"]
    assert properties["plain"] == {"$ref": "#/$defs/Inner"}
    assert properties["described"]["description"] == "What it is for."
    assert properties["described"]["properties"] == {"a": {"type": "integer"}}


class Chain(msgspec.Struct):
    """A link."""

    next: "list[Annotated[Chain, msgspec.Meta(description='One of the next.')]]" = []


def test_a_description_beside_a_reference_to_the_type_itself_ends() -> None:
    schema = json_schema(Chain)
    obeys(schema)
    described = schema["properties"]["next"]["items"]
    assert described["description"] == "One of the next."
    assert described["properties"]["next"]["items"] == {"$ref": "#/$defs/Chain"}


def test_constraints_that_the_form_does_not_know_are_left_to_the_reader() -> None:
    class Limits(msgspec.Struct):
        name: Annotated[str, msgspec.Meta(min_length=2, max_length=4, pattern="^a")]
        ahead: Annotated[str, msgspec.Meta(pattern="^(?!x)")]
        many: Annotated[list[int], msgspec.Meta(min_length=1, max_length=3)]
        unique: set[int]
        money: decimal.Decimal
        data: bytes
        number: Annotated[int, msgspec.Meta(gt=1, multiple_of=2)] = 2

    assert json_schema(Limits)["properties"] == {
        "name": {"type": "string", "pattern": "^a"},
        "ahead": {"type": "string"},
        "many": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
        "unique": {"type": "array", "items": {"type": "integer"}},
        "money": {"type": "string"},
        "data": {"type": "string"},
        "number": {"type": "integer", "exclusiveMinimum": 1, "multipleOf": 2},
    }


def test_enumerations_have_types() -> None:
    class Number(enum.IntEnum):
        ONE = 1
        TWO = 2

    class Choice(msgspec.Struct):
        mixed: Literal["a", 1, None]
        number: Number

    schema = json_schema(Choice)
    mixed = schema["properties"]["mixed"]
    assert set(mixed["type"]) == {"string", "integer", "null"}
    assert schema["$defs"]["Number"] == {"type": "integer", "enum": [1, 2]}


def test_tuples_of_one_type_are_arrays_of_a_length() -> None:
    class Pair(msgspec.Struct):
        place: tuple[int, int]
        more: tuple[str, ...]

    properties = json_schema(Pair)["properties"]
    assert properties["place"] == {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 2,
        "maxItems": 2,
    }
    assert properties["more"] == {"type": "array", "items": {"type": "string"}}


def test_names_are_those_of_the_json() -> None:
    class Camel(msgspec.Struct, rename="camel"):
        some_field: int
        other: int = msgspec.field(name="@other", default=1)

    assert json_schema(Camel)["required"] == ["someField", "@other"]


def test_unset_is_no_value() -> None:
    class Maybe(msgspec.Struct):
        a: int | msgspec.UnsetType = msgspec.UNSET

    assert json_schema(Maybe)["properties"] == {"a": {"type": "integer"}}


class Tuple(NamedTuple):
    """A tuple, which JSON writes as an array."""

    a: int
    b: str


class Anything(msgspec.Struct):
    """Has a part of any type."""

    known: int
    parts: list[Any]


class Mapped(msgspec.Struct):
    """Has a part with keys of any name."""

    counts: dict[str, int]


class Several(msgspec.Struct):
    """Has a tuple of several types."""

    parts: list[tuple[int, str]]


class Foreign(msgspec.Struct):
    """Has a part that JSON has no form for."""

    part: complex


class Unresolved(msgspec.Struct):
    """Has an annotation that is nowhere."""

    part: "Nowhere"  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable]


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (list[int], r"^list\[int\]: the root of a structured output is an object.* an array"),
        (int, "^int: .* an integer"),
        (Cat | Dog, r"^Cat \| Dog: .* a union"),
        (Tuple, "^Tuple: .* an array"),
        (Literal["a"], "an enumeration"),
        (Any, "value of any kind"),
        (dict, "^dict: any object"),
        (dict[str, int], r"^dict\[str, int\]: an object with keys of any name"),
        (Anything, r"^Anything\.parts\[\]: any value"),
        (Mapped, r"^Mapped\.counts: an object with keys of any name"),
        (Several, r"^Several\.parts\[\]: an array with a type for each place"),
        (Foreign, "^Foreign: .*complex"),
        (Unresolved, "^Unresolved: an annotation cannot be resolved: .*Nowhere"),
        (3, "^expected a type, got 3"),
        (Point(1), r"^expected a type, got Point\(x=1, y=0\).*instance of Point; give the class"),
        (None, "^expected a type, got None"),
    ],
)
def test_what_cannot_be_a_structured_output(kind: Any, complaint: str) -> None:
    with pytest.raises(SchemaError, match=complaint):
        json_schema(kind)


def test_two_types_of_one_name() -> None:
    inner = msgspec.defstruct("Twin", [("a", int)])
    outer = msgspec.defstruct("Twin", [("inner", inner)])
    with pytest.raises(SchemaError, match=r"^Twin: two types have the name"):
        json_schema(outer)


def test_without_the_strict_form_all_is_said() -> None:
    schema = json_schema(Mapped, strict=False)
    assert schema["properties"]["counts"]["additionalProperties"] == {"type": "integer"}
    assert json_schema(Step, strict=False)["required"] == ["explanation"]
    assert json_schema(Movie, strict=False)["required"] == []
    assert "Day" in json_schema(Forecast, strict=False)["$defs"]
    with pytest.raises(SchemaError):
        json_schema(list[int], strict=False)


def test_a_schema_is_what_it_is() -> None:
    given: dict[str, Any] = {"type": "object", "properties": {"a": {}}}
    returned = json_schema(given)
    assert returned == given
    returned["properties"]["b"] = {}
    assert "b" not in given["properties"]


def test_a_schema_may_be_changed() -> None:
    json_schema(Node)["properties"].clear()
    OutputFormat.of(Node).schema["properties"].clear()
    OutputFormat.of(Node).chat()["json_schema"]["schema"].clear()
    assert json_schema(Node)["properties"] == OutputFormat.of(Node).schema["properties"] != {}


def test_names_of_types() -> None:
    assert name_of(Box[int]) == "Box[int]"
    assert name_of(Box[Cat | None]) == "Box[Cat | NoneType]"
    assert name_of(Annotated[Day, 1]) == "Day"


# What pydantic says of its own


def test_pydantic_models() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Sun(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        kind: Literal["sun"]
        hours: int = pydantic.Field(3, title="Hours", ge=1, description="Of sunshine.")

    class Rain(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        kind: Literal["rain"]
        litres: float = pydantic.Field(title="Litres per day")

    class Weather(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        """The weather."""

        model_config = pydantic.ConfigDict(extra="allow")
        city_name: str = pydantic.Field(alias="cityName", min_length=2)
        sky: Annotated[Sun | Rain, pydantic.Field(discriminator="kind")]
        described: Sun = pydantic.Field(description="Of yesterday.")
        before: "Weather | None" = None

    schema = json_schema(Weather)
    obeys(schema)
    assert schema["properties"]["cityName"] == {"type": "string"}
    assert schema["properties"]["sky"]["anyOf"] == [
        {"$ref": "#/$defs/Sun"},
        {"$ref": "#/$defs/Rain"},
    ]
    assert schema["properties"]["described"]["description"] == "Of yesterday."
    sun, rain = schema["$defs"]["Sun"]["properties"], schema["$defs"]["Rain"]["properties"]
    assert sun["kind"] == {"type": "string", "enum": ["sun"]}
    assert sun["hours"] == {"description": "Of sunshine.", "type": "integer", "minimum": 1}
    assert rain["litres"] == {"title": "Litres per day", "type": "number"}
    text = msgspec.json.encode(instance(schema))
    assert OutputFormat.of(Weather).read(text) == Weather.model_validate_json(text)


def test_pydantic_models_within_other_types_and_dataclasses_of_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Inner(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        value: int

    class Outer(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        inner: Inner

    made = pydantic.dataclasses.dataclass(
        type("Made", (), {"__annotations__": {"x": int}, "__module__": __name__})
    )
    holder = msgspec.defstruct("Holder", [("outer", Outer), ("again", list[Outer])])
    schema = json_schema(holder)
    obeys(schema)
    assert list(schema["$defs"]) == ["Inner"]
    assert OutputFormat.of(holder).read('{"outer":{"inner":{"value":1}},"again":[]}') == holder(
        Outer(inner=Inner(value=1)), []
    )
    obeys(json_schema(made))
    assert OutputFormat.of(made).read('{"x":1}') == made(x=1)


def test_roots_of_pydantic_that_are_no_objects() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Numbers(pydantic.RootModel[list[int]]):  # type: ignore[misc, name-defined]
        pass

    with pytest.raises(SchemaError, match=r"^Numbers: the root"):
        json_schema(Numbers)


# Schemas of other makes


def test_one_schema_of_all_is_that_schema() -> None:
    """What pydantic before 2.9 puts a description beside a reference with."""
    inner = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "title": "Inner"}
    outer = {"type": "object", "properties": {"b": {"allOf": [{"$ref": "#/$defs/Inner"}]}}}
    made = strict(outer, {"Inner": inner}, "Outer")
    obeys(made)
    assert made["properties"]["b"] == {"$ref": "#/$defs/Inner"}
    described = {"allOf": [{"$ref": "#/$defs/Inner"}], "description": "Why."}
    made = strict({**outer, "properties": {"b": described}}, {"Inner": inner}, "Outer")
    assert made["properties"]["b"]["properties"] == {"a": {"type": ["string", "null"]}}
    assert made["properties"]["b"]["description"] == "Why."


UNFIT: list[tuple[Any, str]] = [
    ({"allOf": [{"type": "string"}, {"pattern": "a"}]}, r"^T\.p: several schemas at once"),
    ({"$ref": "#/$defs/Other"}, r"^T\.p: a reference to '#/\$defs/Other', which is nowhere"),
    ({"$ref": "https://example.com/a"}, "a reference to 'https://example.com/a'"),
    ({"type": "object"}, r"^T\.p: any object"),
    ({"type": "object", "patternProperties": {"a": {}}}, r"^T\.p: an object with keys"),
    ({"enum": [{}]}, r"^T\.p: an enumeration of other values"),
    ({"type": "array"}, r"^T\.p\[\]: any value"),
    ({"anyOf": [{"type": "string"}, {}]}, r"^T\.p\|1: any value"),
    (True, r"^T\.p: any value"),
]


@pytest.mark.parametrize(("part", "complaint"), UNFIT)
def test_schemas_without_a_strict_form(part: Any, complaint: str) -> None:
    with pytest.raises(SchemaError, match=complaint):
        strict({"type": "object", "properties": {"p": part}}, {}, "T")


def test_roots_that_refer_to_nothing() -> None:
    for definitions in ({}, {"A": {"$ref": "#/$defs/A"}}):
        root = {"$ref": "#/$defs/A"}
        assert inlined(root, definitions) == root


# Random types

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**31), 2**31),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    str: st.text(max_size=8),
    bool: st.booleans(),
    Literal["a", "b"]: st.sampled_from(["a", "b"]),
}
Typed = tuple[Any, st.SearchStrategy[Any]]
_NUMBERS = itertools.count()  # definitions are told apart by name
NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=4)


def _struct(name: str, fields: list[tuple[str, Any]]) -> Any:
    return msgspec.defstruct(name, fields)


def _dataclass(name: str, fields: list[tuple[str, Any]]) -> Any:
    return dataclasses.make_dataclass(name, fields)


def _typed_dict(name: str, fields: list[tuple[str, Any]]) -> Any:
    made: Any = TypedDict  # called with names known at run time only
    return made(name, dict(fields))


@st.composite
def _objects(draw: st.DrawFn, parts: st.SearchStrategy[Typed]) -> Typed:
    make = draw(st.sampled_from([_struct, _dataclass, _typed_dict]))
    fields = {name: draw(parts) for name in draw(NAMES)}
    kind = make(f"Kind{next(_NUMBERS)}", [(name, part) for name, (part, _) in fields.items()])
    return kind, st.builds(kind, **{name: values for name, (_, values) in fields.items()})


def _lists(part: Typed) -> Typed:
    kind, values = part
    listed: Any = list
    return listed[kind], st.lists(values, max_size=3)


def _optionals(part: Typed) -> Typed:
    kind, values = part
    return kind | None, st.none() | values


PARTS: st.SearchStrategy[Typed] = st.recursive(
    st.sampled_from(list(SCALARS.items())),
    lambda inner: inner.map(_lists) | inner.map(_optionals) | _objects(inner),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_a_schema_allows_can_be_read_and_what_a_type_holds_comes_back(
    data: st.DataObject,
) -> None:
    kind, values = data.draw(_objects(PARTS))
    format = OutputFormat.of(kind)
    schema = format.schema
    obeys(schema)
    format.read(msgspec.json.encode(instance(schema, "some words")))
    value = data.draw(values)
    assert format.read(msgspec.json.encode(value)) == value


def test_a_field_that_hides_its_type_says_what_to_do() -> None:
    class Other(msgspec.Struct):
        date: str

    # What `date: date` in a Struct comes to on CPython 3.14.
    hidden: Any = msgspec.defstruct("Day", [("date", Other.__dict__["date"])])
    said = r"^Other\.date: .*`from __future__ import annotations`"
    with pytest.raises(SchemaError, match=said):
        json_schema(hidden)
    with pytest.raises(SchemaError, match=said):
        reader(hidden)
    for kind in (hidden, list[hidden], dict[str, hidden | None]):
        with pytest.raises(SchemaError, match=said):
            Codec[Any](kind).decode(b"{}")
    # And to `date: date | None`.
    error = TypeError("unsupported operand type(s) for |: 'member_descriptor' and 'NoneType'")
    assert str(hidden_type(error, "Day")).startswith("Day: a field has the name of a type")
    assert hidden_type(TypeError("another"), "Day") is None
