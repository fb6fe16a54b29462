"""mem0: its models and embedders make clients of their own; one of ours takes their place in `client`."""

import os
from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

os.environ["MEM0_TELEMETRY"] = "False"
llm_module = package("mem0.llms.openai")
embedder_module = package("mem0.embeddings.openai")
openai = package("openai")
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


def made(bench: Bench) -> Any:
    llm = llm_module.OpenAILLM({"model": "gpt-4o-mini", "api_key": "sk-test"})
    llm.client = bench.client()
    return llm


@case
def a_call(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench).generate_response(HELLO) == "Bonjour"


@case
def json_mode(bench: Bench) -> None:
    bench.script(Say('{"facts": ["is called Ada"]}'))
    asked = [{"role": "user", "content": "Facts, as JSON"}]
    said = made(bench).generate_response(asked, response_format={"type": "json_object"})
    assert "Ada" in said


@case
def tool_calls(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    function: dict[str, Any] = {
        "name": "weather",
        "parameters": {"type": "object", "properties": {}},
    }
    tools = [{"type": "function", "function": function}]
    answer = made(bench).generate_response(HELLO, tools=tools)
    assert answer["tool_calls"] == [{"name": "weather", "arguments": {"city": "Oslo"}}]


@case
def embeddings(bench: Bench) -> None:
    embedder = embedder_module.OpenAIEmbedding()
    embedder.client = bench.client()
    assert len(embedder.embed("a")) > 100
    assert len(embedder.embed_batch(["a", "b"])) == 2


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench).generate_response(HELLO)
