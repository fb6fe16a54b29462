"""crewai: its `LLM` makes clients; ours take their place in `_client` and `_async_client`."""

import os
from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

os.environ["CREWAI_DISABLE_TELEMETRY"] = os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"
crewai = package("crewai")
tools = package("crewai.tools")
openai = package("openai")
pydantic = package("pydantic")
City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
OSLO = '{"name": "Oslo", "population": 7}'


def made(bench: Bench, kind: str = "completions", **settings: Any) -> Any:
    llm = crewai.LLM(model="openai/gpt-5", api_key="sk-test", api=kind, **settings)
    llm._client, llm._async_client = bench.client(), bench.async_client()
    return llm


def both(function: Any) -> None:
    for kind in ("completions", "responses"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


@both
def a_call(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench, kind).call("Hello") == "Bonjour"


@both
async def a_call_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert await made(bench, kind).acall("Hello") == "Bonjour"


@both
def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    assert made(bench, kind, stream=True).call("Hello") == "one two three"


@both
async def streamed_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    assert await made(bench, kind, stream=True).acall("Hello") == "one two three"


@both
def a_type(bench: Bench, kind: str) -> None:
    bench.script(Say(OSLO))
    assert made(bench, kind).call("Oslo?", response_model=City).population == 7


@both
def a_type_streamed(bench: Bench, kind: str) -> None:
    bench.script(Say(OSLO))
    answer = made(bench, kind, stream=True).call("Oslo?", response_model=City)
    assert "7" in str(answer)


@both
def a_crew_with_a_tool(bench: Bench, kind: str) -> None:
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    agent = crewai.Agent(
        role="r", goal="g", backstory="b", llm=made(bench, kind), tools=[tools.tool(weather)]
    )
    task = crewai.Task(description="Weather?", expected_output="text", agent=agent)
    assert "sunny" in str(crewai.Crew(agents=[agent], tasks=[task]).kickoff())
    assert "sunny in Oslo" in bench.asked


@both
def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench, kind).call("Hello")
