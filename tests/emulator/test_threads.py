"""Assistants: threads, runs, functions, and streams of runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from api_openai import BadRequestError, Client
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Say
from api_openai.emulator.http.json_documents import Object, member, objects

from .peer import Answer, ask, decoded

if TYPE_CHECKING:
    from api_openai.core.api.params.beta_threads import ToolOutput

BETA: Mapping[str, str] = {"openai-beta": "assistants=v2"}
WEATHER: Object = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def client() -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator()), strict=True)


def streamed(answer: Answer) -> list[tuple[str, Object]]:
    """Return the names and the documents of events."""
    assert answer.complete
    found: list[tuple[str, Object]] = []
    blocks = answer.body.decode().strip().split("\n\n")
    assert blocks[-1] == "event: done\ndata: [DONE]"
    for block in blocks[:-1]:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), decoded(data.removeprefix("data: ").encode())))
    return found


def test_a_run_answers_in_its_thread(client: Client) -> None:
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello Rome"}])
    assistant = client.beta.assistants.create(model="gpt-4.1", instructions="Be kind")
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert (run.status, run.model, run.instructions) == ("queued", "gpt-4.1", "Be kind")
    assert (run.thread_id, run.assistant_id, run.completed_at) == (thread.id, assistant.id, None)
    seen = [client.beta.threads.runs.retrieve(run.id, thread_id=thread.id).status for _ in range(3)]
    assert seen == ["in_progress", "completed", "completed"]
    last, first = client.beta.threads.messages.list(thread.id)
    assert (first.role, last.role, last.run_id) == ("user", "assistant", run.id)
    [part] = last.to_dict()["content"]
    assert "Hello Rome" in part["text"]["value"]
    [step] = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    assert (step.type, step.status, step.run_id) == ("message_creation", "completed", run.id)
    assert client.beta.threads.runs.list(thread.id).data[0].usage is not None


def test_a_function_is_asked_for_and_answered(client: Client) -> None:
    threads = client.beta.threads
    content = "What is the weather in Rome?"
    run = threads.create_and_run(
        assistant_id="asst_1",
        thread={"messages": [{"role": "user", "content": content}]},
        tools=[
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                },
            }
        ],
    )
    here = run.thread_id
    for status in ("in_progress", "requires_action", "requires_action"):
        run = threads.runs.retrieve(run.id, thread_id=here)
        assert run.status == status
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", '{"city":"Rome"}')
    with pytest.raises(BadRequestError, match="needs its output"):
        threads.runs.submit_tool_outputs(run.id, thread_id=here, tool_outputs=[])
    outputs: list[ToolOutput] = [{"tool_call_id": call.id, "output": "sunny"}]
    run = threads.runs.submit_tool_outputs(run.id, thread_id=here, tool_outputs=outputs)
    assert (run.status, run.required_action) == ("queued", None)
    with pytest.raises(BadRequestError, match="asks for no outputs"):
        threads.runs.submit_tool_outputs(run.id, thread_id=here, tool_outputs=outputs)
    seen = [threads.runs.retrieve(run.id, thread_id=here).status for _ in range(2)]
    assert seen == ["in_progress", "completed"]
    assert "sunny" in str(threads.messages.list(run.thread_id).data[0].to_dict())
    steps = [
        each.to_dict() for each in threads.runs.steps.list(run.id, thread_id=here, order="asc")
    ]
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert steps[0]["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"


def test_runs_are_cancelled(client: Client) -> None:
    runs = client.beta.threads.runs
    run = runs.create("thread_1", assistant_id="asst_1")
    assert runs.cancel(run.id, thread_id="thread_1").status == "cancelling"
    cancelled = runs.retrieve(run.id, thread_id="thread_1")
    assert (cancelled.status, cancelled.cancelled_at is None) == ("cancelled", False)
    with pytest.raises(BadRequestError, match="cannot be cancelled"):
        runs.cancel(run.id, thread_id="thread_1")


def test_a_streamed_run_tells_all_that_happens() -> None:
    emulator = Emulator(faults=[Say("Bonjour Rome")])
    said: Object = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
    body: Object = {"assistant_id": "a", "thread": {"messages": [said]}, "stream": True}
    events = streamed(ask(emulator, "POST", "/threads/runs", body, headers=BETA))
    names = [name for name, _ in events]
    assert names[:4] == [
        *("thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress"),
    ]
    assert names[4:8] == [
        *("thread.run.step.created", "thread.run.step.in_progress"),
        *("thread.message.created", "thread.message.in_progress"),
    ]
    assert names[-3:] == [
        *("thread.message.completed", "thread.run.step.completed", "thread.run.completed"),
    ]
    deltas = [document for name, document in events if name == "thread.message.delta"]
    parts = [objects(member(each, "delta", "content"))[0] for each in deltas]
    assert "".join(str(member(part, "text", "value")) for part in parts) == "Bonjour Rome"
    thread, run = events[0][1], events[-1][1]
    assert run["thread_id"] == thread["id"]
    statuses = [document["status"] for name, document in events if name.startswith("thread.run.i")]
    assert statuses == ["in_progress"]


def test_a_streamed_run_stops_for_its_functions_and_goes_on() -> None:
    emulator = Emulator()
    body: Object = {"assistant_id": "a", "tools": [WEATHER], "stream": True}
    events = streamed(ask(emulator, "POST", "/threads/thread_1/runs", body, headers=BETA))
    name, run = events[-1]
    assert (name, run["status"]) == ("thread.run.requires_action", "requires_action")
    assert "thread.run.step.delta" in [name for name, _ in events]
    [call] = objects(member(run, "required_action", "submit_tool_outputs", "tool_calls"))
    path = f"/threads/thread_1/runs/{run['id']}/submit_tool_outputs"
    outputs = [{"tool_call_id": call["id"], "output": "42"}]
    body = {"tool_outputs": outputs, "stream": True}
    events = streamed(ask(emulator, "POST", path, body, headers=BETA))
    assert events[0][0] == "thread.run.queued"
    assert events[-1][0] == "thread.run.completed"
    assert "thread.run.created" not in [name for name, _ in events]
