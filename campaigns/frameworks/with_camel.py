"""camel: `OpenAIModel(client=, async_client=)`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

models = package("camel.models")
types = package("camel.types")
openai = package("openai")
pydantic = package("pydantic")
City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


def made(bench: Bench, **settings: Any) -> Any:
    return models.OpenAIModel(
        model_type=types.ModelType.GPT_4O_MINI,
        api_key="sk-test",
        url=bench.url,
        client=bench.client(),
        async_client=bench.async_client(),
        max_retries=0,
        **settings,
    )


@case
def a_call(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench).run(HELLO).choices[0].message.content == "Bonjour"


@case
async def a_call_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench).arun(HELLO)).choices[0].message.content == "Bonjour"


@case
def tool_calls(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    function: dict[str, Any] = {
        "name": "weather",
        "parameters": {"type": "object", "properties": {}},
    }
    answer = made(bench).run(HELLO, tools=[{"type": "function", "function": function}])
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"


@case
def a_type(bench: Bench) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    answer = made(bench).run(HELLO, response_format=City)
    assert answer.choices[0].message.parsed.population == 7


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts = made(bench, model_config_dict={"stream": True}).run(HELLO)
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "one two three"


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench).run(HELLO)
