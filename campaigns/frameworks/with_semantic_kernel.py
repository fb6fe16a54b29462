"""semantic-kernel: `OpenAIChatCompletion(async_client=)`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

open_ai = package("semantic_kernel.connectors.ai.open_ai")
functions = package("semantic_kernel.functions")
choices = package("semantic_kernel.connectors.ai.function_choice_behavior")
ChatHistory = package("semantic_kernel.contents").ChatHistory
Kernel = package("semantic_kernel").Kernel


def made(bench: Bench) -> Any:
    return open_ai.OpenAIChatCompletion(ai_model_id="gpt-5", async_client=bench.async_client())


def history() -> Any:
    history = ChatHistory()
    history.add_user_message("Hello")
    return history


def settings(**given: Any) -> Any:
    return open_ai.OpenAIChatPromptExecutionSettings(**given)


class Weather:
    def of(self, city: str) -> str:
        return f"sunny in {city}"

    weather = functions.kernel_function(of, name="weather", description="The weather of a city")


@case
async def chat(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    answer = await made(bench).get_chat_message_content(history(), settings())
    assert str(answer) == "Bonjour"
    assert answer.metadata["usage"].prompt_tokens > 0


@case
async def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    stream = made(bench).get_streaming_chat_message_content(history(), settings())
    assert "".join([str(part) async for part in stream if part]) == "one two three"


@case
async def a_function(bench: Bench) -> None:
    bench.script(CallFunction("w-weather", '{"city": "Oslo"}'), Say("It is sunny."))
    kernel = Kernel()
    kernel.add_plugin(Weather(), "w")
    asked = settings(function_choice_behavior=choices.FunctionChoiceBehavior.Auto())
    answer = await made(bench).get_chat_message_content(history(), asked, kernel=kernel)
    assert str(answer) == "It is sunny."
    assert "sunny in Oslo" in bench.asked


@case
async def embeddings(bench: Bench) -> None:
    embedder = open_ai.OpenAITextEmbedding(
        ai_model_id="text-embedding-3-small", async_client=bench.async_client()
    )
    assert len(await embedder.generate_embeddings(["a", "b"])) == 2


@case
async def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(Exception) as caught:
        await made(bench).get_chat_message_content(history(), settings())
    assert isinstance(caught.error.__cause__, package("openai").AuthenticationError)
