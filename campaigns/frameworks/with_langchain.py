"""langchain-openai: `ChatOpenAI(client=, async_client=, root_client=, root_async_client=)`."""

from typing import Any

from .kit import Bench, CallFunction, Say, Status, case, package, raises

langchain_openai = package("langchain_openai")
tool = package("langchain_core.tools").tool
openai = package("openai")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))


def made(bench: Bench, responses: bool, **settings: Any) -> Any:
    client, async_client = bench.client(), bench.async_client()
    return langchain_openai.ChatOpenAI(
        model="gpt-5",
        use_responses_api=responses,
        client=client.chat.completions,
        async_client=async_client.chat.completions,
        root_client=client,
        root_async_client=async_client,
        **settings,
    )


def text(message: Any) -> str:
    return str(message.text)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


WEATHER = tool(weather)


def both(function: Any) -> None:
    for name, responses in (("chat", False), ("responses", True)):

        def one(bench: Bench, responses: bool = responses) -> Any:
            return function(bench, responses)

        one.__name__ = f"{function.__name__}, {name}"
        case(one)


@both
def invoke(bench: Bench, responses: bool) -> None:
    bench.script(Say("Bonjour"))
    answer = made(bench, responses).invoke("Hello")
    assert text(answer) == "Bonjour"
    assert answer.usage_metadata["total_tokens"] > 0


@both
async def invoke_in_a_loop(bench: Bench, responses: bool) -> None:
    bench.script(Say("Bonjour"))
    assert text(await made(bench, responses).ainvoke("Hello")) == "Bonjour"


@both
def streamed(bench: Bench, responses: bool) -> None:
    bench.script(Say("one two three"))
    parts = [text(part) for part in made(bench, responses).stream("Hello")]
    assert "".join(parts) == "one two three"


@both
async def streamed_in_a_loop(bench: Bench, responses: bool) -> None:
    bench.script(Say("one two three"))
    parts = [text(part) async for part in made(bench, responses).astream("Hello")]
    assert "".join(parts) == "one two three"


@both
def header_fields_of_the_answer(bench: Bench, responses: bool) -> None:
    bench.script(Say("Bonjour"))
    answer = made(bench, responses, include_response_headers=True).invoke("Hello")
    assert answer.response_metadata["headers"]["x-request-id"]


@both
def tools(bench: Bench, responses: bool) -> None:
    bench.script(CallFunction("weather", '{"city": "Oslo"}'))
    answer = made(bench, responses).bind_tools([WEATHER]).invoke("Weather?")
    assert answer.tool_calls[0]["args"] == {"city": "Oslo"}


@both
def structured_output(bench: Bench, responses: bool) -> None:
    bench.script(Say('{"name": "Oslo", "population": 7}'))
    assert made(bench, responses).with_structured_output(City).invoke("Oslo?").population == 7


@both
def a_wrong_key(bench: Bench, responses: bool) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        made(bench, responses).invoke("Hello")


@case
def embeddings(bench: Bench) -> None:
    embedder = langchain_openai.OpenAIEmbeddings(
        client=bench.client().embeddings,
        async_client=bench.async_client().embeddings,
        check_embedding_ctx_length=False,
    )
    assert len(embedder.embed_documents(["a", "b"])) == 2
