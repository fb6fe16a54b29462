"""braintrust: `wrap_openai(client)` replaces the methods of one client."""

from typing import Any

from .kit import Bench, Say, Status, case, package, raises

braintrust = package("braintrust")
logger = package("braintrust.logger")
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]

logger.login(api_key=logger.TEST_API_KEY)
memory = logger._internal_with_memory_background_logger()
kept = memory.__enter__()
project = logger.ObjectMetadata(id="tests", name="tests", full_info={})
about = logger.OrgProjectMetadata(org_id="tests", project=project)


def metadata(*args: Any, **kwargs: Any) -> Any:
    """What the service would say of the project."""
    return about


logger._compute_logger_metadata = metadata
logger.init_logger(project="tests")


def told() -> str:
    rows = kept.pop()
    assert rows, "no span"
    return str(rows)


@case
def chat(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client = braintrust.wrap_openai(bench.client())
    client.chat.completions.create(model="gpt-5", messages=HELLO)
    said = told()
    assert "Bonjour" in said
    assert "'prompt_tokens'" in said


@case
async def chat_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client = braintrust.wrap_openai(bench.async_client())
    await client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Bonjour" in told()


@case
def chat_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client = braintrust.wrap_openai(bench.client())
    list(client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True))
    assert "one two three" in told()


@case
async def chat_streamed_in_a_loop(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client = braintrust.wrap_openai(bench.async_client())
    stream = await client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True)
    assert [chunk async for chunk in stream]
    assert "one two three" in told()


@case
def chat_raw(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client = braintrust.wrap_openai(bench.client())
    raw = client.chat.completions.with_raw_response.create(model="gpt-5", messages=HELLO)
    assert raw.parse().choices[0].message.content == "Bonjour"
    assert "Bonjour" in told()


@case
def responses(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    client = braintrust.wrap_openai(bench.client())
    client.responses.create(model="gpt-5", input="Hello")
    assert "Bonjour" in told()


@case
def responses_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    client = braintrust.wrap_openai(bench.client())
    list(client.responses.create(model="gpt-5", input="Hello", stream=True))
    assert "one two three" in told()


@case
def embeddings(bench: Bench) -> None:
    client = braintrust.wrap_openai(bench.client())
    client.embeddings.create(model="text-embedding-3-small", input="a")
    assert "embedding_length" in told()


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    client = braintrust.wrap_openai(bench.client())
    with raises(Exception):
        client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Hello" in told()
