"""Cases of observers: programs that patch the SDK, and are to see calls that this client carries."""

from collections.abc import Callable
from typing import Any

from .kit import Bench, Say, Status, case, package, raises

__all__ = ["exporter_and_provider", "observe"]

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


def exporter_and_provider() -> tuple[Any, Any]:
    """Where spans end, and what makes them."""
    sdk = package("opentelemetry.sdk.trace")
    export = package("opentelemetry.sdk.trace.export")
    exporter = package(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter"
    ).InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    return exporter, provider


def observe(
    exporter: Any,
    prepare: Callable[[Any], Any] = lambda client: client,
    *,
    content: bool = True,
    of_responses: bool = True,
) -> None:
    """Make the cases of an observer; `prepare` takes each client before it is used.

    Without `content` its spans do not hold what was said, but the model that said it.
    """

    def spans() -> list[Any]:
        seen = list(exporter.get_finished_spans())
        exporter.clear()
        assert seen, "no span"
        return seen

    def saw(text: str) -> bool:
        attributes = [dict(span.attributes) for span in spans()]
        if not content:
            return any(each.get("gen_ai.response.model") for each in attributes)
        return text in str(attributes)

    @case
    def chat(bench: Bench) -> None:
        bench.script(Say("Bonjour"))
        prepare(bench.client()).chat.completions.create(model="gpt-5", messages=HELLO)
        assert saw("Bonjour")

    @case
    def chat_streamed(bench: Bench) -> None:
        bench.script(Say("one two three"))
        client = prepare(bench.client())
        list(client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True))
        assert saw("one two three")

    @case
    async def chat_streamed_in_a_loop(bench: Bench) -> None:
        bench.script(Say("one two three"))
        client = prepare(bench.async_client())
        stream = await client.chat.completions.create(model="gpt-5", messages=HELLO, stream=True)
        assert [chunk async for chunk in stream]
        assert saw("one two three")

    def responses(bench: Bench) -> None:
        bench.script(Say("Bonjour"))
        prepare(bench.client()).responses.create(model="gpt-5", input="Hello")
        assert saw("Bonjour")

    @case
    def a_wrong_key(bench: Bench) -> None:
        bench.script(Status(401))
        client = prepare(bench.client())
        with raises(Exception):
            client.chat.completions.create(model="gpt-5", messages=HELLO)
        assert any(span.status.status_code.name == "ERROR" for span in spans())

    if of_responses:
        case(responses)
    assert all((chat, chat_streamed, chat_streamed_in_a_loop, responses, a_wrong_key))
