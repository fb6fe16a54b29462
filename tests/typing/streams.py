"""What type checkers say of `.stream()`. Checked, not run: see test_typing.py."""

from typing import Any, assert_type

import msgspec

from api_openai import AsyncClient, AsyncStream, Client, OutputFormat, Resume, Stream
from api_openai.core.api.types.responses_events import ResponseStreamEvent as ApiEvent
from api_openai.core.structured.parsed_chat import ParsedChatCompletion
from api_openai.core.structured.parsed_responses import ParsedResponse
from api_openai.streaming import (
    AsyncChatCompletionStream,
    AsyncResponseStream,
    AsyncResumingStream,
    ChatAccumulator,
    ChatCompletionStream,
    ChatCompletionStreamEvent,
    ResponsePolledEvent,
    ResponseStream,
    ResponseStreamEvent,
    ResumingStream,
    smooth,
)
from api_openai.types.chat import ChatCompletionChunk
from api_openai.types.responses import Response


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


def followed(client: Client) -> None:
    asked = client.responses.follow(model="m", input="?", background=True, resume=Resume())
    with asked as stream:
        assert_type(stream, ResumingStream[ApiEvent | ResponsePolledEvent])
        assert_type(stream.response_id, str | None)
        assert_type(stream.cancel_response(), Response)
        assert_type(smooth(stream, size=1), Stream[ApiEvent | ResponsePolledEvent])
        for event in stream:
            if event.type == "polled":
                assert_type(event.reason, str)
    with client.responses.stream(model="m", input="?", background=True, resume=Resume()) as adds_up:
        assert_type(smooth(adds_up, newline=True), ResponseStream[Any])
    created = client.chat.completions.create(messages=[], model="m", stream=True, stream_end="body")
    assert_type(smooth(created, age=0.1), Stream[ChatCompletionChunk])


async def followed_in_a_loop(client: AsyncClient) -> None:
    async with client.responses.follow(response_id="r", starting_after=1) as stream:
        assert_type(stream, AsyncResumingStream[ApiEvent | ResponsePolledEvent])
        assert_type(await stream.cancel_response(), Response)
        assert_type(smooth(stream, size=1), AsyncStream[ApiEvent | ResponsePolledEvent])


def by_hand() -> None:
    assert_type(ChatAccumulator(OutputFormat.of(Weather)).completion().value, Weather)


def wrong(client: Client) -> None:
    client.chat.completions.stream(model="m")  # type: ignore[call-overload]  # pyright: ignore
    client.responses.stream(nonsense=1)  # type: ignore[call-overload]  # pyright: ignore
