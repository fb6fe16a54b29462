"""Events of streams: those of `compat` are the ones that the SDK makes, found in fewer steps."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from api_openai.emulator.fake_data.instances import Maker
from api_openai.types.beta import AssistantStreamEvent
from api_openai.types.responses import ResponseStreamEvent

from ...support.http import DONE, event

openai: Any = pytest.importorskip("openai")
httpx2: Any = pytest.importorskip("httpx2")

from api_openai import compat  # noqa: E402  # it needs the SDK

QUESTION = [{"role": "user", "content": "Hello"}]


def documents(union: Any) -> list[dict[str, Any]]:
    """One document of every class of a union."""
    return [Maker("k", 1).model(cls, 0) for cls in get_args(union)]


RESPONSES = documents(ResponseStreamEvent)
ASSISTANTS = documents(AssistantStreamEvent)
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
COMPLETED = b'event: response.completed\ndata: {"type": "response.completed"}\n\n'


class Body(httpx2.SyncByteStream):  # type: ignore[misc]
    """A body that comes in parts."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def streamed(package: Any, *parts: bytes, **settings: Any) -> Any:
    """A client of the SDK, or of `compat`, whose streams have these parts."""

    def answer(_: Any) -> Any:
        fields = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=fields, stream=Body(list(parts)))

    own = httpx2.Client(transport=httpx2.MockTransport(answer))
    return package.OpenAI(api_key="k", base_url="http://h/v1", http_client=own, **settings)


def events(package: Any, *parts: bytes, **settings: Any) -> list[Any]:
    with streamed(package, *parts, **settings) as client:
        return list(client.responses.create(model="m", input="Hello", stream=True))


def alike(ours: list[Any], theirs: list[Any]) -> None:
    assert [type(each) for each in ours] == [type(each) for each in theirs]
    assert ours == theirs
    for mine, other in zip(ours, theirs, strict=True):
        assert getattr(mine, "model_fields_set", 0) == getattr(other, "model_fields_set", 0)
        assert getattr(mine, "model_extra", 0) == getattr(other, "model_extra", 0)


@pytest.mark.parametrize("document", RESPONSES, ids=lambda each: each["type"])
@pytest.mark.parametrize("strict", [False, True])
def test_every_event_of_a_response(document: dict[str, Any], strict: bool) -> None:
    settings = {"_strict_response_validation": strict}
    data = event({**document, "of another version": {"a": [1]}}, document["type"])
    try:
        theirs = events(openai, data, **settings)
    except openai.APIResponseValidationError:
        with pytest.raises(openai.APIResponseValidationError):
            events(compat, data, **settings)
        return
    alike(events(compat, data, **settings), theirs)


@pytest.mark.parametrize("document", ASSISTANTS, ids=lambda each: each["event"])
def test_every_event_of_a_run(document: dict[str, Any]) -> None:
    def of(package: Any) -> list[Any]:
        data = event(document.get("data", {}), document["event"]) + DONE
        with streamed(package, data) as client:
            create = client.beta.threads.runs.create
            try:
                return list(create("t", assistant_id="a", stream=True))
            except openai.APIError as error:
                return [type(error).__mro__[-4:], str(error)]

    with pytest.warns(DeprecationWarning, match="Assistants"):
        alike(of(compat), of(openai))


ODD: dict[str, dict[str, Any]] = {
    "of a type that nobody knows": {"type": "response.sung"},
    "without a type": {"sequence_number": 1},
    "whose type is no text": {"type": ["a"], "sequence_number": 1},
    "with a field missing": {"type": "response.output_text.delta", "delta": "a"},
    "with another kind of field": {**RESPONSES[0], "sequence_number": "seven"},
    "with a number as text": {**RESPONSES[0], "sequence_number": "7"},
    "with numbers of any size": {**RESPONSES[0], "sequence_number": 10**30, "a": 1e-7},
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_events(odd: str) -> None:
    alike(events(compat, event(ODD[odd])), events(openai, event(ODD[odd])))


FRAMED = {
    "in CRLF": COMPLETED.replace(b"\n", b"\r\n"),
    "behind comments": b": a\n\n: b\n" + COMPLETED,
    "with ids": b"id: 1\nretry: 5\n" + COMPLETED + COMPLETED,
    "with data in two lines": b'data: {"type":\ndata: "response.completed"}\n\n',
    "and fields that nobody knows": b"colour: red\n" + COMPLETED,
    "with a NaN": b'data: {"type": "response.completed", "a": [NaN, "\\ud800"]}\n\n',
    "behind JSON that is no event": b'{"warm": true}\n\n' + COMPLETED,
    "and no more": COMPLETED + DONE + b"data: not JSON\n\n",
}


@pytest.mark.parametrize("framed", FRAMED)
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "byte by byte"])
def test_events_however_they_are_framed(framed: str, bytewise: bool) -> None:
    data = FRAMED[framed]
    parts = [bytes((byte,)) for byte in data] if bytewise else [data]
    ours, theirs = events(compat, *parts), events(openai, *parts)
    assert list(map(repr, ours)) == list(map(repr, theirs))
    assert len(ours) >= 1


def test_what_is_no_json_is_refused_as_there() -> None:
    for package in (openai, compat):
        with pytest.raises(json.JSONDecodeError):
            events(package, b"data: {\n\n")


def test_an_event_without_data_is_none() -> None:
    assert len(events(compat, b"event: ping\n\n" + COMPLETED)) == 1


def test_the_last_event_may_lack_its_empty_line() -> None:
    assert [each.type for each in events(compat, COMPLETED[:-1])] == ["response.completed"]
    assert events(compat, COMPLETED[:-9]) == []


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"error": {"message": "out of memory"}}\n\n',
        b'error: {"code": 500, "message": "out of memory"}\n\n',
        b'{"error": {"message": "out of memory"}}\n\n',
        b'{"detail": "out of memory"}\n\n',
    ],
    ids=["as data", "as a field", "bare", "bare, as a detail"],
)
def test_errors_are_raised_in_whatever_form_they_come(data: bytes) -> None:
    with streamed(compat, event(CHUNK), data) as client:
        stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        assert next(stream).id == "c"
        with pytest.raises(openai.APIError) as caught:
            next(stream)
    assert "out of memory" in str(caught.value.body)


async def _parts(*parts: bytes) -> Any:
    for part in parts:
        yield part


@pytest.mark.anyio
async def test_async_streams_read_them_too() -> None:
    def answer(_: Any) -> Any:
        fields = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=fields, content=_parts(event(RESPONSES[0]), COMPLETED))

    own = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    async with compat.AsyncOpenAI(api_key="k", base_url="http://h/v1", http_client=own) as client:
        stream = await client.responses.create(model="m", input="Hello", stream=True)
        assert [each.type async for each in stream] == [RESPONSES[0]["type"], "response.completed"]
