"""llama-index: makes its own clients; ours take their place in `_client` and `_aclient`."""

from typing import Any

from .kit import Bench, Say, Status, case, package, raises

llms = package("llama_index.llms.openai")
openai = package("openai")


def made(bench: Bench, kind: str) -> Any:
    llm = getattr(llms, kind)(model="gpt-5", api_key="sk-test", api_base=bench.url, max_retries=0)
    llm._client, llm._aclient = bench.client(), bench.async_client()
    return llm


def both(function: Any) -> None:
    for kind in ("OpenAI", "OpenAIResponses"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


@both
def complete(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert str(made(bench, kind).complete("Hello")) == "Bonjour"


@both
async def complete_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert str(await made(bench, kind).acomplete("Hello")) == "Bonjour"


@both
def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    parts = [part.delta for part in made(bench, kind).stream_complete("Hello")]
    assert "".join(parts) == "one two three"


@both
def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench, kind).complete("Hello")
