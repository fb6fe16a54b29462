"""What a structured output is asked to be, and how texts are read."""

import json
import pickle
from typing import Annotated, Any

import msgspec
import pytest

from api_openai.core.json.issues import Issue
from api_openai.core.structured.json_schema import SchemaError, json_schema, name_of
from api_openai.core.structured.output_format import OutputFormat
from api_openai.core.structured.type_reader import OutputMisfitError

from .kinds import KINDS, Box, Forecast, Movie, Node, Pet, Point, Step


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_values_come_back(kind: Any) -> None:
    data = msgspec.json.encode(KINDS[kind])
    format = OutputFormat.of(kind)
    for text in (data, data.decode(), json.dumps(json.loads(data), indent=2)):
        value = format.read(text)
        assert value == KINDS[kind]
        assert type(value) is type(KINDS[kind])


def test_documents() -> None:
    format = OutputFormat.of(Point, name="point", description="Where.")
    schema = json_schema(Point)
    about = {"name": "point", "description": "Where.", "strict": True}
    assert format.chat() == {"type": "json_schema", "json_schema": {**about, "schema": schema}}
    assert format.responses() == {"type": "json_schema", **about, "schema": schema}
    assert format.parameters() == {**about, "parameters": schema}
    loose = OutputFormat.of(Point, strict=False).responses()
    assert (loose["strict"], loose["schema"]) == (False, json_schema(Point, strict=False))
    assert "description" not in loose


def test_names() -> None:
    assert OutputFormat.of(Point).name == "Point"
    assert OutputFormat.of(Box[int]).name == "Box_int"
    assert OutputFormat.of(msgspec.defstruct("天気", [("a", int)])).name == "output"
    assert OutputFormat.of(msgspec.defstruct("A" * 70, [("a", int)])).name == "A" * 64
    assert OutputFormat.of({"title": "My schema!", "type": "object"}).name == "My_schema"
    with pytest.raises(ValueError, match="name='a b': expected 1 to 64"):
        OutputFormat.of(Point, name="a b")
    with pytest.raises(ValueError, match="needs a name"):
        OutputFormat.of({"type": "object"})
    with pytest.raises(SchemaError):
        OutputFormat.of(int)


def test_it_is_a_value() -> None:
    format = OutputFormat.of(Forecast)
    assert format == OutputFormat.of(Forecast) != OutputFormat.of(Forecast, name="other")
    assert hash(format) == hash(OutputFormat.of(Forecast))
    assert pickle.loads(pickle.dumps(format)) == format


def test_a_schema_is_sent_as_it_is_and_read_as_plain_json() -> None:
    schema = {"title": "any", "type": "object", "properties": {"a": {"type": "integer"}}}
    format = OutputFormat.of(schema)
    assert format.chat()["json_schema"]["schema"] == schema
    assert format.read('{"a": "not checked"}') == {"a": "not checked"}
    with pytest.raises(OutputMisfitError, match="expected a JSON document"):
        format.read("{")


class Picky(msgspec.Struct):
    """Refuses negative numbers."""

    a: int

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("below zero")


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """Refuses other fields."""

    a: Annotated[int, msgspec.Meta(ge=1)] = 1


@pytest.mark.parametrize(
    ("kind", "text", "issue"),
    [
        (Step, '{"explanation":3}', Issue(("explanation",), "str", "int")),
        (Step, "{}", Issue(("explanation",), "a value", "nothing")),
        (Step, '{"explanation":"","tags":["a",1]}', Issue(("tags", 1), "str", "int")),
        (
            Node,
            '{"label":"a","children":[{"label":"b","children":[{}]}]}',
            Issue(("children", 0, "children", 0, "label"), "a value", "nothing"),
        ),
        (Movie, '{"year":"x"}', Issue(("year",), "int", "str")),
        (Point, "null", Issue((), "object", "null")),
        (Point, "[1]", Issue((), "object", "array")),
        (Closed, '{"b":1}', Issue(("b",), "no such field", "one")),
        (Closed, '{"a":0}', Issue(("a",), "int >= 1", "another")),
        (
            Pet,
            '{"animal":{"kind":"cow"}}',
            Issue(
                ("animal", "kind"),
                "a value that its type takes",
                "one that it refused (Invalid value 'cow')",
            ),
        ),
        (
            Picky,
            '{"a":-1}',
            Issue((), "a value that its type takes", "one that it refused (below zero)"),
        ),
    ],
)
def test_misfits_say_where(kind: Any, text: str, issue: Issue) -> None:
    with pytest.raises(OutputMisfitError) as caught:
        OutputFormat.of(kind).read(text)
    assert caught.value.issues == (issue,)
    assert str(caught.value) == str(issue)
    assert isinstance(caught.value, ValueError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.issues, str(copy)) == (caught.value.issues, str(caught.value))


@pytest.mark.parametrize("text", ["", "Sorry, no.", '{"x":1', "<html>", '{"x":1}{', b"\xff"])
def test_what_is_no_json_is_a_misfit(text: str | bytes) -> None:
    with pytest.raises(OutputMisfitError, match=r"^\$: expected"):
        OutputFormat.of(Point).read(text)


def test_json_that_only_servers_write_is_read() -> None:
    read = OutputFormat.of(Step).read
    assert read('{"explanation":"half \\ud83d"}').explanation == "half \ud83d"
    assert read('\ufeff{"explanation":"marked"}').explanation == "marked"
    assert read('{"explanation":"a\nb"}').explanation == "a\nb"
    assert read('{"explanation":"\ud83d"}').explanation
    with pytest.raises(OutputMisfitError, match="explanation"):
        read('\ufeff{"explanation":1}')


def test_pydantic_says_where_too() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Weather(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        city: str
        days: list[int]

    format = OutputFormat.of(Weather)
    with pytest.raises(OutputMisfitError) as caught:
        format.read('{"days":[1,"x"]}')
    assert [(issue.path, issue.got) for issue in caught.value.issues] == [
        (("city",), "nothing"),
        (("days", 1), "a string"),
    ]
    assert str(caught.value) == "city: expected a value, got nothing (and 1 more)"
    for text in ("null", "{", "[]"):
        with pytest.raises(OutputMisfitError):
            format.read(text)


def test_types_that_come_and_go_are_not_kept_for_ever() -> None:
    from api_openai.core.structured import output_format as output
    from api_openai.core.structured import type_reader as reader

    for number in range(300):
        kind = msgspec.defstruct(f"Passing{number}", [("a", int)])
        assert OutputFormat.of(kind).read('{"a":1}') == kind(1)
    for kept in (output._schema, reader.reader):  # pyright: ignore[reportPrivateUsage]  # caches
        info = kept.cache_info()
        assert info.maxsize is not None
        assert info.currsize <= info.maxsize <= 256
