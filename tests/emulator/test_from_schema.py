"""Instances of JSON schemas, and the tokens of texts."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.emulator.fake_data.from_schema import instance
from api_openai.emulator.fake_data.texts import token_count, tokens
from api_openai.emulator.http.errors import ApiError
from api_openai.emulator.http.json_documents import Object, is_array, is_object


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "Paris"),
        ({"type": "string", "enum": ["Rome", "Paris"]}, "Paris"),
        ({"enum": [3, 4]}, 3),
        ({"const": None}, None),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4}, 8),
        ({"type": "number", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMaximum": 0}, -0.5),
        ({"type": ["null", "boolean"]}, True),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "string", "minLength": 7}, "Parisxx"),
        ({"type": "string", "maxLength": 2}, "Pa"),
        ({"type": "array", "items": {"const": 1}, "minItems": 3}, [1, 1, 1]),
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "boolean"}}}, {"a": True}),
        ({"$defs": {"x": {"const": 1}}, "properties": {"a": {"$ref": "#/$defs/x"}}}, {"a": 1}),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            {"a": 1, "b": 2},
        ),
    ],
)
def test_instances(schema: Object, value: object) -> None:
    assert instance(schema, "Say, is it raining in Paris today?") == value


def test_recursive_schemas_end() -> None:
    node: Object = {
        "type": "object",
        "properties": {
            "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
            "children": {"type": "array", "items": {"$ref": "#"}},
        },
        "required": ["next", "children"],
    }
    assert is_object(instance(node))
    for endless in ({"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}, {"allOf": [{"$ref": "#"}]}):
        instance(endless)


DOUBLE: Object = {"$ref": "#/$defs/x"}
BOMBS: dict[str, Object] = {
    "a long text": {"type": "string", "minLength": 4_000_000},
    "a long array": {"type": "array", "items": {"type": "integer"}, "minItems": 4_000_000},
    "arrays in arrays": {
        "type": "array",
        "minItems": 200,
        "items": {"type": "array", "minItems": 200, "items": {"type": "integer"}},
    },
    "many long texts": {
        "type": "array",
        "minItems": 1000,
        "items": {"type": "string", "minLength": 1000},
    },
    "a constant often": {"type": "array", "minItems": 1000, "items": {"const": "x" * 1000}},
    "an enumeration often": {"type": "array", "minItems": 1000, "items": {"enum": [["x" * 1000]]}},
    "long names often": {
        "type": "array",
        "minItems": 1000,
        "items": {"type": "object", "properties": {"x" * 1000: {}}},
    },
    "a tree of two": {
        "$defs": {
            "x": {
                "type": "object",
                "properties": {"a": DOUBLE, "b": DOUBLE},
                "required": ["a", "b"],
            }
        },
        **DOUBLE,
    },
    "a tree of joints": {"$defs": {"x": {"allOf": [DOUBLE, DOUBLE]}}, **DOUBLE},
    "wide": {"properties": {str(at): {} for at in range(20_000)}},
}


@pytest.mark.parametrize("schema", BOMBS.values(), ids=BOMBS)
def test_schemas_that_ask_for_too_much_are_refused(schema: Object) -> None:
    with pytest.raises(ApiError, match="asks for more than") as refused:
        instance(schema)
    assert (refused.value.status, refused.value.code) == (400, "invalid_json_schema")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 1e300},
        {"type": "integer", "minimum": 10**400},
        {"type": "number", "exclusiveMinimum": 10**400},
        {"type": "integer", "multipleOf": 5e-324},
        {"type": "number", "minimum": 1, "multipleOf": 5e-324},
    ],
)
def test_numbers_that_cannot_be(schema: Object) -> None:
    with pytest.raises(ApiError, match="none is in"):
        instance(schema)


def test_many_small_values_are_made() -> None:
    schema: Object = {"type": "array", "items": {"type": "integer"}, "minItems": 5000}
    assert instance(schema) == [1] * 5000
    assert instance({"type": "string", "minLength": 50_000}, "a") == "a".ljust(50_000, "x")


KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
}
LEAF: st.SearchStrategy[Object] = st.sampled_from(sorted(KINDS)).map(lambda kind: {"type": kind})


def _nested(inner: st.SearchStrategy[Object]) -> st.SearchStrategy[Object]:
    objects = st.dictionaries(st.text(max_size=3), inner, max_size=3).map(
        lambda parts: Object(type="object", properties=parts, required=sorted(parts))
    )
    return objects | inner.map(lambda part: Object(type="array", items=part))


def fits(value: object, schema: Object) -> bool:
    properties, items = schema.get("properties"), schema.get("items")
    if is_object(properties):
        parts = [(name, part) for name, part in properties.items() if is_object(part)]
        return is_object(value) and all(
            name in value and fits(value[name], part) for name, part in parts
        )
    if is_object(items):
        return is_array(value) and all(fits(each, items) for each in value)
    return isinstance(value, KINDS[str(schema["type"])])


@given(st.recursive(LEAF, _nested, max_leaves=6))
@settings(max_examples=100, deadline=None)
def test_an_instance_fits_and_is_json(schema: Object) -> None:
    value = instance(schema, "hello")
    assert fits(value, schema)
    assert msgspec.json.decode(msgspec.json.encode(value)) == value


@pytest.mark.parametrize("line", ["", "one two", "a " * 50_000])
def test_tokens_are_counted(line: str) -> None:
    assert token_count(line) == len(tokens(line))


def test_tokens_of_a_long_text_are_counted_from_its_beginning() -> None:
    assert token_count("a " * 500_000) == pytest.approx(500_000, rel=0.001)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_tokens_are_the_text_word_by_word(line: str) -> None:
    pieces = tokens(line)
    assert "".join(pieces) == line
    assert all(re.search(r"\S", piece) for piece in pieces[:-1])
