"""Classes that are more than their fields: their own constructor makes them of what was read."""

import dataclasses
from typing import Annotated, Any, NamedTuple

import msgspec
import pytest

from api_openai.core.json.codec import codec
from api_openai.core.structured.json_schema import SchemaError
from api_openai.core.structured.output_format import OutputFormat, OutputMisfitError

attrs = pytest.importorskip("attrs")


@dataclasses.dataclass
class Price:
    """What it costs."""

    net: float
    gross: float = dataclasses.field(init=False)
    currency: str = dataclasses.field(init=False, default="EUR")
    note: str = "none"

    def __post_init__(self) -> None:
        self.gross = self.net * 2


@dataclasses.dataclass
class Basket:
    prices: list[Price]
    best: Annotated[Price | None, msgspec.Meta(description="The cheapest.")] = None
    by_name: dict[str, Price] = dataclasses.field(default_factory=dict[str, Price])


def upper(value: str) -> str:
    return value.upper()


def positive(_: object, attribute: Any, value: int) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name} must not be negative")


Person: Any = attrs.make_class(
    "Person",
    {
        "name": attrs.field(type=str, converter=upper),
        "_age": attrs.field(type=int, validator=positive),
        "city": attrs.field(type=str, alias="town", default="Rome"),
        "known": attrs.field(type=bool, init=False, default=True),
    },
)
Person.__annotations__ = {"name": str, "_age": int, "city": str, "known": bool}


def test_computed_fields_are_not_asked_for_and_not_overwritten() -> None:
    format = OutputFormat.of(Price)
    assert format.schema == {
        "type": "object",
        "description": "What it costs.",
        "properties": {"net": {"type": "number"}, "note": {"type": "string"}},
        "required": ["net", "note"],
        "additionalProperties": False,
    }
    value = format.read('{"net":1.5,"note":"x","gross":9,"currency":"USD"}')
    assert value == Price(1.5, "x")
    assert (value.gross, value.currency) == (3, "EUR")
    assert format.read('{"net":1.5}').note == "none"


def test_within_other_classes() -> None:
    text = '{"prices":[{"net":1,"note":"a"}],"best":{"net":2,"note":"b"},"by_name":{"x":{"net":3}}}'
    expected = Basket([Price(1, "a")], Price(2, "b"), {"x": Price(3)})
    assert OutputFormat.of(Basket, strict=False).read(text) == expected
    assert codec(list[Price]).decode(b'[{"net":1,"gross":7}]') == [Price(1)]


def test_converters_validators_and_aliases_apply() -> None:
    format = OutputFormat.of(Person)
    assert set(format.schema["properties"]) == {"name", "age", "town"}
    value = format.read('{"name":"ada","age":36,"town":"Paris"}')
    assert (value.name, value._age, value.city, value.known) == ("ADA", 36, "Paris", True)
    with pytest.raises(OutputMisfitError, match="must not be negative"):
        format.read('{"name":"ada","age":-1,"town":"Paris"}')


def test_issues_say_where() -> None:
    format = OutputFormat.of(Basket, strict=False)
    with pytest.raises(OutputMisfitError) as caught:
        format.read('{"prices":[{"net":1},{"net":"x"}]}')
    assert [issue.path for issue in caught.value.issues] == [("prices", 1, "net")]
    with pytest.raises(OutputMisfitError) as caught:
        format.read('{"prices":[{}]}')
    assert [issue.path for issue in caught.value.issues] == [("prices", 0, "net")]


class Shop(msgspec.Struct):
    price: Price


class Pair(NamedTuple):
    first: Price


@dataclasses.dataclass
class Chain:
    next: "Chain | None"
    length: int = dataclasses.field(init=False, default=0)


@pytest.mark.parametrize("kind", [Shop, Chain])
def test_what_cannot_be_made_is_refused_by_name(kind: Any) -> None:
    with pytest.raises(SchemaError, match=r"Price|Chain"):
        OutputFormat.of(kind)


def test_plain_classes_are_left_to_msgspec() -> None:
    from api_openai.core.json.constructed import constructed

    @dataclasses.dataclass
    class Plain:
        a: int
        b: str = ""

    for kind in (Plain, list[Plain], Plain | None, dict[str, Plain], int, list[int], dict, Any):
        assert constructed(kind) is kind or constructed(kind) == kind


def test_a_pydantic_models_defaults_are_sent() -> None:
    pydantic = pytest.importorskip("pydantic")
    from api_openai.core.json.encode import encode

    inner: Any = pydantic.create_model(
        "Inner", kind=(str, "text"), note=(str | None, None), t=(str, ...)
    )
    message = pydantic.create_model(
        "Message",
        role=(str, "user"),
        name=(str | None, None),
        content=(list[inner], ...),
    )
    said = message(content=[inner(t="hi"), inner(t="x", note=None)])
    assert msgspec.json.decode(encode([said])) == [
        {
            "role": "user",
            "content": [{"kind": "text", "t": "hi"}, {"kind": "text", "t": "x", "note": None}],
        }
    ]
