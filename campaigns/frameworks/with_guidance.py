"""guidance: an interpreter over a client; `OpenAI(...)` makes one, and ours takes its place."""

from typing import Any

from .kit import Bench, Say, Status, case, package, raises

guidance = package("guidance")
base = package("guidance.models._openai_base")
openai = package("openai")


def made(bench: Bench) -> Any:
    model = guidance.models.OpenAI("gpt-4o-mini", api_key="sk-test", base_url=bench.url, echo=False)
    model._interpreter.client = base.OpenAIClientWrapper(bench.client())
    return model


def asked(model: Any, what: Any) -> Any:
    with guidance.user():
        model += "Hello"
    with guidance.assistant():
        model += what
    return model


@case
def text(bench: Bench) -> None:
    bench.script(Say("one two three"))
    assert asked(made(bench), guidance.gen("said"))["said"] == "one two three"


@case
def two_turns(bench: Bench) -> None:
    bench.script(Say("one"), Say("two"))
    model = asked(made(bench), guidance.gen("first"))
    assert asked(model, guidance.gen("second"))["second"] == "two"
    assert '"one"' in bench.asked


@case
def json_of_a_schema(bench: Bench) -> None:
    bench.script(Say('{"name": "Oslo"}'))
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    schema["additionalProperties"] = False
    said = asked(made(bench), guidance.json("said", schema=schema))["said"]
    assert said == '{"name": "Oslo"}'


@case
def a_wrong_key(bench: Bench) -> None:
    bench.script(Status(401))
    with raises(openai.AuthenticationError):
        asked(made(bench), guidance.gen("said"))
