"""litellm: `completion(model="openai/...", client=)`, and `acompletion` with an async client."""

import os
from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # in place of a download
litellm = package("litellm")
openai = package("openai")

ASKED: dict[str, Any] = {
    "model": "openai/gpt-5",
    "messages": [{"role": "user", "content": "Hello"}],
}


@case
def completion(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    answer = litellm.completion(**ASKED, client=bench.client())
    assert answer.choices[0].message.content == "Bonjour"
    assert answer.usage.total_tokens > 0


@case
async def completion_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    answer = await litellm.acompletion(**ASKED, client=bench.async_client())
    assert answer.choices[0].message.content == "Bonjour"


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    stream = litellm.completion(**ASKED, client=bench.client(), stream=True)
    parts = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(parts) == "one two three"


@case
async def streamed_in_a_loop(bench: Bench) -> None:
    bench.script(Say("one two three"))
    stream = await litellm.acompletion(**ASKED, client=bench.async_client(), stream=True)
    parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(parts) == "one two three"


@case
def tool_calls(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    function: dict[str, Any] = {
        "name": "weather",
        "parameters": {"type": "object", "properties": {}},
    }
    tools = [{"type": "function", "function": function}]
    answer = litellm.completion(**ASKED, client=bench.client(), tools=tools)
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"


@case
def embeddings(bench: Bench) -> None:
    answer = litellm.embedding(
        model="openai/text-embedding-3-small", input=["a", "b"], client=bench.client()
    )
    assert len(answer.data) == 2


@case
def too_many_requests(bench: Bench) -> None:
    bench.script(Status(429))
    with raises(openai.RateLimitError):
        litellm.completion(**ASKED, client=bench.client(), num_retries=0)
