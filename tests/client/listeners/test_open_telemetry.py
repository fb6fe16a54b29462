"""Spans and metrics, by the real SDK: names of the conventions, streams, failures, attempts."""

import asyncio
import gc
import json
import re
import time
from contextlib import suppress
from contextvars import copy_context
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import context
from opentelemetry.trace import SpanKind, StatusCode

from api_openai import AsyncClient, Client, OpenAIError
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Html, Raw, Say, Status, Truncate
from api_openai.policies import Retry
from api_openai.tracing import Metrics, Trace, TraceLogger

from ...support.port import ASKED, ScriptedPort, run
from ...support.scripted import PortTransport
from .telemetry import KEY, Telemetry, ask

# Attributes


def test_a_chat_completion(client: Client, telemetry: Telemetry, emulator: Emulator) -> None:
    emulator.script(Say("Hello."))
    answer = ask(
        client, temperature=0.5, top_p=1, max_completion_tokens=7, seed=3, n=1, stop="STOP"
    )
    span = telemetry.span
    assert (span.name, span.kind, span.status.status_code) == (
        "chat gpt-4.1",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    port = int(str(client.base_url).split(":")[2].partition("/")[0])
    assert telemetry.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 1,
        "gen_ai.request.max_tokens": 7,
        "gen_ai.request.seed": 3,
        "gen_ai.request.stop_sequences": ("STOP",),
        "gen_ai.response.id": answer.id,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": answer.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": answer.usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 0,
        "openai.api.type": "chat_completions",
        "openai.response.service_tier": "default",
        "openai.response.system_fingerprint": answer.system_fingerprint,
        "server.address": "127.0.0.1",
        "server.port": port,
    }


def test_a_response(client: Client, telemetry: Telemetry) -> None:
    first = client.responses.create(model="gpt-5", input="Hi")
    telemetry.exporter.clear()
    client.responses.create(
        model="gpt-5",
        input="Hi, in JSON",
        previous_response_id=first.id,
        max_output_tokens=20,
        reasoning={"effort": "low"},
        text={"format": {"type": "json_object"}},
    )
    found = telemetry.attributes
    assert found["gen_ai.request.previous_response.id"] == first.id
    assert found["gen_ai.request.max_tokens"] == 20
    assert found["gen_ai.request.reasoning.level"] == "low"
    assert found["gen_ai.output.type"] == "json"
    assert found["openai.api.type"] == "responses"
    assert found["gen_ai.response.finish_reasons"][0] in ("completed", "max_output_tokens")


def test_embeddings(client: Client, telemetry: Telemetry) -> None:
    client.embeddings.create(
        model="text-embedding-3-small", input=["a", "b"], dimensions=4, encoding_format="float"
    )
    found = telemetry.attributes
    assert telemetry.span.name == "embeddings text-embedding-3-small"
    assert found["gen_ai.embeddings.dimension.count"] == 4
    assert found["gen_ai.request.encoding_formats"] == ("float",)
    assert found["gen_ai.usage.input_tokens"] == 2
    assert "gen_ai.usage.output_tokens" not in found
    (duration,) = telemetry.points("gen_ai.client.embeddings.duration")
    assert duration.count == 1
    (tokens,) = telemetry.points("gen_ai.client.embeddings.operation.input_tokens")
    assert tokens.sum == 2


def test_other_calls_have_their_own_names(client: Client, telemetry: Telemetry) -> None:
    response = client.responses.create(model="gpt-5", input="Hi")
    client.responses.retrieve(response.id)
    client.files.list()
    client.images.generate(model="gpt-image-1", prompt="A lighthouse")
    assert [span.name for span in telemetry.spans] == [
        "chat gpt-5",
        "fetch_response",
        "files.list",
        "generate_content gpt-image-1",
    ]
    assert dict(telemetry.spans[3].attributes or {})["gen_ai.output.type"] == "image"
    (point,) = telemetry.points("gen_ai.client.inference.usage.input_tokens")[:1]
    assert point.attributes["gen_ai.operation.name"] == "chat"
    names = {
        point.attributes["gen_ai.operation.name"]
        for point in telemetry.points("gen_ai.client.operation.duration")
    }
    assert names == {"fetch_response", "files.list"}


NEWER: Final = {
    "gen_ai.prompt.version",
    "gen_ai.request.previous_response.id",
    "gen_ai.request.reasoning.level",
    "gen_ai.token.modality",
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.image.input_tokens",
    "gen_ai.usage.image.output_tokens",
}
"""Attributes of the GenAI conventions 0.1.0 that the package of the general ones does not have."""


