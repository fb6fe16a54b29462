"""smolagents: `OpenAIModel` makes a client of its own; one of ours takes its place in `client`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

smolagents = package("smolagents")
openai = package("openai")


def made(bench: Bench) -> Any:
    model = smolagents.OpenAIModel(model_id="gpt-5", api_key="sk-test", api_base=bench.url)
    model.client = bench.client()
    return model


HELLO: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]


def weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"sunny in {city}"


WEATHER = smolagents.tool(weather)


@case
def a_call(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    answer = made(bench).generate(HELLO)
    assert answer.content == "Bonjour"
    assert answer.token_usage.input_tokens > 0


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts = [delta.content or "" for delta in made(bench).generate_stream(HELLO)]
    assert "".join(parts) == "one two three"


@case
def an_agent_with_a_tool(bench: Bench) -> None:
    bench.script(
        CallFunction("weather", '{"city": "Oslo"}'),
        CallFunction("final_answer", '{"answer": "It is sunny."}'),
    )
    agent = smolagents.ToolCallingAgent(tools=[WEATHER], model=made(bench), verbosity_level=-1)
    assert agent.run("Weather?") == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@case
def an_agent_that_writes_code(bench: Bench) -> None:
    bench.script(Say('<code>\nfinal_answer("It is sunny.")\n</code>'))
    agent = smolagents.CodeAgent(tools=[], model=made(bench), verbosity_level=-1)
    assert agent.run("Weather?") == "It is sunny."


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench).generate(HELLO)
