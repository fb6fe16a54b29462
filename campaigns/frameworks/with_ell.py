"""ell: a function decorated with `ell.simple(model, client=client)`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

ell = package("ell")
openai = package("openai")
pydantic = package("pydantic")
City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def hello() -> str:
    """Be kind."""
    return "Hello"


@case
def simple(bench: Bench) -> None:
    bench.script(Say("one two three"))
    assert str(ell.simple("gpt-5", client=bench.client())(hello)()) == "one two three"


@case
def a_type(bench: Bench) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    ask = ell.complex("gpt-5", client=bench.client(), response_format=City)(hello)
    assert ask().parsed.population == 7


@case
def a_tool(bench: Bench) -> None:
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    answer = ell.complex("gpt-5", client=bench.client(), tools=[ell.tool()(weather)])(hello)()
    assert "sunny in Oslo" in str(answer.call_tools_and_collect_as_message())


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        ell.simple("gpt-5", client=bench.client())(hello)()
