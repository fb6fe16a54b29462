"""What type checkers say of `.stream()`. Checked, not run: see test_typing.py."""

from typing import Any, assert_type

import msgspec

from api_openai import AsyncClient, Client, OutputFormat
from api_openai.core.structured.parsed_chat import ParsedChatCompletion
from api_openai.core.structured.parsed_responses import ParsedResponse
from api_openai.streaming import (
    AsyncChatCompletionStream,
    AsyncResponseStream,
    ChatAccumulator,
    ChatCompletionStream,
    ChatCompletionStreamEvent,
    ResponseStream,
    ResponseStreamEvent,
)


class Weather(msgspec.Struct):
    city: str


def chat(client: Client) -> None:
    with client.chat.completions.stream(
        model="m", messages=[{"role": "user", "content": "?"}], response_format=Weather
    ) as stream:
        assert_type(stream, ChatCompletionStream[Weather])
        for event in stream:
            assert_type(event, ChatCompletionStreamEvent[Weather])
            if event.type == "content.delta":
                assert_type(event.delta, str)
                assert_type(event.snapshot, str)
            elif event.type == "content.done":
                assert_type(event.parsed, Weather | None)
            elif event.type == "tool_calls.function.arguments.done":
                assert_type(event.name, str)
            elif event.type == "chunk":
                assert_type(event.chunk.model, str)
        assert_type(stream.get_final_completion(), ParsedChatCompletion[Weather])
        assert_type(stream.get_final_completion().value, Weather)
    with client.chat.completions.stream(model="m", messages=[]) as plain:
        assert_type(plain, ChatCompletionStream[Any])


def responses(client: Client) -> None:
    with client.responses.stream(model="m", input="?", text_format=Weather) as stream:
        assert_type(stream, ResponseStream[Weather])
        for event in stream:
            assert_type(event, ResponseStreamEvent[Weather])
            if event.type == "response.output_text.delta":
                assert_type(event.snapshot, str)
            elif event.type == "response.output_text.done":
                assert_type(event.parsed, Weather | None)
            elif event.type == "response.completed":
                assert_type(event.response, ParsedResponse[Weather])
            elif event.type == "response.created":
                assert_type(event.response.id, str)
        assert_type(stream.get_final_response(), ParsedResponse[Weather])
    with client.responses.stream(response_id="r", starting_after=3) as stored:
        assert_type(stored, ResponseStream[Any])


async def asynchronous(client: AsyncClient) -> None:
    async with client.chat.completions.stream(
        model="m", messages=[], response_format=OutputFormat.of(Weather)
    ) as chat:
        assert_type(chat, AsyncChatCompletionStream[Weather])
        async for event in chat:
            assert_type(event, ChatCompletionStreamEvent[Weather])
        assert_type(await chat.get_final_completion(), ParsedChatCompletion[Weather])
    async with client.responses.stream(model="m", input="?", text_format=Weather) as stream:
        assert_type(stream, AsyncResponseStream[Weather])
        assert_type(await stream.get_final_response(), ParsedResponse[Weather])


def by_hand() -> None:
    assert_type(ChatAccumulator(OutputFormat.of(Weather)).completion().value, Weather)


def wrong(client: Client) -> None:
    client.chat.completions.stream(model="m")  # type: ignore[call-overload]  # pyright: ignore
    client.responses.stream(nonsense=1)  # type: ignore[call-overload]  # pyright: ignore
