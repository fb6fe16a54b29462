"""haystack: components make their own client; one of ours takes its place in `client` and `async_client`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

chat = package("haystack.components.generators.chat")
embedders = package("haystack.components.embedders")
ChatMessage = package("haystack.dataclasses").ChatMessage
tools = package("haystack.tools")
openai = package("openai")

HELLO = [ChatMessage.from_user("Hello")]


def made(bench: Bench, kind: str = "OpenAIChatGenerator", **settings: Any) -> Any:
    component = getattr(chat, kind)(model="gpt-5", **settings)
    component.client, component.async_client = bench.client(), bench.async_client()
    return component


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
TOOL = tools.Tool(name="weather", description="Weather", parameters=PARAMETERS, function=weather)


@case
def chat_generator(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench).run(HELLO)["replies"][0].text == "Bonjour"


@case
async def chat_generator_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert (await made(bench).run_async(HELLO))["replies"][0].text == "Bonjour"


@case
def chat_generator_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts: list[str] = []

    def take(chunk: Any) -> None:
        parts.append(chunk.content)

    made(bench, streaming_callback=take).run(HELLO)
    assert "".join(parts) == "one two three"


@case
async def chat_generator_streamed_in_a_loop(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts: list[str] = []

    async def take(chunk: Any) -> None:
        parts.append(chunk.content)

    await made(bench).run_async(HELLO, streaming_callback=take)
    assert "".join(parts) == "one two three"


@case
def tool_calls(bench: Bench) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    reply = made(bench, tools=[TOOL]).run(HELLO)["replies"][0]
    assert reply.tool_calls[0].arguments == {"city": "Oslo"}


@case
def responses_generator(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert made(bench, "OpenAIResponsesChatGenerator").run(HELLO)["replies"][0].text == "Bonjour"


@case
def responses_generator_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    parts: list[str] = []

    def take(chunk: Any) -> None:
        parts.append(chunk.content)

    made(bench, "OpenAIResponsesChatGenerator", streaming_callback=take).run(HELLO)
    assert "".join(parts) == "one two three"


@case
def text_embedder(bench: Bench) -> None:
    embedder = embedders.OpenAITextEmbedder()
    embedder.client = bench.client()
    assert len(embedder.run("text")["embedding"]) > 100


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench).run(HELLO)
