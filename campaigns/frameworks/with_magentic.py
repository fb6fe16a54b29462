"""magentic: `OpenaiChatModel` makes its clients; ours take their place in `_client` and `_async_client`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

magentic = package("magentic")
chat_model = package("magentic.chat_model.openai_chat_model")
openai = package("openai")
pydantic = package("pydantic")
City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def made(bench: Bench) -> Any:
    model = chat_model.OpenaiChatModel("gpt-5", api_key="sk-test", base_url=bench.url)
    model._client, model._async_client = bench.client(), bench.async_client()
    return model


HELLO = [magentic.UserMessage("Hello")]


@case
def text(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench).complete(HELLO).content == "Bonjour"


@case
async def text_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench).acomplete(HELLO)).content == "Bonjour"


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    said = made(bench).complete(HELLO, output_types=[magentic.StreamedStr]).content
    assert "".join(said) == "one two three"


@case
def a_type(bench: Bench) -> None:
    bench.script(CallFunction("return_city", '{"name": "Oslo", "population": 7}'))
    assert made(bench).complete(HELLO, output_types=[City]).content.population == 7


@case
def a_function(bench: Bench) -> None:
    def weather(city: str) -> str:
        return f"sunny in {city}"

    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    answer = made(bench).complete(
        HELLO, functions=[weather], output_types=[str, magentic.FunctionCall]
    )
    assert answer.content() == "sunny in Oslo"


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench).complete(HELLO)
