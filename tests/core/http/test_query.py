"""Bracket encoding: what goes on the wire for nested values."""

import datetime
import enum
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.query import encode_query, render_query
from api_openai.core.terms.omit import omit


class Order(str, enum.Enum):  # noqa: UP042  (unlike StrEnum, its str() is not its value)
    ASC = "asc"


class Level(enum.Enum):
    HIGH = 3


@dataclass
class Filter:
    key: str
    values: list[int]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", [("p", "text")]),
        ("", [("p", "")]),
        (True, [("p", "true")]),
        (False, [("p", "false")]),
        (0, [("p", "0")]),
        (10**30, [("p", "1" + "0" * 30)]),
        (0.5, [("p", "0.5")]),
        (Order.ASC, [("p", "asc")]),
        (Level.HIGH, [("p", "3")]),
        (["a", 1], [("p[]", "a"), ("p[]", "1")]),
        (("a",), [("p[]", "a")]),
        ({"k": "v", "n": {"m": 1}}, [("p[k]", "v"), ("p[n][m]", "1")]),
        ({"k": [1, 2]}, [("p[k][]", "1"), ("p[k][]", "2")]),
        ([{"k": 1}, {"k": 2}], [("p[][k]", "1"), ("p[][k]", "2")]),
        ([[1], [2, 3]], [("p[][]", "1"), ("p[][]", "2"), ("p[][]", "3")]),
        (None, []),
        (omit, []),
        (msgspec.UNSET, []),
        ([], []),
        ({}, []),
        ([None, "a", omit], [("p[]", "a")]),
        ({"k": None}, []),
        (datetime.datetime(2026, 1, 2, 3, 4, 5), [("p", "2026-01-02T03:04:05")]),
        (datetime.date(2026, 1, 2), [("p", "2026-01-02")]),
        (uuid.UUID(int=1), [("p", "00000000-0000-0000-0000-000000000001")]),
        (Filter("a", [1]), [("p[key]", "a"), ("p[values][]", "1")]),
        (frozenset({"a"}), [("p[]", "a")]),
    ],
)
def test_forms(value: object, expected: list[tuple[str, str]]) -> None:
    assert encode_query({"p": value}) == tuple(expected)


def test_order_is_kept() -> None:
    assert [name for name, _ in encode_query({"b": 1, "a": [2, 3]})] == ["b", "a[]", "a[]"]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], b""),
        ([("a", "")], b"a="),
        ([("include[]", "a b"), ("k[x]", "+&=#")], b"include%5B%5D=a%20b&k%5Bx%5D=%2B%26%3D%23"),
        ([("ü", "-._~é")], b"%C3%BC=-._~%C3%A9"),
    ],
)
def test_rendering(pairs: list[tuple[str, str]], expected: bytes) -> None:
    assert render_query(pairs) == expected


@pytest.mark.parametrize(
    ("value", "error", "complaint"),
    [
        (object(), TypeError, r"^limit: expected text, a number, a list or a mapping, got object"),
        (b"x", TypeError, r"^limit: .* got bytes"),
        ([memoryview(b"x")], TypeError, r"^limit\[\]: .* got bytes"),
        ({1: 2}, TypeError, r"^limit: expected keys of str, got int 1"),
        (float("nan"), ValueError, r"^limit=nan: expected a finite number"),
        ([float("inf")], ValueError, r"^limit\[\]=inf: expected a finite number"),
        ("\ud800", ValueError, "^'limit': expected text, got lone surrogates"),
        ({"\ud800": "x"}, ValueError, "expected text, got lone surrogates"),
    ],
)
def test_errors_name_the_parameter(value: object, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        encode_query({"limit": value})


def test_circles_end() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with pytest.raises(ValueError, match=r"^limit.*: nested more than 32 levels deep"):
        encode_query({"limit": circle})


TEXT = st.text(max_size=8)
VALUES = st.recursive(
    TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_rendered_is_parsed_back(params: dict[str, object]) -> None:
    pairs = encode_query(params)
    rendered = render_query(pairs).decode("ascii")
    assert rendered.isprintable()
    assert not set(" #+?[]") & set(rendered)
    parsed = parse_qsl(rendered, keep_blank_values=True, separator="&") if pairs else []
    assert parsed == list(pairs)