def test_names_are_those_of_the_conventions() -> None:
    from api_openai.client.listeners import genai, genai_metrics, open_telemetry

    home = "opentelemetry.semconv._incubating.attributes"
    areas = ("error", "gen_ai", "http", "openai", "server")
    modules = [import_module(f"{home}.{each}_attributes") for each in areas]
    known = {value for each in modules for value in vars(each).values() if isinstance(value, str)}
    known -= {"gen_ai.system", "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"}
    used: set[str] = set()
    for module in (genai, genai_metrics, open_telemetry):
        text = Path(str(module.__file__)).read_text("utf-8")
        used |= set(re.findall(r'"((?:gen_ai|openai|server|error|http)\.[\w.]+)"', text))
    used = {name for name in used if not name.startswith("gen_ai.client.")}
    assert len(used) > 40
    assert used - known == NEWER & used
    page = Path(__file__).parents[3] / "docs" / "opentelemetry.md"
    assert {name for name in used if f"`{name}`" not in page.read_text("utf-8")} == set()


def test_all_metrics_are_on_the_page(client: Client, telemetry: Telemetry) -> None:
    client.files.list()
    client.embeddings.create(model="text-embedding-3-small", input="a")
    list(ask(client, stream=True))
    page = (Path(__file__).parents[3] / "docs" / "opentelemetry.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `(gen_ai\.client\.[\w.]+)`", page, re.MULTILINE))
    seldom = {name for name in rows if "cache" in name or "reasoning" in name}
    assert {*telemetry.metrics()} == rows - seldom
    assert len(seldom) == 3


# Streams


def test_a_stream(client: Client, telemetry: Telemetry, emulator: Emulator) -> None:
    emulator.script(Say("One two three."))
    stream = ask(client, stream=True, stream_options={"include_usage": True})
    assert telemetry.spans == [], "it is not over"
    events = list(stream)
    found = telemetry.attributes
    assert found["gen_ai.request.stream"] is True
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["gen_ai.usage.output_tokens"] == events[-1].usage.completion_tokens
    assert found["gen_ai.response.time_to_first_chunk"] > 0
    (first,) = telemetry.points("gen_ai.client.inference.time_to_first_chunk")
    assert first.count == 1
    (between,) = telemetry.points("gen_ai.client.inference.time_per_output_chunk")
    assert between.count == len(events) - 1
    (duration,) = telemetry.points("gen_ai.client.inference.duration")
    assert duration.sum >= first.sum


def test_a_stream_of_responses(client: Client, telemetry: Telemetry) -> None:
    *_, last = client.responses.create(model="gpt-5", input="Hi", stream=True)
    found = telemetry.attributes
    assert last.type == "response.completed"
    assert found["gen_ai.response.id"] == last.response.id
    assert found["gen_ai.response.finish_reasons"] == ("completed",)
    assert last.response.usage is not None
    assert found["gen_ai.usage.input_tokens"] == last.response.usage.input_tokens


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_stream_that_is_not_read_to_its_end(
    client: Client, telemetry: Telemetry, how: str
) -> None:
    stream = ask(client, stream=True)
    next(stream)
    if how == "close":
        stream.close()
    del stream
    gc.collect()
    client.files.list()
    assert [span.name for span in telemetry.spans] == ["chat gpt-4.1", "files.list"]
    span = telemetry.spans[0]
    assert span.status.status_code == StatusCode.UNSET
    assert (span.attributes or {})["gen_ai.response.finish_reasons"] == ("error",)


def test_what_is_dropped_ends_when_it_was_dropped(base_url: str, telemetry: Telemetry) -> None:
    listener = telemetry.adapter()
    with Client(api_key=KEY, base_url=base_url, trace=listener) as client:
        stream = ask(client, stream=True)
        del stream
        gc.collect()
        after = time.time_ns()
        assert telemetry.spans == []
        listener.flush()
    assert telemetry.span.end_time is not None
    assert telemetry.span.end_time <= after
    assert telemetry.span.status.status_code == StatusCode.UNSET


def test_a_stream_that_breaks_off(client: Client, telemetry: Telemetry, emulator: Emulator) -> None:
    emulator.script(Truncate(2))
    with pytest.raises(OpenAIError):
        list(ask(client, stream=True))
    span = telemetry.span
    assert span.status.status_code == StatusCode.ERROR
    assert telemetry.attributes["error.type"] == "StreamTruncatedError"
    (duration,) = telemetry.points("gen_ai.client.inference.duration")
    assert duration.attributes["error.type"] == "StreamTruncatedError"


