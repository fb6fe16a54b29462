"""Types of every make that structured outputs are asked for in the tests, and what a schema obeys."""

import datetime
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypedDict, TypeVar

import attrs
import msgspec

T = TypeVar("T")


class Unit(enum.Enum):
    """A unit of temperature."""

    CELSIUS = "C"
    FAHRENHEIT = "F"


class Day(msgspec.Struct):
    """One day."""

    date: datetime.date  # `date: date` is the field itself from CPython 3.14 on
    high: Annotated[float, msgspec.Meta(description="In the unit of the forecast.", ge=-100)]
    unit: Unit = Unit.CELSIUS


class Forecast(msgspec.Struct):
    """The weather of some days."""

    city: str
    days: list[Day]
    note: str | None = None
    sky: Literal["clear", "cloudy"] = "clear"


class Node(msgspec.Struct):
    """A tree."""

    label: str
    children: list["Node"] = []


class Box(msgspec.Struct, Generic[T]):
    """Something of any one type."""

    item: T


class Cat(msgspec.Struct, tag_field="kind", tag="cat"):
    """A cat."""

    lives: int


class Dog(msgspec.Struct, tag_field="kind", tag="dog"):
    """A dog."""

    name: str


class Pet(msgspec.Struct):
    """What somebody has at home."""

    animal: Cat | Dog
    id: uuid.UUID
    since: Annotated[datetime.datetime, msgspec.Meta(tz=True)]


@dataclass
class Step:
    """A step of a solution."""

    explanation: str
    result: float | None = None
    tags: list[str] = field(default_factory=list[str])


class Movie(TypedDict, total=False):
    """A film."""

    title: str
    year: int


@attrs.define
class Point:
    """A place on a plane."""

    x: int
    y: int = 0


KINDS: dict[Any, Any] = {
    Forecast: Forecast("Zürich", [Day(datetime.date(2026, 1, 2), 3.5)], "❄️"),
    Node: Node("a", [Node("b", [Node("c")])]),
    Box[int]: Box(3),
    Pet: Pet(
        Dog("Rex"), uuid.UUID(int=7), datetime.datetime.fromisoformat("2026-01-02T03:04:05+00:00")
    ),
    Step: Step("two and two", 4.0, ["sum"]),
    Movie: Movie(title="Stalker", year=1979),
    Point: Point(1, 2),
}
"""A value of each type."""


def obeys(schema: Mapping[str, Any]) -> None:
    """Check that a whole schema has the strict form."""
    assert schema["type"] == "object"
    definitions = schema.get("$defs", {})
    _obeys({key: value for key, value in schema.items() if key != "$defs"}, definitions)
    for each in definitions.values():
        _obeys(each, definitions)


_KNOWN = frozenset(
    (
        *("title", "description", "type", "enum", "anyOf", "$ref", "pattern", "format"),
        *("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "items", "properties", "required", "additionalProperties"),
    )
)


def _obeys(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    assert schema.keys() <= _KNOWN, schema
    if "$ref" in schema:
        assert schema.keys() == {"$ref"}
        assert schema["$ref"].removeprefix("#/$defs/") in definitions
        return
    if "anyOf" in schema:
        assert schema.keys() <= {"anyOf", "title", "description"}
        for each in schema["anyOf"]:
            _obeys(each, definitions)
        return
    assert "type" in schema
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        for each in schema["properties"].values():
            _obeys(each, definitions)
    if schema["type"] == "array":
        _obeys(schema["items"], definitions)
