"""The main job in one command: `make demo`.

A streamed response, a chat completion with a function call, an upload, a list and a realtime session,
once each through blocking sockets, asyncio and trio. Without a key it talks to the emulator on a loopback port; with
OPENAI_API_KEY set (and OPENAI_BASE_URL, for another server) it talks to that.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Generator
from typing import Any

from api_openai import AsyncClient, Client
from api_openai.emulator import Emulator, serve_in_thread

MODEL = os.environ.get("OPENAI_MODEL", "gpt-5-mini")
REALTIME_MODEL = os.environ.get("OPENAI_REALTIME_MODEL", "gpt-realtime")
QUESTION = "Say in one sentence what a client library should do when a stream is cut short."
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SPOKEN: Any = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Say hello."}],
}
JSONL = b'{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {}}\n'


class Step:
    """Prints what a step is, and how long it took when it is over."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.first: float | None = None

    def __enter__(self) -> "Step":
        print(f"  {self.title:<19}", end="", flush=True)
        self.start = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        took = (time.perf_counter() - self.start) * 1000
        first = f", first token after {self.first * 1000:.1f} ms" if self.first else ""
        print(f"  [{took:.1f} ms{first}]")

    def token(self, text: str) -> None:
        """Print a part of a streamed answer at once."""
        if self.first is None:
            self.first = time.perf_counter() - self.start
        print(text, end="", flush=True)


def show_call(completion: Any) -> None:
    """Print the function call in a chat completion."""
    message = completion.choices[0].message
    for call in message.tool_calls or ():
        print(f"{call.function.name}({call.function.arguments})", end="")
    if not message.tool_calls:
        print(message.content, end="")


def blocking(client: Client) -> None:
    """The five steps over blocking sockets."""
    with (
        Step("streamed response") as step,
        client.responses.create(model=MODEL, input=QUESTION, stream=True) as stream,
    ):
        for event in stream:
            if event.type == "response.output_text.delta":
                step.token(event.delta)
    with Step("function call"):
        show_call(
            client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": "What is the weather in Oslo?"}],
                tools=[WEATHER],
            )
        )
    with Step("upload"):
        file = client.files.create(file=("demo.jsonl", JSONL), purpose="batch")
        print(f"{file.filename}, {file.bytes} bytes, {file.id}", end="")
    with Step("list"):
        print(", ".join(each.id for each in client.files.list(limit=3).data), end="")
        client.files.delete(file.id)
    talk(client)


def talk(client: Client) -> None:
    """The last step: a session over a WebSocket."""
    with (
        Step("realtime session") as step,
        client.realtime.connect(model=REALTIME_MODEL) as connection,
    ):
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(item=SPOKEN)
        connection.response.create()
        for event in connection:
            if event.type == "response.output_text.delta":
                step.token(event.delta)
            elif event.type == "response.done":
                break


async def asynchronous(client: AsyncClient) -> None:
    """The five steps under asyncio or trio: the same code for both."""
    with Step("streamed response") as step:
        stream = await client.responses.create(model=MODEL, input=QUESTION, stream=True)
        async with stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    step.token(event.delta)
    with Step("function call"):
        show_call(
            await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": "What is the weather in Oslo?"}],
                tools=[WEATHER],
            )
        )
    with Step("upload"):
        file = await client.files.create(file=("demo.jsonl", JSONL), purpose="batch")
        print(f"{file.filename}, {file.bytes} bytes, {file.id}", end="")
    with Step("list"):
        page = await client.files.list(limit=3)
        print(", ".join(each.id for each in page.data), end="")
        await client.files.delete(file.id)
    await talk_in_loop(client)


async def talk_in_loop(client: AsyncClient) -> None:
    """The last step: a session over a WebSocket."""
    with Step("realtime session") as step:
        async with client.realtime.connect(model=REALTIME_MODEL) as connection:
            await connection.session.update(
                session={"type": "realtime", "output_modalities": ["text"]}
            )
            await connection.conversation.item.create(item=SPOKEN)
            await connection.response.create()
            async for event in connection:
                if event.type == "response.output_text.delta":
                    step.token(event.delta)
                elif event.type == "response.done":
                    break


@contextlib.contextmanager
def server() -> Generator[tuple[str | None, str | None]]:
    """Key and base URL: the environment's when there is a key in it, else the emulator's."""
    if os.environ.get("OPENAI_API_KEY"):
        where = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
        print(f"OPENAI_API_KEY is set: talking to {where} (model {MODEL}).")
        yield None, None
        return
    with serve_in_thread(Emulator(pace=0.02)) as base_url:
        print(f"OPENAI_API_KEY is not set: talking to the emulator on {base_url}.")
        yield "sk-demo", base_url


def main() -> int:
    """Run the steps through each transport."""
    with server() as (key, base_url):
        print("\nblocking")
        with Client(api_key=key, base_url=base_url) as client:
            blocking(client)
        print("\nasyncio")
        asyncio.run(asynchronous(AsyncClient(api_key=key, base_url=base_url)))
        try:
            import trio
        except ImportError:
            print("\ntrio is not installed: pip install 'api-openai[trio]'")
        else:
            print("\ntrio")
            trio.run(asynchronous, AsyncClient(api_key=key, base_url=base_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
