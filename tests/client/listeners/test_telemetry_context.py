"""Spans by the real SDK: what they are within, what they are sent along with, and contents."""

import gc
import json
import threading
from typing import Any, Final

import anyio
import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider

from api_openai import AsyncClient, Client, OpenAIError
from api_openai.emulator import Emulator
from api_openai.emulator.faults import CallFunction, Status
from api_openai.tracing import Trace, TraceEvent

from .telemetry import KEY, Telemetry, ask

TOOL: Final[Any] = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
}

# Context


def test_a_span_is_current_until_the_call_returns(telemetry: Telemetry, base_url: str) -> None:
    seen: list[Any] = []

    def look(event: TraceEvent) -> None:
        seen.append(trace.get_current_span())

    listeners: list[Trace] = [telemetry.adapter(), look]
    before = context.get_current()
    with Client(api_key=KEY, base_url=base_url, trace=listeners) as client:
        for _ in range(2):
            ask(client)
        stream = ask(client, stream=True)
        assert context.get_current() == before
        list(stream)
    assert context.get_current() == before
    inside = {span.get_span_context().span_id for span in seen} - {0}
    assert inside == {span.context.span_id for span in telemetry.spans if span.context}


def parents(telemetry: Telemetry) -> list[str]:
    names = {span.context.span_id: span.name for span in telemetry.spans if span.context}
    return sorted(
        names[span.parent.span_id]
        for span in telemetry.spans
        if span.parent is not None and span.name.startswith("chat")
    )


@pytest.mark.anyio
async def test_tasks_keep_to_their_spans(telemetry: Telemetry, base_url: str) -> None:
    tracer = telemetry.tracers.get_tracer("mine")
    async with AsyncClient(api_key=KEY, base_url=base_url, trace=telemetry.adapter()) as client:

        async def work(number: int) -> None:
            with tracer.start_as_current_span(f"work {number}"):
                async for _ in await ask(client, stream=True):
                    pass
                await ask(client)

        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(work, number)
    assert parents(telemetry) == sorted(2 * [f"work {number}" for number in range(5)])


def test_threads_keep_to_their_spans(telemetry: Telemetry, client: Client) -> None:
    tracer = telemetry.tracers.get_tracer("mine")

    def work(number: int) -> None:
        with tracer.start_as_current_span(f"work {number}"):
            ask(client)
            list(ask(client, stream=True))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parents(telemetry) == sorted(2 * [f"work {number}" for number in range(5)])


def test_programs_of_several_calls_keep_to_the_span(telemetry: Telemetry, base_url: str) -> None:
    tracer = telemetry.tracers.get_tracer("mine")
    with (
        Client(api_key=KEY, base_url=base_url, trace=telemetry.adapter()) as client,
        tracer.start_as_current_span("upload") as span,
    ):
        client.uploads.upload_file_chunked(
            file=b"x" * 3000, filename="x", mime_type="text/plain", purpose="batch",
            part_size=1000, parallel=3, bytes=3000,
        )  # fmt: skip
    inside = [each for each in telemetry.spans if each.name.startswith("uploads.")]
    assert len(inside) == 5
    assert {each.parent.span_id for each in inside if each.parent} == {
        span.get_span_context().span_id
    }


@pytest.mark.parametrize("propagate", [False, True])
def test_traceparent_goes_along_only_if_asked_for(
    telemetry: Telemetry, base_url: str, emulator: Emulator, propagate: bool
) -> None:
    listener = telemetry.adapter(propagate=propagate)
    with Client(api_key=KEY, base_url=base_url, trace=listener) as client:
        ask(client)
    fields = {name.lower(): value for name, value in emulator.requests[-1].headers.items()}
    assert ("traceparent" in fields) is propagate
    if propagate:
        made = telemetry.span.context
        assert made is not None
        assert fields["traceparent"].startswith(f"00-{made.trace_id:032x}-{made.span_id:016x}-")


# Contents

CONTENTS: Final = (
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
)


