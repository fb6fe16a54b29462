"""Every method of the API, called through blocking, asyncio and trio against the emulator.

Clients are strict: an answer with a field that does not fit its type is an error. All methods run
in one event loop, with one client and one emulator; each has a test that says how it went.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from api_openai import AsyncPage, AsyncStream, BinaryContent, Page, Stream
from api_openai.core.json.annotations import members
from api_openai.core.json.provenance import meta
from api_openai.emulator import Emulator

from ..emulator.samples import params as samples
from ..emulator.samples import routes
from ..support.clients import KINDS, AnyClient, client_of, gathered, settled
from ..support.methods import METHODS, Keywords, Method, at, type_named
from ..support.ports import drive

ROUTES = {each.name: each for each in routes()}


@cache
def outcomes(kind: str) -> dict[str, BaseException | None]:
    """Call every method; what came of it by client path."""
    found: dict[str, BaseException | None] = {}
    client = client_of(kind, Emulator())

    async def program() -> None:
        for method in METHODS:
            try:
                await exercise(client, method)
            except Exception as error:
                found[method.client] = error
            else:
                found[method.client] = None

    drive(kind, program)
    return found


async def exercise(client: AnyClient, method: Method) -> None:
    """Call a method with the least and the most that it takes, and as a stream."""
    for number, given in enumerate(calls(method)):
        answer = await called(client, method, given, number)
        if method.only_streams or given.get("stream") or given.get("stream_format") == "sse":
            await check_stream(method, answer)
        else:
            await check_answer(method, answer)


def calls(method: Method) -> tuple[Keywords, ...]:
    """The keywords of three calls, or of two where the method does not stream."""
    route = ROUTES[method.client]
    least, most = samples(route), samples(route, rich=True)
    plain = [
        {name: each for name, each in given.items() if name not in ("stream", "stream_format")}
        for given in (least, most)
    ]
    if method.events is None or method.only_streams:
        return tuple(plain)
    streams = any(each.name == "stream" for each in method.params)
    return (*plain, {**least, "stream": True} if streams else {**least, "stream_format": "sse"})


async def called(client: AnyClient, method: Method, given: Keywords, number: int) -> Any:
    """The answer of a method."""
    names = {each.name: f"{each.name}_1" for each in method.of("path")}
    made = await known(client, method, number)
    given = given | names | {name: value for name, value in made.items() if name in names}
    return await settled(at(client, method.client)(**given))


async def known(client: AnyClient, method: Method, number: int) -> dict[str, str]:
    """Make what a method needs to be there: what nobody made is not found in these areas."""
    area = method.client.removeprefix("beta.").partition(".")[0]
    if area == "chat":
        create = client.chat.completions.create
        chat = create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], store=True)
        return {"completion_id": (await settled(chat)).id}
    if area == "responses":
        background = method.client.endswith("cancel")
        response = client.responses.create(model="gpt-5", input="Hi", background=background)
        return {"response_id": (await settled(response)).id}
    if area == "files":
        file = client.files.create(file=b"abc", purpose="user_data")
        return {"file_id": (await settled(file)).id}
    return {"model": f"ft:gpt-4o-mini:emulator:demo:{number}"}


async def check_answer(method: Method, answer: Any) -> None:
    if method.answer is None:
        assert answer is None
    elif method.answer == "bytes":
        assert isinstance(answer, BinaryContent)
        assert answer.read()
    elif method.page:
        assert type(answer) in (Page, AsyncPage)
        assert meta(answer.document).issues == ()
        items = await gathered(answer)
        assert items
        assert all(isinstance(each, kinds(method.client, method.answer)) for each in items)
    else:
        assert isinstance(answer, kinds(method.client, method.answer))
        assert isinstance(answer, str) or meta(answer).issues == ()


async def check_stream(method: Method, answer: Any) -> None:
    assert isinstance(answer, (Stream, AsyncStream))
    assert method.events is not None
    events = await gathered(answer)
    assert events
    for event in events:
        assert isinstance(event, kinds(method.client, method.events))
        assert meta(event).issues == ()


@cache
def kinds(path: str, names: str) -> tuple[type, ...]:
    """The classes of an answer, by the name or names that the facts have for it."""

    def classes() -> Iterator[type]:
        for name in names.split(" | "):
            if name == "str":
                yield str
            elif "[" not in name:
                yield from members(type_named(path, name))

    return tuple(classes())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_it_answers_what_it_says(method: Method, kind: str) -> None:
    if error := outcomes(kind)[method.client]:
        raise error


def test_all_were_called() -> None:
    for kind in KINDS:
        assert set(outcomes(kind)) == {method.client for method in METHODS}
