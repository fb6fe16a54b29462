"""Path parameters, of every method: one that is empty sends nothing, and none leaves its segment."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest

from ..support.methods import METHODS, Keywords, Method, at, least
from ..support.recorder import Wire

WITH_PATHS = [method for method in METHODS if method.of("path")]
QUOTED = "../a/..\\b?c=d&e#f%2F;g h\t\r\n\0ü\U0001f600\u202e\x7f"
"""Whatever means something in a path, a URL or a request line."""
ODD = (QUOTED, "a/b", "/", "?", "#", "%", "%2e%2e", "...", " ", "\n", "\0", "ü", "~", ":", "@")
REFUSED = ("", ".", "..", "\ud800")

each_method = pytest.mark.parametrize("method", WITH_PATHS, ids=str)


def with_paths(method: Method, names: dict[str, str]) -> Keywords:
    """The arguments of a call, all by name, with some values in the path."""
    return least(method) | {each.name: f"{each.name}_1" for each in method.of("path")} | names


def variations(method: Method, values: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each parameter of the path with each of `values`."""
    return ((param.name, value) for param in method.of("path") for value in values)


def test_most_methods_have_them() -> None:
    assert len(WITH_PATHS) == 274
    assert sum(len(method.of("path")) for method in METHODS) == 362


@each_method
def test_a_value_is_one_segment(method: Method, wire: Wire) -> None:
    template = method.path.partition("?")[0].split("/")
    for name, value in variations(method, ODD):
        given = with_paths(method, {name: value})
        request = wire.sent(method.client, (), given)
        assert urlsplit(request.target).fragment == ""
        wanted = [given[part[1:-1]] if part.startswith("{") else part for part in template]
        assert [unquote(part) for part in request.path.split("/")] == ["", "v1", *wanted[1:]]
        assert request.path.isascii()
        assert request.path.isprintable()
        assert not set(request.path) & set(' ?#\\"<>{}|^`')


@each_method
def test_what_is_no_name_is_refused_before_anything_is_sent(method: Method, wire: Wire) -> None:
    call = at(wire.client, method.client)
    for name, value in variations(method, REFUSED):
        given = with_paths(method, {name: value})
        with wire.nothing_sent(), pytest.raises(ValueError, match=rf"^{name}="):
            call(**given)


@each_method
def test_what_is_no_text_is_refused_before_anything_is_sent(method: Method, wire: Wire) -> None:
    call = at(wire.client, method.client)
    for param in method.of("path"):
        for value in (None, 3, b"x"):
            given = with_paths(method, {}) | {param.name: value}
            with wire.nothing_sent(), pytest.raises(TypeError, match=rf"^{param.name}="):
                call(**given)