# Failures and attempts


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "id model choices usage message delta content tool_calls function index"
                " finish_reason prompt_tokens input_tokens response output status error".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(answer=JSON, request=JSON, stream=st.booleans())
def test_nothing_that_is_said_makes_a_listener_raise(
    answer: Any, request: Any, stream: bool
) -> None:
    telemetry = Telemetry()
    listeners: list[Trace] = [
        telemetry.adapter(content=True, attempts=True),
        Metrics(),
        TraceLogger(),
    ]
    body = json.dumps(answer).encode()
    kind = b"text/event-stream" if stream else b"application/json"
    body = b"data: %b\n\ndata: [DONE]\n\n" % body if stream else body
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
    port = ScriptedPort([ASKED, head % (kind, len(body)), body])
    client = AsyncClient(
        api_key="k", base_url="http://a.test", transport=PortTransport(port), trace=listeners
    )

    async def main() -> None:
        fits: bool = isinstance(request, dict)
        found = await ask(client, stream=stream, extra_body=request if fits else {})
        if stream:
            async for _ in found:
                pass

    with suppress(OpenAIError):
        run(main())
    names = [span.name for span in telemetry.spans]
    assert len(names) == 2
    telemetry.close()


def test_an_error(client: Client, telemetry: Telemetry, emulator: Emulator) -> None:
    emulator.script(Status(429))
    with pytest.raises(OpenAIError) as caught:
        ask(client)
    span = telemetry.span
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        str(caught.value),
    )
    assert telemetry.attributes["error.type"] == "RateLimitError"
    (tokens,) = telemetry.points("gen_ai.client.inference.usage.input_tokens")
    assert (tokens.value, tokens.attributes["gen_ai.token.modality"]) == (0, "unknown")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Html(200), "ResponseDecodeError"),
        (
            Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\n" + b'{"error": {"a": 1}}'),
            "APIError",
        ),
    ],
)
def test_an_answer_that_is_none(
    client: Client, telemetry: Telemetry, emulator: Emulator, fault: Any, error: str
) -> None:
    emulator.script(fault)
    with pytest.raises(OpenAIError):
        ask(client)
    assert telemetry.attributes["error.type"] == error


def test_a_coroutine_that_nobody_finishes_disturbs_nobody(
    telemetry: Telemetry, base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        client = AsyncClient(api_key=KEY, base_url=base_url, trace=telemetry.adapter())
        program = client.models.retrieve("gpt-5")
        before = context.get_current()
        copy_context().run(program.send, None)
        program.close()
        assert context.get_current() is before
        await client.close()

    asyncio.run(main())
    assert telemetry.attributes["error.type"] == "GeneratorExit"
    assert caplog.records == []


def test_attempts_are_events_of_one_span(
    client: Client, telemetry: Telemetry, emulator: Emulator
) -> None:
    emulator.script(Status(503))
    ask(client.with_options(retry=Retry(1, initial=0)))
    span = telemetry.span
    assert span.status.status_code == StatusCode.UNSET
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        (
            "attempt.failed",
            {"attempt": 1, "reason": "answered 503", "http.response.status_code": 503},
        ),
        ("policy.retry", {"attempt": 1, "reason": "retry 1 of 1: the schedule says 0 s"}),
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_attempts_are_spans_if_asked_for(
    telemetry: Telemetry, base_url: str, emulator: Emulator, stream: bool
) -> None:
    emulator.script(Status(503))
    listener = telemetry.adapter(attempts=True)
    with Client(
        api_key=KEY, base_url=base_url, trace=listener, retry=Retry(1, initial=0)
    ) as client:
        answer = ask(client, stream=stream)
        if stream:
            list(answer)
    failed, second, call = telemetry.spans
    assert call.context is not None
    for attempt in (failed, second):
        assert attempt.parent is not None
        assert attempt.parent.span_id == call.context.span_id
        assert attempt.name == "POST"
    first, then = dict(failed.attributes or {}), dict(second.attributes or {})
    assert (first["http.response.status_code"], first["error.type"]) == (503, "503")
    assert (then["http.response.status_code"], then["http.request.resend_count"]) == (200, 1)
    assert failed.status.status_code == StatusCode.ERROR
    assert "error.type" not in then


def test_a_call_that_is_cancelled(telemetry: Telemetry, base_url: str) -> None:
    async def main() -> None:
        async with AsyncClient(api_key=KEY, base_url=base_url, trace=telemetry.adapter()) as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.models.retrieve("gpt-5")

    anyio.run(main)
    assert telemetry.attributes["error.type"] == "CancelledError"
