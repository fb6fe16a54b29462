"""`parse` of chat completions and responses: one request, and an answer that is read."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import attrs
import msgspec
import pytest

from api_openai import (
    APIResponse,
    AsyncClient,
    BadRequestError,
    Called,
    Client,
    LengthFinishReasonError,
    Misfit,
    OutputFormat,
    Parsed,
    SchemaError,
    StructuredOutputError,
    function_tool,
    json_schema,
    meta,
    omit,
    response_function_tool,
)
from api_openai.core.structured.parse_operations import completions_parse, responses_parse
from api_openai.core.structured.parsed_chat import ParsedChatCompletion, ParsedFunctionToolCall
from api_openai.core.structured.parsed_responses import (
    ParsedResponse,
    ParsedResponseFunctionToolCall,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import CallFunction, Say, Status

from ..core.structured.kinds import Forecast, Movie, Node, Point, Step

ASK: Any = [{"role": "user", "content": "Where is it?"}]
ASK_JSON: Any = [{"role": "user", "content": "Where is it? Answer in JSON."}]
KINDS: list[Any] = [Forecast, Movie, Node, Point, Step]
TEXT = '{"x":1,"y":2}'


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
        yield client


@pytest.fixture
async def async_client(emulator: Emulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key="k", transport=AsyncMemoryTransport(emulator)) as client:
        yield client


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


def sent(emulator: Emulator) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(emulator.requests[-1].body)
    return document


def check_completion(emulator: Emulator, answer: ParsedChatCompletion[Any], kind: Any) -> None:
    assert type(answer.value) is type(
        OutputFormat.of(kind).read(answer.choices[0].message.content or "")
    )
    assert emulator.requests[-1].path == "/chat/completions"
    assert sent(emulator) == {
        "model": "gpt-4o",
        "messages": ASK,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": kind.__name__, "strict": True, "schema": json_schema(kind)},
        },
    }
    raw = meta(answer).raw
    assert raw is not None
    assert answer.to_dict() == json.loads(raw)
    assert meta(answer).status == 200


def check_response(emulator: Emulator, answer: ParsedResponse[Any], kind: Any) -> None:
    assert answer.value == answer.output_parsed == OutputFormat.of(kind).read(answer.output_text)
    assert emulator.requests[-1].path == "/responses"
    assert sent(emulator) == {
        "model": "gpt-5",
        "input": "Where is it?",
        "text": {
            "format": {
                "type": "json_schema",
                "name": kind.__name__,
                "strict": True,
                "schema": json_schema(kind),
            }
        },
    }
    assert meta(answer).request_id


@pytest.mark.parametrize("kind", KINDS)
def test_blocking(client: Client, emulator: Emulator, kind: Any) -> None:
    completions = client.chat.completions
    answer = completions.parse(model="gpt-4o", messages=ASK, response_format=kind)
    check_completion(emulator, answer, kind)
    response = client.responses.parse(model="gpt-5", input="Where is it?", text_format=kind)
    check_response(emulator, response, kind)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", KINDS)
async def test_async(async_client: AsyncClient, emulator: Emulator, kind: Any) -> None:
    completions = async_client.chat.completions
    answer = await completions.parse(model="gpt-4o", messages=ASK, response_format=kind)
    check_completion(emulator, answer, kind)
    parse = async_client.responses.parse
    response = await parse(model="gpt-5", input="Where is it?", text_format=kind)
    check_response(emulator, response, kind)


def test_the_other_views_of_a_blocking_client(client: Client) -> None:
    raw = client.chat.completions.with_raw_response
    response = raw.parse(model="gpt-4o", messages=ASK, response_format=Point)
    assert isinstance(response, APIResponse)
    assert response.parse().value == response.parse().value
    plain: Any = response.parse(to=dict)
    assert plain["object"] == "chat.completion"
    streaming = client.responses.with_streaming_response
    with streaming.parse(model="gpt-5", input="Hi", text_format=Point) as streamed:
        assert isinstance(streamed.parse().value, Point)


@pytest.mark.anyio
async def test_the_other_views_of_an_async_client(async_client: AsyncClient) -> None:
    raw = async_client.responses.with_raw_response
    response = await raw.parse(model="gpt-5", input="Hi", text_format=Point)
    assert isinstance(response.parse().value, Point)
    streaming = async_client.chat.completions.with_streaming_response
    async with streaming.parse(model="gpt-4o", messages=ASK, response_format=Point) as streamed:
        assert isinstance((await streamed.parse()).value, Point)


def test_an_operation_is_sent_as_any_other(client: Client) -> None:
    operation = completions_parse(model="gpt-4o", messages=ASK, response_format=Point)
    assert operation.name == "chat.completions.parse"
    assert "'json_schema'" not in operation.to_curl()
    assert isinstance(client.send(operation).value, Point)
    assert isinstance(
        client.send(responses_parse(model="gpt-5", input="Hi", text_format=Point)).value, Point
    )


def test_one_call_is_one_request(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("{}"), Status(400))
    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Point)
    assert isinstance(answer.outcome, Misfit)
    with pytest.raises(BadRequestError):
        client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Point)
    assert len(emulator.requests) == 2


def test_a_stop_keeps_the_answer(client: Client, emulator: Emulator) -> None:
    emulator.script(Say('{"x": 1, "y": 2' + " " * 2000 + "}"))
    answer = client.chat.completions.parse(
        model="gpt-4o", messages=ASK, response_format=Point, max_completion_tokens=3
    )
    assert answer.choices[0].finish_reason == "length"
    with pytest.raises(LengthFinishReasonError) as caught:
        _ = answer.value
    assert caught.value.usage == answer.usage is not None


def test_several_choices(client: Client) -> None:
    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Point, n=3)
    assert [isinstance(each.outcome, Parsed) for each in answer.choices] == [True] * 3


def test_tools_are_called_with_their_types(client: Client, emulator: Emulator) -> None:
    emulator.script(CallFunction("Point", TEXT), CallFunction("Point", TEXT))
    tools = iter([function_tool(Point, description="Go there.")])
    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, tools=tools)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]  # an iterator will do
    parameters = json_schema(Point)
    definition = {"name": "Point", "description": "Go there.", "strict": True}
    assert sent(emulator)["tools"] == [
        {"type": "function", "function": {**definition, "parameters": parameters}}
    ]
    assert isinstance(answer.outcome, Called)
    (call,) = answer.outcome.calls
    assert isinstance(call, ParsedFunctionToolCall)
    assert call.function.parsed_arguments == Point(1, 2)
    response = client.responses.parse(
        model="gpt-5", input="Hi", tools=[response_function_tool(Point)], text_format=Step
    )
    assert sent(emulator)["tools"] == [
        {
            "type": "function",
            **definition,
            "description": "A place on a plane.",
            "parameters": parameters,
        }
    ]
    (item,) = [each for each in response.output if each.type == "function_call"]
    assert isinstance(item, ParsedResponseFunctionToolCall)
    assert item.parsed_arguments == Point(1, 2)


def test_a_parsed_message_and_a_parsed_response_are_sent_back_as_they_came(
    client: Client, emulator: Emulator
) -> None:
    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Point)
    client.chat.completions.create(model="gpt-4o", messages=[*ASK, answer.choices[0].message])
    assert sent(emulator)["messages"][1] == answer.to_dict()["choices"][0]["message"]
    response = client.responses.parse(model="gpt-5", input="Hi", text_format=Point)
    client.responses.create(model="gpt-5", input=response.output)
    assert sent(emulator)["input"] == response.to_dict()["output"]


def test_tools_serve_create_as_well(client: Client, emulator: Emulator) -> None:
    client.chat.completions.create(model="gpt-4o", messages=ASK, tools=[function_tool(Point)])
    assert sent(emulator)["tools"][0]["function"]["parameters"] == json_schema(Point)
    client.responses.create(model="gpt-5", input="Hi", tools=[response_function_tool(Point)])
    assert sent(emulator)["tools"][0]["name"] == "Point"


# What a format can be


def test_formats_of_all_makes(client: Client, emulator: Emulator) -> None:
    schema = {"title": "point", **json_schema(Point)}
    parse = client.chat.completions.parse
    plain = parse(model="gpt-4o", messages=ASK, response_format=schema)
    assert plain.value.keys() == {"x", "y"}
    assert sent(emulator)["response_format"]["json_schema"]["schema"] == schema
    named = OutputFormat.of(Point, name="place", description="Where it is.", strict=False)
    assert isinstance(parse(model="gpt-4o", messages=ASK, response_format=named).value, Point)
    assert sent(emulator)["response_format"] == named.chat()
    for document in (named.chat(), {"type": "json_object"}):
        emulator.script(Say(TEXT))
        as_sent = parse(model="gpt-4o", messages=ASK_JSON, response_format=document)
        assert sent(emulator)["response_format"] == document
        assert as_sent.value == {"x": 1, "y": 2}
    text = parse(model="gpt-4o", messages=ASK, response_format={"type": "text"})
    assert text.choices[0].message.parsed is None
    parse(model="gpt-4o", messages=ASK)
    parse(model="gpt-4o", messages=ASK, response_format=omit, tools=omit)
    assert sent(emulator).keys() == {"model", "messages"}


def test_pydantic_models(client: Client) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Weather(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        city: str
        days: list[int]

    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Weather)
    assert isinstance(answer.value, Weather)


def test_the_other_fields_of_text_stay(client: Client, emulator: Emulator) -> None:
    parse = client.responses.parse
    parse(model="gpt-5", input="Hi", text={"verbosity": "low"}, text_format=Point)
    assert sent(emulator)["text"]["verbosity"] == "low"
    assert sent(emulator)["text"]["format"]["name"] == "Point"
    parse(model="gpt-5", input="Hi", verbosity="high", text_format=Point)
    assert sent(emulator)["text"]["verbosity"] == "high"
    first = client.responses.parse(model="gpt-5", input="Hi", text_format=Point)
    assert first.text is not None
    parse(model="gpt-5", input="Hi", text=first.text)
    assert sent(emulator)["text"] == first.to_dict()["text"]
    parse(model="gpt-5", input="Hi", text_format={"type": "text"})
    assert sent(emulator)["text"] == {"format": {"type": "text"}}


def test_reading_as_another_type_than_was_sent(client: Client, emulator: Emulator) -> None:
    parse = client.responses.parse
    emulator.script(*[Say(TEXT)] * 4)
    answer = parse(model="gpt-5", input="Hi", text_format=Point, parse_as=dict[str, int])
    assert answer.value == {"x": 1, "y": 2}
    assert sent(emulator)["text"]["format"]["name"] == "Point"
    only = parse(model="gpt-5", input="Hi", parse_as=Point)
    assert only.value == Point(1, 2)
    assert "text" not in sent(emulator)
    unread = parse(model="gpt-5", input="Hi", text_format=Point, parse_as=None)
    assert unread.output_parsed is None
    assert unread.output_text == TEXT
    plain = parse(model="gpt-5", input="Hi", parse_as={"type": "object"})
    assert plain.value == {"x": 1, "y": 2}


@dataclass
class Keyed:
    """Has keys of any name."""

    counts: dict[str, int]


@attrs.define
class Odd:
    """Has a part that JSON has no form for."""

    part: complex


@pytest.mark.parametrize(
    ("format", "error", "complaint"),
    [
        (list[int], SchemaError, r": list\[int\]: the root of a structured output is an object"),
        (Keyed, SchemaError, r": Keyed\.counts: an object with keys of any name"),
        (Odd, SchemaError, ": Odd: "),
        (Point(1), SchemaError, ": expected a type, got Point"),
        (None, SchemaError, ": expected a type, got None"),
        ({"type": "object"}, ValueError, ": a JSON schema needs a name"),
    ],
)
def test_formats_that_cannot_be_are_refused_before_anything_is_sent(
    client: Client, emulator: Emulator, format: Any, error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match="^response_format" + complaint):
        client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=format)
    with pytest.raises(error, match="^text_format" + complaint):
        client.responses.parse(model="gpt-5", input="Hi", text_format=format)
    assert emulator.requests == []


def test_keywords_that_contradict_are_refused(client: Client, emulator: Emulator) -> None:
    chat: Any = client.chat.completions.parse
    responses: Any = client.responses.parse
    with pytest.raises(TypeError, match=r"^stream: .* \.stream\(\)"):
        chat(model="gpt-4o", messages=ASK, response_format=Point, stream=True)
    with pytest.raises(TypeError, match=r"^stream: .* \.stream\(\)"):
        responses(model="gpt-5", input="Hi", text_format=Point, stream=True)
    with pytest.raises(TypeError, match=r"^response_type: "):
        chat(model="gpt-4o", messages=ASK, response_format=Point, response_type=dict)
    with pytest.raises(TypeError, match=r"^text_format: text.* is given as well"):
        responses(model="m", text={"format": {"type": "text"}}, text_format=Point)
    with pytest.raises(TypeError, match=r"^verbosity: text.* is given as well"):
        responses(model="m", text={"verbosity": "low"}, verbosity="low")
    with pytest.raises(TypeError, match=r"^tools\[1\]: made for responses; use function_tool"):
        chat(
            model="m",
            messages=ASK,
            tools=[function_tool(Point), response_function_tool(Point)],
        )
    with pytest.raises(TypeError, match=r"^tools\[0\]: made for chat; use response_function_tool"):
        responses(model="m", tools=[function_tool(Point)])
    with pytest.raises(TypeError, match="temprature"):
        chat(model="m", messages=ASK, temprature=1)
    with pytest.raises(TypeError, match="needs the keyword 'messages'"):
        chat(model="m", response_format=Point)
    assert emulator.requests == []


def test_a_stream_that_is_false_is_none(client: Client) -> None:
    answer = client.responses.parse(model="gpt-5", input="Hi", text_format=Point, stream=False)
    assert isinstance(answer.value, Point)


def test_misfits_are_visible_and_never_raised(client: Client, emulator: Emulator) -> None:
    emulator.script(Say('{"x": "one"}'), CallFunction("Point", '{"x": "one"}'))
    response = client.responses.parse(model="gpt-5", input="Hi", text_format=Point)
    assert isinstance(response.outcome, Misfit)
    assert response.outcome.error.issues[0].path == ("x",)
    with pytest.raises(StructuredOutputError, match="x: expected int, got str"):
        _ = response.value
    called = client.chat.completions.parse(
        model="gpt-4o", messages=ASK, tools=[function_tool(Point)]
    )
    assert isinstance(called.outcome, Called)
    assert called.outcome.calls[0].function.parsed_arguments is None
    assert called.outcome.calls[0].function.misfit.issues[0].path == ("x",)


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    import subprocess
    import sys

    program = """
import sys
from api_openai import Client
from api_openai.emulator import Emulator, MemoryTransport
client = Client(api_key="k", transport=MemoryTransport(Emulator()))
client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
assert not [name for name in sys.modules if "structured" in name]
client.chat.completions.parse(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
loaded = sorted(name for name in sys.modules if "core.api.types." in name)
assert not [name for name in loaded if name.endswith("responses")], loaded
assert "pydantic" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class Empty(msgspec.Struct):
    """Has no fields."""


def test_an_object_without_fields(client: Client) -> None:
    answer = client.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Empty)
    assert answer.value == Empty()
