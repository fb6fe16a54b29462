"""What type checkers say of webhooks, assistants and agents. Checked, not run: see test_typing.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

import msgspec

from api_openai import (
    AgentToolError,
    AgentTurnResult,
    APIResponse,
    AssistantEventHandler,
    AsyncAssistantEventHandler,
    AsyncClient,
    BinaryContent,
    Client,
    OutputFormat,
    PreparedAgentFiles,
    StagedAgentFile,
    webhooks,
)
from api_openai.client.answers.agent_streams import (
    AgentSessionEventStream,
    AsyncAgentSessionEventStream,
)
from api_openai.client.answers.response import ResponseManager
from api_openai.core.api.params.beta_agents import EnvironmentParam
from api_openai.core.api.types.beta_agents import AgentSession, AgentSessionEvent
from api_openai.types.beta import AssistantStreamEvent
from api_openai.types.beta.threads import Message, Run, Text, TextDelta
from api_openai.types.webhooks import ResponseCompletedWebhookEvent, UnwrapWebhookEvent

NONE: EnvironmentParam = {"type": "none"}


class Weather(msgspec.Struct):
    city: str


class Handler(AssistantEventHandler):
    def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
        assert_type(snapshot.value, str)


class AsyncHandler(AsyncAssistantEventHandler):
    async def on_message_done(self, message: Message) -> None:
        assert_type(self.current_run, Run | None)


def received(client: Client, body: bytes, headers: Mapping[str, str]) -> None:
    event = client.webhooks.unwrap(body, headers, secret="s")
    assert_type(event, UnwrapWebhookEvent)
    if event.type == "response.completed":
        assert_type(event, ResponseCompletedWebhookEvent)
        assert_type(event.data.id, str)
    client.webhooks.verify_signature(body, [(b"webhook-id", b"1")], tolerance=5)
    assert_type(webhooks.unwrap(body, dict(headers), "s"), UnwrapWebhookEvent)
    client.webhooks.unwrap(5, headers)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    raw = client.with_raw_response.webhooks
    raw.unwrap(body, headers)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def received_async(client: AsyncClient, body: str, headers: Mapping[str, str]) -> None:
    assert_type(client.webhooks.unwrap(body, headers), UnwrapWebhookEvent)


def runs(client: Client) -> None:
    with client.beta.threads.runs.stream("t", assistant_id="a") as stream:
        assert_type(stream, AssistantEventHandler)
        assert_type(next(stream), AssistantStreamEvent)
        assert_type(stream.get_final_run(), Run)
        assert_type(stream.get_final_messages(), list[Message])
    with client.beta.threads.create_and_run_stream(assistant_id="a", event_handler=Handler()) as h:
        assert_type(h, Handler)
    runs = client.beta.threads.runs
    with runs.submit_tool_outputs_stream("r", thread_id="t", tool_outputs=[]) as after:
        assert_type(after, AssistantEventHandler)
    runs.stream("t", assistant_id="a", event_handler=AsyncHandler())  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


async def runs_async(client: AsyncClient) -> None:
    async with client.beta.threads.runs.create_and_stream(
        thread_id="t", assistant_id="a", event_handler=AsyncHandler()
    ) as stream:
        assert_type(stream, AsyncHandler)
        assert_type(await stream.get_final_run(), Run)
        async for text in stream.text_deltas:
            assert_type(text, str)


def add(arguments: dict[str, Any]) -> str:
    return str(arguments)


async def add_later(arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments


async def note(error: AgentToolError) -> None:
    assert_type(error.tool_name, str)


def agents(client: Client) -> None:
    stream = client.beta.agents.sessions.stream
    with stream("s", input="hi", tool_handlers={"add": add}) as events:
        for event in events:
            assert_type(event, AgentSessionEvent)
        assert_type(events.get_final_result(), AgentTurnResult[None])
    with stream("s", input="hi", output_type=Weather) as typed:
        assert_type(typed.get_final_result().output_parsed, Weather | None)
    with stream("s", input="hi", output_type=OutputFormat.of(Weather)) as formatted:
        result = formatted.get_final_result()
        assert_type(result, AgentTurnResult[Weather])
    with stream("s", input="hi", output_type={"type": "object"}) as described:
        assert_type(described.get_final_result(), AgentTurnResult[Any])
    left = client.beta.agents.sessions.artifacts.for_result(result)
    assert_type(left.content("/x"), BinaryContent)
    files = client.beta.agents.environments.files
    assert_type(files.prepare({"/workspace/a": Path("a")}), PreparedAgentFiles)
    assert_type(files.upload("e", file=b"x", path="/workspace/a", timeout=5), StagedAgentFile)


def agents_created(client: Client, known_later: bool) -> None:
    create = client.beta.agents.sessions.create
    assert_type(create(environment=NONE, output_type=Weather), AgentSession)
    plain = create(environment=NONE, input="hi", stream=True, tool_handlers={"add": add})
    assert_type(plain, AgentSessionEventStream[None])
    for event in plain:
        assert_type(event, AgentSessionEvent)
    typed = create(environment=NONE, stream=True, output_type=Weather)
    assert_type(typed.get_final_result().output_parsed, Weather | None)
    formatted = create(environment=NONE, stream=True, output_type=OutputFormat.of(Weather))
    assert_type(formatted.get_final_result(), AgentTurnResult[Weather])
    described = create(environment=NONE, stream=True, output_type={"type": "object"})
    assert_type(described, AgentSessionEventStream[Any])
    either = create(environment=NONE, stream=known_later)
    assert_type(either, AgentSession | AgentSessionEventStream[Any])
    raw = client.beta.agents.sessions.with_raw_response.create
    assert_type(raw(environment=NONE), APIResponse[AgentSession])
    assert_type(raw(environment=NONE, stream=True), APIResponse[AgentSessionEventStream[None]])
    streaming = client.beta.agents.sessions.with_streaming_response.create
    assert_type(streaming(environment=NONE), ResponseManager[AgentSession])


async def agents_created_async(client: AsyncClient) -> None:
    create = client.beta.agents.sessions.create
    assert_type(await create(environment=NONE), AgentSession)
    typed = await create(
        environment=NONE, stream=True, output_type=Weather, tool_handlers={"add": add_later}
    )
    assert_type(await typed.get_final_result(), AgentTurnResult[Weather])
    async for event in typed:
        assert_type(event, AgentSessionEvent)
    raw = client.beta.agents.sessions.with_raw_response.create
    assert_type(
        await raw(environment=NONE, stream=True), APIResponse[AsyncAgentSessionEventStream[None]]
    )


async def agents_async(client: AsyncClient) -> None:
    async with client.beta.agents.sessions.stream(
        "s", input="hi", tool_handlers={"add": add, "later": add_later}, on_tool_error=note
    ) as events:
        async for event in events:
            assert_type(event, AgentSessionEvent)
        result = await events.get_final_result()
    left = client.beta.agents.sessions.artifacts.for_result(result)
    assert_type(await left.content("/x"), BinaryContent)
    files = client.beta.agents.environments.files
    prepared = await files.prepare_directory("d", destination="/workspace", include=["*"])
    assert_type(prepared, PreparedAgentFiles)
