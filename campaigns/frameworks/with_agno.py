"""agno: `OpenAIChat(client=, async_client=)`, `OpenAIResponses(...)`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package

Agent = package("agno.agent").Agent
models = package("agno.models.openai")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def made(bench: Bench, kind: str = "OpenAIChat", **settings: Any) -> Any:
    model = getattr(models, kind)(
        id="gpt-5", client=bench.client(), async_client=bench.async_client()
    )
    return Agent(model=model, telemetry=False, **settings)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def both(function: Any) -> None:
    for kind in ("OpenAIChat", "OpenAIResponses"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


@both
def run(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench, kind).run("Hello").content == "Bonjour"


@both
async def run_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench, kind).arun("Hello")).content == "Bonjour"


@both
def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    parts = [event.content or "" for event in made(bench, kind).run("Hello", stream=True)]
    assert "".join(parts).startswith("one two three"), parts


@both
async def streamed_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    parts = [event.content or "" async for event in made(bench, kind).arun("Hello", stream=True)]
    assert "".join(parts).startswith("one two three"), parts


@both
def a_tool(bench: Bench, kind: str) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    assert made(bench, kind, tools=[weather]).run("Weather?").content == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@both
def structured_output(bench: Bench, kind: str) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    assert made(bench, kind, output_schema=City).run("Oslo?").content.population == 7


@both
def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    answer = made(bench, kind).run("Hello")
    assert "Asked to fail" in str(answer.content), answer
