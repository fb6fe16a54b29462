"""openai-agents: `OpenAIResponsesModel(openai_client=)`, or `set_default_openai_client`; an async client."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

agents = package("agents")
openai = package("openai")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
agents.set_tracing_disabled(True)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


WEATHER = agents.function_tool(weather)


def made(bench: Bench, kind: str, **settings: Any) -> Any:
    model = getattr(agents, kind)(model="gpt-5", openai_client=bench.async_client())
    return agents.Agent(name="a", model=model, **settings)


def both(function: Any) -> None:
    for kind in ("OpenAIResponsesModel", "OpenAIChatCompletionsModel"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


@both
async def a_call(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    answer = await agents.Runner.run(made(bench, kind), "Hello")
    assert answer.final_output == "Bonjour"
    assert answer.raw_responses[0].usage.total_tokens > 0


@both
async def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    run = agents.Runner.run_streamed(made(bench, kind), "Hello")
    text = ""
    async for event in run.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            text += event.data.delta
    assert text == "one two three"


@both
async def a_tool(bench: Bench, kind: str) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    answer = await agents.Runner.run(made(bench, kind, tools=[WEATHER]), "Weather?")
    assert answer.final_output == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@both
async def structured_output(bench: Bench, kind: str) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    answer = await agents.Runner.run(made(bench, kind, output_type=City), "Oslo?")
    assert answer.final_output.population == 7


@both
async def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        await agents.Runner.run(made(bench, kind), "Hello")


@case
async def the_default_client(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    agents.set_default_openai_client(bench.async_client(), use_for_tracing=False)
    answer = await agents.Runner.run(agents.Agent(name="a", model="gpt-5"), "Hello")
    assert answer.final_output == "Bonjour"
