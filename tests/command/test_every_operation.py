"""Every operation of the API, called from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_openai import Client
from api_openai.command.arguments import given
from api_openai.command.calling import operation_of
from api_openai.command.declared import NAMES
from api_openai.command.options import OPTIONS, REFUSED
from api_openai.command.parameters import method_of
from api_openai.core.json.values import items
from api_openai.core.request.answer_kinds import BytesAnswer, EmptyAnswer, PageAnswer
from api_openai.core.request.credentials import body_secrets
from api_openai.emulator import Emulator
from api_openai.emulator.requests.catalogue import Route

from ..emulator.samples import params, path, routes
from ..support.shell import run

ROUTES = routes()
AREAS = sorted({each.name.rpartition(".")[0] for each in ROUTES})


def known(client: Client, route: Route) -> dict[str, str]:
    """Make what a route needs to be there, and return the values of its path."""
    match route.name.removeprefix("beta.").partition(".")[0]:
        case "chat":
            made = client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], store=True
            )
            return {"completion_id": made.id}
        case "responses":
            background = route.name.endswith("cancel")
            response = client.responses.create(model="gpt-5", input="Hi", background=background)
            return {"response_id": response.id}
        case "files":
            return {"file_id": client.files.create(file=b"abc", purpose="user_data").id}
        case "models":
            return {"model": "ft:gpt-4o-mini:emulator:demo:1"}
        case _:
            return {}


def written(keywords: dict[str, Any]) -> Iterator[str]:
    """The keywords of a call, as they are written on a command line."""
    for name, value in keywords.items():
        option = f"--{name.replace('_', '-')}"
        match value:
            case True:
                yield option
            case False:
                yield f"--no-{option[2:]}"
            case str() | int() | float():
                yield from (option, str(value))
            case (str() as file, bytes() as content):
                Path(file).write_bytes(content)
                yield from (option, file)
            case list() if all(isinstance(each, str) for each in items(value)):
                for each in items(value):
                    yield from (option, each)
            case _:
                text = json.dumps(value)
                if body_secrets(text.encode()):  # refused where everybody can read it
                    Path(f"{name}.json").write_text(text, "utf-8")
                    text = f"@{name}.json"
                yield from (option, text)


def file_in(value: object) -> str | None:
    """The name of the file that a value is, if it is one."""
    match value:
        case (str() as file, bytes()):
            return file
        case _:
            return None


def test_every_operation_is_there() -> None:
    declared = sorted(name for names in NAMES.values() for name in names.split())
    assert declared == sorted(each.name for each in ROUTES)
    assert len(declared) == 388


@pytest.mark.parametrize("rich", [False, True], ids=["least", "most"])
@pytest.mark.parametrize("area", AREAS)
def test_every_operation_can_be_called(area: str, rich: bool, server: Emulator) -> None:
    with Client(admin_api_key="a") as client:
        for route in ROUTES:
            if route.name.rpartition(".")[0] != area:
                continue
            keywords = params(route, rich=rich)
            values = path(route, **known(client, route))
            if dict(route.blueprint.headers).get("Accept") == "text/event-stream":
                keywords["stream"] = True
            arguments = [*route.name.split("."), *values, *written(keywords)]
            ran = run(*arguments)
            assert (ran.code, ran.err) == (0, ""), arguments
            answer = route.blueprint(keywords, *values).answer
            if isinstance(answer, EmptyAnswer):
                assert ran.bytes == b""
            elif isinstance(answer, BytesAnswer):
                assert ran.bytes
            else:
                lines = ran.out.splitlines()
                assert lines
                if isinstance(answer, PageAnswer):
                    assert len(lines) == 1
                    items = run(*arguments, "--all").out.splitlines()
                    assert {*json.loads(lines[0])["data"][0]} == {*json.loads(items[0])}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_what_is_sent_is_what_the_method_would_send(route: Route) -> None:
    keywords, values = params(route, rich=True), path(route)
    method = method_of(route.name)
    operation = operation_of(method, given(method, [*values, *written(keywords)]), None)
    files = {name: Path(file) for name, each in keywords.items() if (file := file_in(each))}
    expected = route.blueprint({**keywords, **files}, *values)
    assert operation.to_curl() == expected.to_curl()
    if not route.blueprint.multipart:
        assert operation == expected


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_no_parameter_has_the_name_of_an_option(route: Route) -> None:
    method = method_of(route.name)
    names = {each.replace("_", "-") for each in (*method.parameters, *method.path)}
    negated = {f"no-{each}" for each in names}
    assert (names | negated) & (OPTIONS.keys() | REFUSED.keys()) == set()
    assert names.isdisjoint(negated)
    blueprint = route.blueprint
    headers = [name for name, _ in blueprint.header_params]
    assert {*blueprint.body, *blueprint.query, *headers} - {*method.parameters} == set()
    assert method.path == route.names
