"""strands: `OpenAIModel(client=)`, an async client. It always sends `tools`, which must not be empty."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

strands = package("strands")
OpenAIModel = package("strands.models.openai").OpenAIModel
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"sunny in {city}"


WEATHER = strands.tool(weather)


def made(bench: Bench, **settings: Any) -> Any:
    model = OpenAIModel(client=bench.async_client(), model_id="gpt-5")
    return strands.Agent(model=model, tools=[WEATHER], callback_handler=None, **settings)


@case
def a_call(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert str(made(bench)("Hello")).strip() == "Bonjour"


@case
async def a_call_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert str(await made(bench).invoke_async("Hello")).strip() == "Bonjour"


@case
async def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts = [event.get("data", "") async for event in made(bench).stream_async("Hello")]
    assert "".join(parts) == "one two three", parts


@case
def a_tool(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    assert str(made(bench)("Weather?")).strip() == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@case
def structured_output(bench: Bench) -> None:
    bench.script(CallFunction("City", '{"name": "Oslo", "population": 7}'))
    answer = made(bench)("Oslo?", structured_output_model=City)
    assert answer.structured_output.population == 7


@case
def too_many_requests_are_throttling(bench: Bench) -> None:
    bench.script(*[Status(429)] * 8)
    throttled = package("strands.types.exceptions").ModelThrottledException
    with raises(throttled):
        made(bench, retry_strategy=None)("Hello")
