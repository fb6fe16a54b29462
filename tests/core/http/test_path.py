"""Filling path templates: a value stays in its segment whatever it is."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.path import fill


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("resp_68a1", "resp_68a1"),
        ("ft:gpt-4o@x", "ft:gpt-4o@x"),
        ("a-b._~!$&'()*+,;=", "a-b._~!$&'()*+,;="),
        ("org/model", "org%2Fmodel"),
        ("a?b#c", "a%3Fb%23c"),
        ("%2e%2e", "%252e%252e"),
        ("a b\n\0", "a%20b%0A%00"),
        ("größe 😀", "gr%C3%B6%C3%9Fe%20%F0%9F%98%80"),
        ("...", "..."),
        ("a\\b{c}[d]", "a%5Cb%7Bc%7D%5Bd%5D"),
    ],
)
def test_encoding(value: str, expected: str) -> None:
    assert fill("/responses/{response_id}/input_items", value) == (
        f"/responses/{expected}/input_items"
    )


def test_several_parameters_and_none() -> None:
    assert fill("/a/{b_id}/c/{d_id}", "{d_id}", "x") == "/a/%7Bd_id%7D/c/x"
    assert fill("/models") == "/models"


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800"])
def test_values_that_are_no_segment(value: str) -> None:
    with pytest.raises(ValueError, match=r"^response_id=.*: expected "):
        fill("/responses/{response_id}", value)


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"]])
def test_only_text_is_taken(value: object) -> None:
    with pytest.raises(TypeError, match=r"^d_id=.*: expected a str, got "):
        fill("/a/{b_id}/c/{d_id}", "b", value)


def test_the_count_has_to_be_right() -> None:
    with pytest.raises(TypeError, match="expected 1 path parameters, got 2"):
        fill("/a/{b}", "x", "y")
    with pytest.raises(TypeError, match="expected 1 path parameters, got 0"):
        fill("/a/{b}")


SPECIAL = "./\\?#%;:@&=+ \t\r\n\0\x7f[]{}\"'<>|^`é\u2028\u202e\U0001f600"
"""What means something in a path, in a URL, in a request line, or to who reads it."""

values = st.text(min_size=1) | st.text(SPECIAL + "2eF", min_size=1)


@given(values.filter(lambda value: value not in (".", "..")))
def test_a_value_is_one_segment_and_comes_back(value: str) -> None:
    path = fill("/a/{b}/c", value)
    parts = urlsplit(f"https://host{path}")
    assert (parts.path, parts.query, parts.fragment) == (path, "", "")
    assert [unquote(segment) for segment in path.split("/")] == ["", "a", value, "c"]
    assert path.isascii()
    assert path.isprintable()
    assert not set(path) & set(' ?#\\"<>{}|^`')


@given(st.lists(st.sampled_from([".", "..", "", "a", "/", "%2F"]) | values, min_size=2, max_size=2))
def test_two_values_are_two_segments_or_refused(pair: list[str]) -> None:
    if {"", ".", ".."} & set(pair):
        with pytest.raises(ValueError, match="expected "):
            fill("/a/{b}/{c}", *pair)
    else:
        path = fill("/a/{b}/{c}", *pair)
        assert [unquote(segment) for segment in path.split("/")] == ["", "a", *pair]
