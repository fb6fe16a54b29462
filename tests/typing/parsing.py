"""What type checkers say of structured outputs. Checked, not run: see test_typing.py."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypedDict, assert_never, assert_type

import attrs
import msgspec

from api_openai import (
    APIResponse,
    AsyncClient,
    Called,
    Client,
    Misfit,
    Operation,
    OutputFormat,
    Parsed,
    Refused,
    Stopped,
    function_tool,
    response_function_tool,
)
from api_openai.client.answers.response import AsyncResponseManager, ResponseManager
from api_openai.core.api.types.chat import ChatCompletion
from api_openai.core.api.types.responses import Response
from api_openai.core.structured.parse_operations import completions_parse, responses_parse
from api_openai.core.structured.parsed_chat import ParsedChatCompletion
from api_openai.core.structured.parsed_responses import ParsedResponse


class Weather(msgspec.Struct):
    city: str


@dataclass
class Step:
    text: str


class Movie(TypedDict):
    title: str


@attrs.define
class Point:
    x: int


def chat(client: Client) -> None:
    parse = client.chat.completions.parse
    answer = parse(model="m", messages=[], response_format=Weather)
    assert_type(answer, ParsedChatCompletion[Weather])
    assert_type(answer.value, Weather)
    assert_type(answer.choices[0].message.parsed, Weather | None)
    assert_type(parse(model="m", messages=[], response_format=Step).value, Step)
    assert_type(parse(model="m", messages=[], response_format=Movie).value, Movie)
    assert_type(parse(model="m", messages=[], response_format=Point).value, Point)
    named = OutputFormat.of(Weather, name="w")
    assert_type(named, OutputFormat[Weather])
    assert_type(parse(model="m", messages=[], response_format=named).value, Weather)
    schema: dict[str, object] = {"title": "any", "type": "object"}
    assert_type(parse(model="m", messages=[], response_format=schema), ParsedChatCompletion[Any])
    assert_type(
        parse(model="m", messages=[], tools=[function_tool(Weather)]), ParsedChatCompletion[Any]
    )
    plain: ChatCompletion = answer
    client.chat.completions.create(model="m", messages=[plain.choices[0].message])
    for call in answer.choices[0].message.tool_calls or ():
        if call.type == "function":
            assert_type(call.function.name, str)
            call.function.parsed_arguments  # noqa: B018  # whatever the tool was made of


def outcomes(answer: ParsedChatCompletion[Weather]) -> str:
    outcome = answer.choices[0].outcome
    assert_type(outcome.response, ChatCompletion | Response)
    match outcome:
        case Parsed(value):
            assert_type(value, Weather)
            return value.city
        case Refused(refusal):
            return refusal
        case Stopped(reason, text):
            return reason + text
        case Misfit(error, text):
            return f"{error.issues[0].path} of {text}"
        case Called(calls):
            return str(calls)
        case _:
            assert_never(outcome)


def responses(client: Client) -> None:
    parse = client.responses.parse
    answer = parse(model="m", input="Hi", text_format=Weather, verbosity="low", stream=False)
    assert_type(answer, ParsedResponse[Weather])
    assert_type(answer.output_parsed, Weather | None)
    assert_type(parse(model="m", text_format=Weather, parse_as=Step), ParsedResponse[Step])
    assert_type(parse(model="m", text_format=Weather, parse_as=None), ParsedResponse[Any])
    tools = [response_function_tool(Weather)]
    assert_type(parse(model="m", input="Hi", tools=tools), ParsedResponse[Any])
    plain: Response = answer
    client.responses.create(model="m", input=plain.output)
    for item in answer.output:
        if item.type == "message":
            for part in item.content:
                if part.type == "output_text":
                    assert_type(part.parsed, Weather | None)
        elif item.type == "function_call":
            item.parsed_arguments  # noqa: B018  # whatever the tool was made of


def views(client: Client) -> None:
    raw = client.chat.completions.with_raw_response
    assert_type(
        raw.parse(model="m", messages=[], response_format=Weather),
        APIResponse[ParsedChatCompletion[Weather]],
    )
    streaming = client.responses.with_streaming_response
    assert_type(
        streaming.parse(model="m", text_format=Weather), ResponseManager[ParsedResponse[Weather]]
    )


async def asynchronous(client: AsyncClient) -> None:
    chat = client.chat.completions
    parse = chat.parse
    await assert_type(
        parse(model="m", messages=[], response_format=Weather),
        Coroutine[Any, Any, ParsedChatCompletion[Weather]],
    )
    assert_type((await client.responses.parse(model="m", text_format=Step)).value, Step)
    assert_type(
        await chat.with_raw_response.parse(model="m", messages=[], response_format=Weather),
        APIResponse[ParsedChatCompletion[Weather]],
    )
    streaming = client.responses.with_streaming_response
    assert_type(
        streaming.parse(model="m", text_format=Weather),
        AsyncResponseManager[ParsedResponse[Weather]],
    )


def operations(client: Client) -> None:
    operation = completions_parse(model="m", messages=[], response_format=Weather)
    assert_type(operation, Operation[ParsedChatCompletion[Weather], ParsedChatCompletion[Weather]])
    assert_type(client.send(operation).value, Weather)
    assert_type(client.send(responses_parse(text_format=Step)).value, Step)


def mistakes(client: Client) -> None:
    parse = client.chat.completions.parse
    parse(model="m", messages=[], response_format=Weather, temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    parse(model="m", response_format=Weather)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    parse(model="m", messages=[], response_format=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    client.responses.parse(text_format=Weather, stream=True)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
