"""outlines: `from_openai(client, model)`, which tells clients by their class."""

from typing import Any

from .kit import Bench, Say, Status, case, package, raises

outlines = package("outlines")
pydantic = package("pydantic")

City: Any = pydantic.create_model("City", name=(str, ...), population=(int, ...))
OSLO = '{"name": "Oslo", "population": 7}'


@case
def text(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert outlines.from_openai(bench.client(), "gpt-5")("Hello") == "Bonjour"


@case
def a_type(bench: Bench) -> None:
    bench.script(Say(OSLO))
    answer = outlines.from_openai(bench.client(), "gpt-5")("Oslo?", City)
    assert City.model_validate_json(answer).population == 7


@case
def streamed(bench: Bench) -> None:
    bench.script(Say("one two three"))
    model = outlines.from_openai(bench.client(), "gpt-5")
    assert "".join(model.stream("Hello")) == "one two three"


@case
async def text_in_a_loop(bench: Bench) -> None:
    bench.script(Say("Bonjour"))
    assert await outlines.from_openai(bench.async_client(), "gpt-5")("Hello") == "Bonjour"


@case
async def streamed_in_a_loop(bench: Bench) -> None:
    bench.script(Say("one two three"))
    model = outlines.from_openai(bench.async_client(), "gpt-5")
    assert "".join([part async for part in model.stream("Hello")]) == "one two three"


@case
def a_request_that_is_refused(bench: Bench) -> None:
    bench.script(Status(400))
    with raises(Exception) as caught:
        outlines.from_openai(bench.client(), "gpt-5")("Hello")
    assert "Asked to fail" in str(caught.error)
