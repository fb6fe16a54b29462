"""Every operation of the API, called through a client that takes nothing which does not fit."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from api_openai import APIStatusError, Client
from api_openai.core.request.answer_kinds import EmptyAnswer, EventsAnswer, PageAnswer
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.requests.catalogue import Route

from ..support.methods import METHODS, Method
from .peer import ask
from .samples import params, path, routes

ROUTES = routes()
AREAS = sorted({each.name.rpartition(".")[0] for each in ROUTES})
TAKEN_APART = {"chat", "responses", "files", "models"}
"""Areas that know what they have: names that nobody made are not found."""


@pytest.fixture
def client() -> Iterator[Client]:
    transport = MemoryTransport(Emulator())
    with Client(api_key="k", admin_api_key="a", transport=transport, strict=True) as client:
        yield client


def known(client: Client, route: Route) -> dict[str, str]:
    """Make what a route needs to be there, and return the values of its path."""
    area = route.name.removeprefix("beta.").partition(".")[0]
    if area not in TAKEN_APART:
        return {}
    if area == "chat":
        made = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], store=True
        )
        return {"completion_id": made.id}
    if area == "responses":
        background = route.name.endswith("cancel")
        response = client.responses.create(model="gpt-5", input="Hi", background=background)
        return {"response_id": response.id}
    if area == "files":
        return {"file_id": client.files.create(file=b"abc", purpose="user_data").id}
    return {"model": "ft:gpt-4o-mini:emulator:demo:1"}


def call(client: Client, route: Route, given: dict[str, object]) -> Any:
    return client.send(route.blueprint(given, *path(route, **known(client, route))))


@pytest.mark.parametrize("rich", [False, True], ids=["least", "most"])
@pytest.mark.parametrize("area", AREAS)
def test_every_operation_answers_what_it_says(area: str, rich: bool, client: Client) -> None:
    for route in ROUTES:
        if route.name.rpartition(".")[0] != area:
            continue
        blueprint = route.blueprint
        given = params(route, rich=rich)
        if dict(blueprint.headers).get("Accept") == "text/event-stream":
            given["stream"] = True
        answer = call(client, route, given)
        if isinstance(blueprint.answer, EmptyAnswer):
            assert answer is None, route
        elif isinstance(blueprint.answer, PageAnswer):
            assert list(answer), route
        else:
            assert answer is not None, route


@pytest.mark.parametrize(
    "route",
    [each for each in ROUTES if each.blueprint.events or "stream" in each.name],
    ids=lambda route: route.name,
)
def test_every_stream_comes_to_its_end(route: Route, client: Client) -> None:
    given = params(route)
    if not isinstance(route.blueprint.answer, EventsAnswer):
        given["stream"] = True
    events = list(call(client, route, given))
    assert len(events) >= 1
    if route.name.endswith(("speech.create", "images.edit", "images.generate")):
        assert [event.type for event in events][-1].endswith(("completed", "done"))


def test_every_operation_refuses_what_it_needs_and_does_not_get(client: Client) -> None:
    seen = 0
    for route in ROUTES:
        blueprint = route.blueprint
        needed = [name for name in blueprint.required if name in blueprint.body]
        if not needed:
            continue
        given = {name: each for name, each in params(route).items() if name != needed[0]}
        lax = msgspec.structs.replace(blueprint, required=())
        with pytest.raises(APIStatusError) as refused:
            client.send(lax(given, *path(route, **known(client, route))))
        assert refused.value.status_code == 400, route
        assert refused.value.param == needed[0], route
        assert refused.value.code == "missing_required_parameter", route
        seen += 1
    assert seen > 90


def test_every_operation_refuses_a_wrong_type(client: Client) -> None:
    """A number where a text, an object or an array has to be; nested places are in test_checks."""
    seen = 0
    for route in ROUTES:
        blueprint = route.blueprint
        if blueprint.multipart:
            continue
        for name, value in params(route).items():
            if name not in blueprint.body or not isinstance(value, (str, list)):
                continue
            given = {**params(route), name: 3.5}
            with pytest.raises(APIStatusError) as refused:
                call(client, route, given)
            assert (refused.value.status_code, refused.value.param) == (400, name), route
            seen += 1
    assert seen > 100


BODIES = [
    (b"", "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b"{", "application/json"),
    (b'{"model":"\xff"}', "application/json"),
    (b'{"a":' * 400 + b"1" + b"}" * 400, "application/json"),
    (
        b'{"model":1,"model":[],"limit":1234567890123456789012345678901234567890}',
        "application/json",
    ),
    (b"a=1", "text/plain"),
    (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    (b"--x\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    (b"--x--", "multipart/form-data"),
]
QUERIES = ["limit=abc", "limit=-1", "limit=" + "9" * 30, "after=x", "order=sideways", "a=%ff%00"]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_whatever_it_is_sent_it_answers_as_the_api_does(method: Method) -> None:
    """With a success, or an error of 4xx in the form of the API."""
    emulator = Emulator()
    for value in ("x_1", "", "%2F..%2F", "%ff"):
        target = re.sub(r"\{[^}]*\}", value, method.path)
        separator = "&" if "?" in target else "?"
        asked = [ask(emulator, method.method, target, headers=method.headers)]
        if method.method == "GET":
            targets = [f"{target}{separator}{query}" for query in QUERIES]
            asked += [ask(emulator, "GET", each, headers=method.headers) for each in targets]
        else:
            asked += [
                ask(
                    emulator,
                    method.method,
                    target,
                    body=body,
                    headers={**method.headers, "content-type": kind},
                )
                for body, kind in BODIES
            ]
        for answer in asked:
            assert answer.status < 500
            assert answer.status < 400 or set(answer.error) >= {"message", "type", "param", "code"}
