"""mirascope: its providers make clients; ours take their place in `client` and `async_client`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

llm = package("mirascope.llm")
providers = package("mirascope.llm.providers")
pydantic = package("pydantic")
City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def made(bench: Bench, kind: str) -> Any:
    provider = providers.OpenAIProvider(api_key="sk-test", base_url=bench.url)
    for each in (provider._completions_provider, provider._responses_provider):
        each.client, each.async_client = bench.client(), bench.async_client()
    providers.register_provider(provider, scope="openai/")
    return llm.Model(f"openai/gpt-5:{kind}")


def both(function: Any) -> None:
    for kind in ("completions", "responses"):

        def one(bench: Bench, kind: str = kind) -> Any:
            return function(bench, kind)

        one.__name__ = f"{function.__name__}, {kind}"
        case(one)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


WEATHER = llm.tool(weather)


@both
def a_call(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench, kind).call("Hello").text() == "Bonjour"


@both
async def a_call_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench, kind).call_async("Hello")).text() == "Bonjour"


@both
def streamed(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    answer = made(bench, kind).stream("Hello")
    assert "".join(answer.text_stream(sep="")) == "one two three"


@both
async def streamed_in_a_loop(bench: Bench, kind: str) -> None:
    bench.script(Say("one two three"))
    answer = await made(bench, kind).stream_async("Hello")
    assert "".join([part async for part in answer.text_stream(sep="")]) == "one two three"


@both
def a_tool(bench: Bench, kind: str) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    answer = made(bench, kind).call("Weather?", tools=[WEATHER])
    again = answer.resume(answer.execute_tools())
    assert again.text() == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@both
def a_type(bench: Bench, kind: str) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    answer = made(bench, kind).call("Oslo?", format=llm.format(City, mode="strict"))
    assert answer.parse().population == 7


@both
def a_wrong_key(bench: Bench, kind: str) -> None:
    bench.script(Status(401))
    with raises(llm.AuthenticationError):
        made(bench, kind).call("Hello")
