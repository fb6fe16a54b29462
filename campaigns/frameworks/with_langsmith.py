"""langsmith: `wrap_openai(client)` replaces the methods of one client."""

import os
from typing import Any
from unittest.mock import Mock

from .kit import Bench, Say, Status, case, package, raises

os.environ["LANGSMITH_TRACING"] = "true"
langsmith = package("langsmith")
wrappers = package("langsmith.wrappers")
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


def wrapped(client: Any) -> tuple[Any, Any]:
    """The client, and what stands for the service: it keeps what it is told."""
    service = Mock(spec=langsmith.Client)
    return wrappers.wrap_openai(client, tracing_extra={"client": service}), service


def told(service: Any) -> str:
    calls = service.update_run.call_args_list
    assert len(calls) == 1, "no run"
    return str(calls)


@case
def chat(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client, service = wrapped(bench.client())
    client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Bonjour" in told(service)
    assert "'total_tokens'" in told(service)


@case
async def chat_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client, service = wrapped(bench.async_client())
    await client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Bonjour" in told(service)


@case
def chat_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client, service = wrapped(bench.client())
    list(client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True))
    assert "one two three" in told(service)


@case
async def chat_streamed_in_a_loop(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client, service = wrapped(bench.async_client())
    stream = await client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True)
    assert [chunk async for chunk in stream]
    assert "one two three" in told(service)


@case
def chat_raw(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client, service = wrapped(bench.client())
    raw = client.chat.completions.with_raw_response.create(model="gpt-5", messages=HELLO)
    assert raw.parse().choices[0].message.content == "Bonjour"
    assert service


@case
def responses(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client, service = wrapped(bench.client())
    client.responses.create(model="gpt-5", input="Hello")
    assert "Bonjour" in told(service)


@case
def responses_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client, service = wrapped(bench.client())
    list(client.responses.create(model="gpt-5", input="Hello", stream=True))
    assert "one two three" in told(service)


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    client, service = wrapped(bench.client())
    with raises(Exception):
        client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert "AuthenticationError" in told(service)
