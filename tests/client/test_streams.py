"""`.stream()` of chat completions and responses: blocking, asyncio and trio, against the emulator."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import anyio
import pytest

from api_openai import (
    APIError,
    APITimeoutError,
    AsyncClient,
    BadRequestError,
    Called,
    Client,
    Parsed,
    StreamTruncatedError,
    Timeout,
    function_tool,
    meta,
    response_function_tool,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import (
    CallFunction,
    MidStreamError,
    NoDone,
    Say,
    Stall,
    Status,
    Truncate,
)
from api_openai.streaming import (
    AsyncChatCompletionStream,
    AsyncResponseStream,
    ChatAccumulator,
    ChatCompletionStream,
    ResponseAccumulator,
    ResponseStream,
)

from ..core.structured.kinds import Point

ASK: Final[Any] = [{"role": "user", "content": "Where is it?"}]
POINT: Final = '{"x":1,"y":2}'


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
        yield client


@pytest.fixture
async def aclient(emulator: Emulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key="k", transport=AsyncMemoryTransport(emulator)) as client:
        yield client


def sent(emulator: Emulator) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(emulator.requests[-1].body)
    return document


def test_chat(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("one two three"))
    manager = client.chat.completions.stream(model="gpt-4o", messages=ASK, temperature=0)
    assert emulator.requests == []
    with manager as stream:
        assert type(stream) is ChatCompletionStream
        assert stream.response.status_code == 200
        events = list(stream)
    kinds = [event.type for event in events if event.type != "chunk"]
    assert kinds == ["content.delta"] * (len(kinds) - 1) + ["content.done"]
    assert "".join(e.delta for e in events if e.type == "content.delta") == "one two three"
    assert sent(emulator) == {
        "model": "gpt-4o",
        "messages": ASK,
        "temperature": 0,
        "stream": True,
    }
    completion = stream.get_final_completion()
    assert completion.choices[0].message.content == "one two three"
    assert meta(completion).request_id == stream.response.request_id
    assert list(stream) == []


def test_chat_is_read_as_a_type(client: Client, emulator: Emulator) -> None:
    emulator.script(Say(POINT))
    stream = client.chat.completions.stream(model="gpt-4o", messages=ASK, response_format=Point)
    with stream as events:
        assert stream.__class__.__name__ == "Manager"
        completion = events.get_final_completion()
    assert completion.value == Point(1, 2)
    assert completion.choices[0].message.parsed == Point(1, 2)
    assert sent(emulator)["response_format"]["json_schema"]["name"] == "Point"


def test_calls_are_read_as_the_types_of_their_tools(client: Client, emulator: Emulator) -> None:
    emulator.script(CallFunction("Point", POINT), CallFunction("Point", POINT))
    with client.chat.completions.stream(
        model="gpt-4o", messages=ASK, tools=[function_tool(Point)]
    ) as stream:
        done = [e for e in stream if e.type == "tool_calls.function.arguments.done"]
        assert [each.parsed_arguments for each in done] == [Point(1, 2)]
        assert isinstance(stream.get_final_completion().outcome, Called)
    with client.responses.stream(
        model="gpt-4o", input="Where?", tools=[response_function_tool(Point)]
    ) as stream:
        call: Any = stream.get_final_response().output[0]
        assert call.parsed_arguments == Point(1, 2)


def test_a_response(client: Client, emulator: Emulator) -> None:
    emulator.script(Say(POINT))
    with client.responses.stream(
        model="gpt-4o", input="Where?", text_format=Point, text={"verbosity": "low"}
    ) as stream:
        assert type(stream) is ResponseStream
        events = list(stream)
        response = stream.get_final_response()
    assert isinstance(response.outcome, Parsed)
    assert response.output_parsed == Point(1, 2)
    assert meta(response).request_id == stream.response.request_id
    texts = [e for e in events if e.type == "response.output_text.delta"]
    assert texts[-1].snapshot == POINT
    assert [e.parsed for e in events if e.type == "response.output_text.done"] == [Point(1, 2)]
    assert sent(emulator)["stream"] is True
    assert sent(emulator)["text"]["verbosity"] == "low"
    assert sent(emulator)["text"]["format"]["name"] == "Point"


def test_a_response_that_there_is_is_read_from_its_beginning(
    client: Client, emulator: Emulator
) -> None:
    emulator.script(Say("one two three"))
    made = client.responses.create(model="gpt-4o", input="Count.")
    with client.responses.stream(response_id=made.id) as stream:
        everything = list(stream)
    assert emulator.requests[-1].path == f"/responses/{made.id}"
    numbers = [event.sequence_number for event in everything]
    with client.responses.stream(
        response_id=made.id, starting_after=numbers[5], timeout=5, tools=[]
    ) as stream:
        rest = list(stream)
        assert stream.get_final_response().output_text == "one two three"
    assert [event.sequence_number for event in rest] == numbers[6:]
    assert rest == everything[6:]
    assert emulator.requests[-1].query == {"stream": "true"}


def test_as_input_goes_back_to_the_byte(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("one"), CallFunction("f", "{}"), Say("two"))
    with client.responses.stream(model="gpt-4o", input="Count.") as stream:
        first = stream.get_final_response()
    second = client.responses.create(model="gpt-4o", input="Call.")
    [called] = second.output
    name = getattr(called, "call_id")  # noqa: B009
    result: Any = {"type": "function_call_output", "call_id": name, "output": "done"}
    client.responses.create(model="gpt-4o", input=[*first.as_input(), *second.as_input(), result])
    items = [bytes(each) for each in (*first.as_input(), *second.as_input())]
    assert b"[" + b",".join(items) + b"," in emulator.requests[-1].body


@pytest.mark.anyio
async def test_async(aclient: AsyncClient, emulator: Emulator) -> None:
    emulator.script(Say(POINT), Say(POINT))
    async with aclient.chat.completions.stream(
        model="gpt-4o", messages=ASK, response_format=Point
    ) as chat:
        assert type(chat) is AsyncChatCompletionStream
        kinds = {event.type async for event in chat}
        assert kinds == {"chunk", "content.delta", "content.done"}
        assert (await chat.get_final_completion()).value == Point(1, 2)
        assert chat.current_completion_snapshot.choices[0].message.content == POINT
    async with aclient.responses.stream(model="gpt-4o", input="Where?", text_format=Point) as one:
        assert type(one) is AsyncResponseStream
        assert await one.until_done() is one
        assert (await one.get_final_response()).value == Point(1, 2)
        assert one.current_response_snapshot.output_text == POINT


def test_leaving_gives_up_the_rest(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("one two three"), Say("one two three"))
    with client.chat.completions.stream(model="gpt-4o", messages=ASK) as chat:
        next(chat)
    assert list(chat) == []
    with pytest.raises(RuntimeError, match="given up"):
        chat.get_final_completion()
    assert chat.current_completion_snapshot.choices
    with client.responses.stream(model="gpt-4o", input="Count.") as response:
        next(response)
    with pytest.raises(RuntimeError, match="given up"):
        response.get_final_response()


@pytest.mark.anyio
async def test_leaving_gives_up_the_rest_async(aclient: AsyncClient, emulator: Emulator) -> None:
    emulator.script(Say("one two three"))
    async with aclient.chat.completions.stream(model="gpt-4o", messages=ASK) as chat:
        await anext(chat)
    assert [event async for event in chat] == []
    with pytest.raises(RuntimeError, match="given up"):
        await chat.get_final_completion()


def test_each_entering_sends(client: Client, emulator: Emulator) -> None:
    manager = client.chat.completions.stream(model="gpt-4o", messages=ASK)
    for count in (1, 2):
        with manager as stream:
            stream.until_done()
        assert len(emulator.requests) == count


def test_a_stream_cut_short_is_an_error_and_says_nothing_is_done(
    client: Client, emulator: Emulator
) -> None:
    emulator.script((Say("one two three"), Truncate(after=3)))
    with client.chat.completions.stream(model="gpt-4o", messages=ASK) as stream:
        seen: list[str] = []
        with pytest.raises(StreamTruncatedError):
            seen.extend(event.type for event in stream)
        assert "content.done" not in seen
        assert list(stream) == []
        assert stream.current_completion_snapshot.choices[0].message.content
        with pytest.raises(RuntimeError, match="given up"):
            stream.get_final_completion()


def test_an_error_of_the_server_is_raised(client: Client, emulator: Emulator) -> None:
    emulator.script(Status(400))
    with (
        pytest.raises(BadRequestError),
        client.chat.completions.stream(model="gpt-4o", messages=ASK),
    ):
        raise AssertionError
    emulator.script((Say("one two three"), MidStreamError(after=2)))
    with (
        client.responses.stream(model="gpt-4o", input="Count.") as stream,
        pytest.raises(APIError, match="had an error"),
    ):
        stream.get_final_response()


def test_an_end_without_done_is_an_end(client: Client, emulator: Emulator) -> None:
    emulator.script((Say("one"), NoDone()))
    with client.chat.completions.stream(model="gpt-4o", messages=ASK) as stream:
        assert stream.get_final_completion().choices[0].finish_reason == "stop"


@pytest.mark.anyio
async def test_cancelling_ends_the_stream(aclient: AsyncClient, emulator: Emulator) -> None:
    emulator.script((Say("one two three"), Stall(1200, 60)))
    async with aclient.chat.completions.stream(model="gpt-4o", messages=ASK) as stream:
        with anyio.CancelScope() as scope:
            async for _ in stream:
                scope.cancel()  # felt where the next chunk is waited for
        assert scope.cancelled_caught
        assert [event async for event in stream] == []
        with pytest.raises(RuntimeError, match="given up"):
            await stream.get_final_completion()
    assert (await aclient.models.list()).data


def test_deadlines_are_kept(client: Client, emulator: Emulator) -> None:
    emulator.script((Say("one two three"), Stall(1200, 60)))
    with (
        client.chat.completions.stream(
            model="gpt-4o", messages=ASK, timeout=Timeout(total=30)
        ) as stream,
        pytest.raises(APITimeoutError),
    ):
        stream.until_done()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"stream": True}, "stream"),
        ({"response_type": dict}, "response_type"),
        ({"response_format": int}, "response_format"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    client: Client, emulator: Emulator, given: dict[str, Any], error: str
) -> None:
    chat: Any = client.chat.completions
    responses: Any = client.responses
    with pytest.raises(TypeError, match=error):
        chat.stream(model="gpt-4o", messages=ASK, **given)
    if error != "response_format":
        with pytest.raises(TypeError, match=error):
            responses.stream(model="gpt-4o", input="x", **given)
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"starting_after": 1}, "starting_after"),
        ({"response_id": "r", "model": "gpt-4o"}, "model"),
        ({"response_id": "r", "starting_after": "x"}, "str"),
        ({"response_id": "r", "stream": True}, "stream"),
        ({"text_format": int}, "text_format"),
    ],
)
def test_what_a_response_cannot_be_asked_for(
    client: Client, emulator: Emulator, given: dict[str, Any], error: str
) -> None:
    with pytest.raises(TypeError, match=error):
        client.responses.stream(**given)
    with pytest.raises(ValueError, match="response_id"):
        client.responses.stream(response_id="")
    assert emulator.requests == []


@pytest.mark.parametrize("view", ["with_raw_response", "with_streaming_response"])
def test_other_views_are_refused(client: Client, view: str) -> None:
    for resource in (client.chat.completions, client.responses):
        with pytest.raises(AttributeError, match="view"):
            getattr(resource, view).stream(model="gpt-4o")


def test_events_add_up_without_the_helper(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("one two"), Say("one two"))
    chat = ChatAccumulator[Any]()
    for chunk in client.chat.completions.create(model="gpt-4o", messages=ASK, stream=True):
        chat.receive(chunk)
    assert chat.completion().choices[0].message.content == "one two"
    response = ResponseAccumulator[Any]()
    for event in client.responses.create(model="gpt-4o", input="Count.", stream=True):
        response.receive(event)
    assert response.response().output_text == "one two"
