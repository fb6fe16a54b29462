"""Counters and histograms: of every fate of a call, in bounded memory, from any number of threads."""

import gc
import threading
from collections import Counter
from functools import reduce
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import AsyncClient, Client, OpenAIError
from api_openai.client.listeners.metrics import HELP
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Status, Truncate
from api_openai.policies import Retry
from api_openai.tracing import BUCKETS, Histogram, Metrics, TraceEvent

from ...support.clients import settled
from ...support.ports import drive

MESSAGES: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_calls_tokens_and_times(metrics: Metrics, base_url: str) -> None:
    with Client(api_key="k", base_url=base_url, trace=metrics) as client:
        answer = client.responses.create(model="gpt-5", input="Hi")
        client.responses.retrieve(answer.id)
        list(client.responses.create(model="gpt-5", input="Hi", stream=True))
        list(
            client.chat.completions.create(
                model="gpt-4.1",
                messages=MESSAGES,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        client.embeddings.create(model="text-embedding-3-small", input="x")
    assert answer.usage is not None
    assert metrics.value("calls") == metrics.value("attempts") == 5
    assert metrics.value("calls_under_way") == metrics.value("errors") == 0
    assert metrics.value("connections") == 1
    assert metrics.value("tokens", model="gpt-5", type="input") == 2 * answer.usage.input_tokens
    assert metrics.value("tokens", model="gpt-5", type="output") == 2 * answer.usage.output_tokens
    assert metrics.value("tokens", operation="chat.completions.create", type="output") > 0
    assert metrics.value("tokens", operation="embeddings.create", type="input") == 1
    assert metrics.value("tokens", operation="responses.retrieve") == 0
    assert metrics.count("call_seconds") == metrics.count("first_byte_seconds") == 5
    assert metrics.count("first_token_seconds") == 2
    assert 0 < metrics.value("first_byte_seconds") <= metrics.value("call_seconds")


def test_failures(metrics: Metrics, base_url: str, emulator: Emulator) -> None:
    client = Client(api_key="k", base_url=base_url, trace=metrics)
    emulator.script(Status(429), Status(503), Status(500), Truncate(1))
    again = client.with_options(retry=Retry(1, initial=0))
    with pytest.raises(OpenAIError):
        client.models.retrieve("gpt-5")
    with pytest.raises(OpenAIError):
        again.models.retrieve("gpt-5")
    with pytest.raises(OpenAIError):
        list(client.responses.create(model="gpt-5", input="Hi", stream=True))
    client.close()
    assert metrics.value("errors", error="RateLimitError") == 1
    assert metrics.value("errors", error="InternalServerError") == 1
    assert metrics.value("errors", error="StreamTruncatedError") == 1
    assert metrics.value("errors") == 3
    assert metrics.value("failed_attempts") == 3
    assert metrics.value("retries") == 1
    assert metrics.value("calls_under_way") == 0
    assert metrics.count("call_seconds") == 3


def test_a_stream_that_is_dropped_is_not_under_way(metrics: Metrics, base_url: str) -> None:
    with Client(api_key="k", base_url=base_url, trace=metrics) as client:
        stream = client.responses.create(model="gpt-5", input="Hi", stream=True)
        next(stream)
        assert metrics.value("calls_under_way") == 1
        del stream
        gc.collect()
    assert metrics.value("calls_under_way") == 0


@pytest.mark.anyio
async def test_an_async_client(metrics: Metrics, base_url: str) -> None:
    async with AsyncClient(api_key="k", base_url=base_url, trace=metrics) as client:
        async for _ in await client.responses.create(model="gpt-5", input="Hi", stream=True):
            pass
    assert metrics.value("calls") == metrics.count("first_token_seconds") == 1


@pytest.mark.parametrize("kind", ["blocking", "asyncio", "trio"])
def test_the_calls_of_one_method_have_a_number_in_common(base_url: str, kind: str) -> None:
    events: list[TraceEvent] = []
    client: Any = {"blocking": Client}.get(kind, AsyncClient)(
        api_key="k", base_url=base_url, trace=events.append
    )

    async def main() -> None:
        for size in (3000, 2000):
            await settled(
                client.uploads.upload_file_chunked(
                    file=b"x" * size, filename="x", mime_type="text/plain", purpose="batch",
                    part_size=1000, parallel=3, bytes=size,
                )
            )  # fmt: skip
        await settled(client.models.retrieve("gpt-5"))
        await settled(client.close())

    drive(kind, main)
    calls = Counter(event.program for event in events if event.kind == "call.start")
    assert [*calls.values()] == [5, 4, 1]
    assert [number > 0 for number in calls] == [True, True, False]


def told(metrics: Metrics, operation: str, model: str, *, error: str | None = None) -> None:
    kind: Any = "call.failed" if error else "call.end"
    metrics(TraceEvent("call.start", 0.0, operation, 0, model=model))
    metrics(TraceEvent(kind, 0.0, operation, 1, model=model, seconds=0.1, error=error, last=True))


@given(models=st.lists(st.text(max_size=8), max_size=30), most=st.integers(1, 5))
def test_memory_is_bounded_and_nothing_is_lost(models: list[str], most: int) -> None:
    metrics = Metrics(max_series=most)
    for model in models:
        told(metrics, "x", model, error=f"E{model}")
    assert metrics.value("calls") == metrics.count("call_seconds") == len(models)
    for family in metrics.collect():
        if family.name != "errors":
            assert len(family.values) <= most + 1
    kept = {dict(labels)["model"] for labels in metrics.collect()[0].values if labels}
    assert kept <= {*models, "other"}


def test_kinds_of_errors_are_bounded(metrics: Metrics) -> None:
    for number in range(300):
        told(metrics, "x", "m", error=f"Error{number}")
    errors = next(each for each in metrics.collect() if each.name == "errors")
    assert len(errors.values) == 101
    assert metrics.value("errors", error="other") == 200


def test_threads_lose_nothing(metrics: Metrics) -> None:
    def work(number: int) -> None:
        for _ in range(200):
            told(metrics, "x", f"m{number % 3}")
            metrics.collect()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.value("calls") == metrics.count("call_seconds") == 16 * 200
    assert metrics.value("calls_under_way") == 0


def test_a_thread_that_is_interrupted_to_tell_waits_for_nobody(metrics: Metrics) -> None:
    """As the garbage collector does, in the midst of anything."""

    class Labels(dict[Any, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            if key[0] == "outer" and "inner" not in {each[0] for each in self}:
                told(metrics, "inner", "m")
            return super().get(key, default)

    vars(metrics)["_series"] = Labels()
    told(metrics, "outer", "m")
    assert metrics.value("calls", operation="inner") >= 1
    assert metrics.value("calls", operation="outer") == 1


@given(values=st.lists(st.floats(0, 1000)))
def test_histograms(values: list[float]) -> None:
    found = Histogram()
    for value in values:
        found.add(value)
    kept = found.copy()
    found.add(1.0)
    assert (kept.count, kept.sum) == (
        len(values),
        reduce(add, values, 0.0),
    )  # `sum` corrects itself from 3.12 on
    expected = [sum(value <= bound for value in values) for bound in BUCKETS]
    assert [count for _, count in kept.at_most()] == [*expected, len(values)]


def test_what_is_collected_stays_as_it_was(metrics: Metrics) -> None:
    told(metrics, "x", "m")
    before = {each.name: each for each in metrics.collect()}
    assert list(before) == list(HELP)
    told(metrics, "x", "m")
    assert [*before["calls"].values.values()] == [1]
    (histogram,) = before["call_seconds"].values.values()
    assert isinstance(histogram, Histogram)
    assert histogram.count == 1
    metrics.reset()
    assert metrics.value("calls") == 0
    with pytest.raises(ValueError, match="name='nothing': expected one of calls, "):
        metrics.value("nothing")
    with pytest.raises(ValueError, match="max_series=0: expected a number of 1 or more"):
        Metrics(max_series=0)
