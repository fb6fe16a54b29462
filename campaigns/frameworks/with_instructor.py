"""instructor: `from_openai(client)`, which wraps the methods of a client."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

instructor = package("instructor")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
OSLO = '{"name": "Oslo", "population": 7}'
ASKED: dict[str, Any] = {
    "model": "gpt-5",
    "response_model": City,
    "messages": [{"role": "user", "content": "Oslo?"}],
    "max_retries": 1,
}


def made(client: Any, mode: str = "TOOLS") -> Any:
    return instructor.from_openai(client, mode=getattr(instructor.Mode, mode))


@case
def tools(bench: Bench) -> None:
    bench.script(CallFunction("City", OSLO))
    assert made(bench.client()).chat.completions.create(**ASKED).population == 7


@case
async def tools_in_a_loop(bench: Bench) -> None:
    bench.script(CallFunction("City", OSLO))
    client = made(bench.async_client())
    assert (await client.chat.completions.create(**ASKED)).population == 7


@case
def json_mode(bench: Bench) -> None:
    bench.script(Say(OSLO))
    assert made(bench.client(), "JSON").chat.completions.create(**ASKED).name == "Oslo"


@case
def with_completion(bench: Bench) -> None:
    bench.script(CallFunction("City", OSLO))
    client = made(bench.client())
    city, completion = client.chat.completions.create_with_completion(**ASKED)
    assert city.name == "Oslo"
    assert completion.usage.total_tokens > 0


@case
def partial(bench: Bench) -> None:
    bench.script(CallFunction("City", OSLO))
    client = made(bench.client())
    parts = list(client.chat.completions.create_partial(**ASKED))
    assert parts[-1].population == 7


@case
def asks_again_where_it_does_not_fit(bench: Bench) -> None:
    bench.script(CallFunction("City", '{"name": "Oslo"}'), CallFunction("City", OSLO))
    client = made(bench.client())
    assert client.chat.completions.create(**{**ASKED, "max_retries": 2}).population == 7
    assert len(bench.emulator.requests) == 2


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(Exception) as caught:
        made(bench.client()).chat.completions.create(**ASKED)
    assert "401" in str(caught.error) or "Asked to fail" in str(caught.error)
