"""What every method of the API sends: verb, path, query, header fields and body, byte for byte.

Requests are read by the standard library, and compared with the facts of the method.
"""

import json
from collections.abc import Iterator
from typing import Any, TypeGuard
from urllib.parse import parse_qsl

import pytest

from ..support.methods import METHODS, Keywords, Method, calls, positionals
from ..support.recorder import ADMIN_KEY, KEY, Part, Sent, Wire

each_method = pytest.mark.parametrize("method", METHODS, ids=str)

TYPED_PARTS = {"realtime.calls.create": {"session": "application/json", "sdp": "application/sdp"}}
"""Parts of forms that have a content type and are no files."""
ALONE = {"realtime.calls.create": "sdp"}
"""Parts that are the whole body where nothing else is given."""
JSON_WITHOUT_FILES = {"containers.files.create", "skills.create", "skills.versions.create"}
"""Methods that send a form only where a file is given."""
OWN_HEADERS = {"host", "user-agent", "authorization", "accept", "accept-encoding"}
"""What every request has."""


def check(method: Method, given: Keywords, request: Sent) -> None:
    """Compare one request with what was given."""
    path, _, fixed = method.path.partition("?")
    for each in method.of("path"):
        path = path.replace(f"{{{each.name}}}", f"{each.name}_1")
    assert (request.method, request.path) == (method.method, f"/v1{path}")
    query = [pair for name in of(method, given, "query") for pair in flat(name, given[name])]
    assert sorted(request.query) == sorted(query + parse_qsl(fixed))
    check_headers(method, given, request)
    check_body(method, {name: given[name] for name in of(method, given, "body")}, request)


def of(method: Method, given: Keywords, place: str) -> list[str]:
    """The keywords of a call that go to one place."""
    return [each.name for each in method.of(place) if each.name in given]


def flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The form of queries and of fields: `name[]` for an array, `name[key]` for an object."""
    if is_mapping(value):
        for key, item in value.items():
            yield from flat(f"{name}[{key}]", item)
    elif is_list(value):
        for item in value:
            yield from flat(f"{name}[]", item)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value)


def is_mapping(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def check_headers(method: Method, given: Keywords, request: Sent) -> None:
    found = dict(request.headers)
    assert found["authorization"] == f"Bearer {ADMIN_KEY if method.admin else KEY}"
    expected = dict(method.headers)
    for name in of(method, given, "header"):
        if (value := given[name]) is not None:
            expected[method.fields[name]] = ",".join(value) if is_list(value) else value
    if method.only_streams or given.get("stream") or given.get("stream_format") == "sse":
        expected["accept"] = "text/event-stream, application/json"  # errors come as JSON
    for name, value in expected.items():
        assert found.pop(name) == value
    framing = {"content-type", "content-length"} if method.of("body") else {"content-length"}
    assert set(found) - framing <= OWN_HEADERS


def check_body(method: Method, body: Keywords, request: Sent) -> None:
    files = {name for name in body if name in method.files}
    if method.multipart and (files or method.client not in JSON_WITHOUT_FILES):
        if list(body) == [ALONE.get(method.client)]:
            check_alone(method, body, request)
            return
        wanted = [part for name in body for part in parts(method, name, body[name])]
        assert sorted(request.parts(), key=repr) == sorted(wanted, key=repr)
    elif method.of("body"):
        assert request.json() == body
    else:
        assert request.body == b""


def check_alone(method: Method, body: Keywords, request: Sent) -> None:
    """The one part that is the body where it is the only one."""
    ((name, value),) = body.items()
    assert request.content_type == TYPED_PARTS[method.client][name]
    assert request.body.decode() == value


def parts(method: Method, name: str, value: Any) -> Iterator[Part]:
    """The parts of a form that one keyword becomes."""
    if name in method.files:
        for filename, content, kind in value if is_list(value) else [value]:
            yield Part(f"{name}[]" if is_list(value) else name, filename, kind, content)
    elif kind := TYPED_PARTS.get(method.client, {}).get(name):
        content = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        yield Part(name, None, kind, content.encode())
    else:
        for key, text in flat(name, value):
            yield Part(key, None, None, text.encode())


@each_method
def test_every_request(method: Method, wire: Wire) -> None:
    for given in calls(method):
        check(method, given, wire.sent(method.client, positionals(method), given))