def test_contents_stay_out_unless_asked_for(client: Client, telemetry: Telemetry) -> None:
    ask(client, tools=[TOOL])
    list(ask(client, stream=True))
    client.responses.create(model="gpt-5", input="Hi", instructions="Be kind.")
    assert {name for span in telemetry.spans for name in span.attributes or {}} & {
        *CONTENTS
    } == set()
    assert "Be kind." not in repr([span.to_json() for span in telemetry.spans])


@pytest.mark.parametrize("stream", [False, True])
def test_contents_of_a_chat(
    telemetry: Telemetry, base_url: str, emulator: Emulator, stream: bool
) -> None:
    emulator.script(CallFunction("get_weather", '{"city":"Oslo"}'))
    listener = telemetry.adapter(content=True)
    with Client(api_key=KEY, base_url=base_url, trace=listener) as client:
        answer = ask(client, tools=[TOOL], stream=stream)
        if stream:
            list(answer)
    found = telemetry.attributes
    assert json.loads(found["gen_ai.input.messages"]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be kind."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
    ]
    assert json.loads(found["gen_ai.tool.definitions"]) == [
        {"type": "function", "name": "get_weather"}
    ]
    ((call,),) = [each["parts"] for each in json.loads(found["gen_ai.output.messages"])]
    assert call["id"].startswith("call_")
    assert {**call, "id": None} == {
        "type": "tool_call",
        "id": None,
        "name": "get_weather",
        "arguments": {"city": "Oslo"},
    }


@pytest.mark.parametrize("stream", [False, True])
def test_contents_of_a_response(telemetry: Telemetry, base_url: str, stream: Any) -> None:
    listener = telemetry.adapter(content=True)
    with Client(api_key=KEY, base_url=base_url, trace=listener) as client:
        create: Any = client.responses.create
        answer = create(
            model="gpt-4.1", input=f"My key is {KEY}", instructions="Be kind.", stream=stream
        )
        if stream:
            list(answer)
    found = telemetry.attributes
    assert json.loads(found["gen_ai.system_instructions"]) == [
        {"type": "text", "content": "Be kind."}
    ]
    assert "My key is ***" in found["gen_ai.input.messages"]
    ((text,),) = [each["parts"] for each in json.loads(found["gen_ai.output.messages"])]
    assert text["type"] == "text"
    assert KEY not in repr(found)


def test_what_is_not_recorded_is_not_looked_at(base_url: str) -> None:
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    telemetry = Telemetry()
    telemetry.tracers = TracerProvider(sampler=ALWAYS_OFF)
    with Client(api_key=KEY, base_url=base_url, trace=telemetry.adapter(content=True)) as client:
        ask(client)
    assert telemetry.spans == []
    (duration,) = telemetry.points("gen_ai.client.inference.duration")
    assert duration.count == 1
    telemetry.close()


def test_nothing_is_kept_of_calls_that_are_over(
    telemetry: Telemetry, base_url: str, emulator: Emulator
) -> None:
    listener = telemetry.adapter()
    emulator.script(Status(500))
    with Client(api_key=KEY, base_url=base_url, trace=listener) as client:
        with pytest.raises(OpenAIError):
            ask(client)
        ask(client)
        list(ask(client, stream=True))
        stream = ask(client, stream=True)
        assert len(vars(listener)["_calls"]) == 1
        del stream
        gc.collect()
    assert vars(listener)["_calls"] == {}


def test_providers(telemetry: Telemetry) -> None:
    from api_openai import Endpoint
    from api_openai.client.listeners.genai import provider_of

    hosts = {
        "https://api.openai.com/v1": "openai",
        "http://localhost:8000/v1": "openai",
        "https://mine.openai.azure.com/openai": "azure.ai.openai",
        "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1": "aws.bedrock",
        "https://europe-west1-aiplatform.googleapis.com/v1": "gcp.vertex_ai",
    }
    assert {url: provider_of(Endpoint(url)) for url in hosts} == hosts
    assert provider_of(Endpoint("https://proxy.example/v1", auth="api-key")) == "azure.ai.openai"
