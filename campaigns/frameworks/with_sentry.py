"""sentry: its integration patches the SDK's classes."""

from typing import Any

from .kit import Bench, Say, Status, case, package, raises

sentry = package("sentry_sdk")
transport = package("sentry_sdk.transport")
integration = package("sentry_sdk.integrations.openai").OpenAIIntegration
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
sent: list[Any] = []


def keep(transport: Any, envelope: Any) -> None:
    """Keep what would be sent."""
    sent.extend(item.payload.json for item in envelope.items)


Kept: Any = type("Kept", (transport.Transport,), {"capture_envelope": keep})
sentry.init(
    dsn="http://key@127.0.0.1:9/1",
    transport=Kept,
    traces_sample_rate=1.0,
    send_default_pii=True,
    integrations=[integration(include_prompts=True)],
)


def told() -> str:
    sentry.flush()
    rows: list[Any] = [span for each in sent if each for span in each.get("items", ())]
    sent.clear()
    found: list[Any] = [
        row["attributes"] for row in rows if "gen_ai.request.model" in row["attributes"]
    ]
    assert found, "no span"
    return str(found)


@case
def chat(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    with sentry.start_transaction(name="t"):
        bench.client().chat.completions.create(model="gpt-5", messages=HELLO)
    said = told()
    assert "Bonjour" in said
    assert "gen_ai.usage.total_tokens" in said


@case
async def chat_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    with sentry.start_transaction(name="t"):
        await bench.async_client().chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Bonjour" in told()


@case
def chat_streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    with sentry.start_transaction(name="t"):
        list(bench.client().chat.completions.create(model="gpt-5", messages=HELLO, stream=True))
    assert "one two three" in told()


@case
def responses(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    with sentry.start_transaction(name="t"):
        bench.client().responses.create(model="gpt-5", input="Hello")
    assert "Bonjour" in told()


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with sentry.start_transaction(name="t"), raises(Exception):
        bench.client().chat.completions.create(model="gpt-5", messages=HELLO)
    assert "Hello" in told()
