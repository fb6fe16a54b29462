"""autogen: `BaseOpenAIChatCompletionClient(client=)`, an async client."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

openai = package("openai")
autogen = package("autogen_ext.models.openai")
models = package("autogen_core.models")
AssistantAgent = package("autogen_agentchat.agents").AssistantAgent

INFO = models.ModelInfo(
    vision=False,
    function_calling=True,
    json_output=True,
    family="gpt-4o",
    structured_output=True,
)
HELLO = [models.UserMessage(content="Hello", source="user")]


def made(bench: Bench) -> Any:
    return autogen.BaseOpenAIChatCompletionClient(
        client=bench.async_client(), create_args={"model": "gpt-5"}, model_info=INFO
    )


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@case
async def create(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    answer = await made(bench).create(HELLO)
    assert answer.content == "Bonjour"
    assert answer.usage.prompt_tokens > 0


@case
async def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts = [part async for part in made(bench).create_stream(HELLO)]
    assert "".join(part for part in parts if isinstance(part, str)) == "one two three"


@case
async def an_agent_with_a_tool(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'), Say("It is sunny."))
    agent = AssistantAgent("a", model_client=made(bench), tools=[weather], reflect_on_tool_use=True)
    assert (await agent.run(task="Weather?")).messages[-1].content == "It is sunny."


@case
async def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        await made(bench).create(HELLO)
