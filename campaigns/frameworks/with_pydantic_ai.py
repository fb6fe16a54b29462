"""pydantic-ai: `OpenAIProvider(openai_client=)`, an async client."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

pydantic_ai = package("pydantic_ai")
models = package("pydantic_ai.models.openai")
providers = package("pydantic_ai.providers.openai")
output = package("pydantic_ai.output")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
OSLO = '{"name": "Oslo", "population": 7}'


def made(bench: Bench, kind: str, **settings: Any) -> Any:
    provider = providers.OpenAIProvider(openai_client=bench.async_client())
    return pydantic_ai.Agent(getattr(models, kind)("gpt-5", provider=provider), **settings)


def both(function: Any) -> None:
    for kind in ("OpenAIChatModel", "OpenAIResponsesModel"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


@both
async def a_call(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench, kind).run("Hello")).output == "Bonjour"


@both
async def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    async with made(bench, kind).run_stream("Hello") as run:
        parts = [part async for part in run.stream_text(delta=True, debounce_by=None)]
    assert "".join(parts) == "one two three"


@both
async def a_tool(bench: Bench, kind: str) -> None:
    def weather(city: str) -> str:
        return f"sunny in {city}"

    agent = made(bench, kind)
    agent.tool_plain(weather)
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    assert (await agent.run("Weather?")).output == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@both
async def output_of_the_api(bench: Bench, kind: str) -> None:
    bench.script(Say(OSLO))
    agent = made(bench, kind, output_type=output.NativeOutput(City))
    assert (await agent.run("Oslo?")).output.population == 7


@both
async def output_by_a_tool(bench: Bench, kind: str) -> None:
    bench.script(CallFunction("final_result", OSLO))
    assert (await made(bench, kind, output_type=City).run("Oslo?")).output.population == 7


@both
async def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    with raises(pydantic_ai.ModelHTTPError) as caught:
        await made(bench, kind).run("Hello")
    assert caught.error.status_code == 401
