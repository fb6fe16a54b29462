"""Evaluations, conversations, and sessions of agents."""

from collections.abc import Mapping
from functools import partial

import pytest

from api_openai import Client
from api_openai.emulator import Emulator, MemoryTransport, Pause, SendBytes
from api_openai.emulator.handlers.event_streams import every_event
from api_openai.emulator.handlers.work import Work
from api_openai.emulator.http.json_documents import Object, member
from api_openai.emulator.http.request import RequestHead
from api_openai.emulator.requests.call import Call
from api_openai.emulator.routing.router import Router
from api_openai.emulator.store.state import State

from .peer import actions, answers, ask, decoded, request, sent

AGENTS: Mapping[str, str] = {"openai-beta": "agents=v1"}


@pytest.fixture
def client() -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator()), strict=True)


def test_a_run_of_an_evaluation(client: Client) -> None:
    made = client.evals.create(data_source_config={"type": "logs"}, testing_criteria=[])
    run = client.evals.runs.create(
        made.id, data_source={"type": "jsonl", "source": {"type": "file_id", "id": "file-1"}}
    )
    assert run.status == "queued"
    seen = [client.evals.runs.retrieve(run.id, eval_id=made.id).status for _ in range(2)]
    assert seen == ["in_progress", "completed"]
    other = client.evals.runs.create(
        made.id, data_source={"type": "jsonl", "source": {"type": "file_id", "id": "file-1"}}
    )
    assert client.evals.runs.cancel(other.id, eval_id=made.id).status == "canceled"
    assert client.evals.runs.retrieve(other.id, eval_id=made.id).status == "canceled"


def test_a_conversation_keeps_what_was_said(client: Client) -> None:
    made = client.conversations.create(
        items=[{"type": "message", "role": "user", "content": "I am Ada"}], metadata={"a": "b"}
    )
    assert made.metadata == {"a": "b"}
    first = client.responses.create(model="gpt-4o", input="Who?", conversation=made.id)
    client.responses.create(model="gpt-4o", input="Where?", conversation={"id": made.id})
    items = [each.to_dict() for each in client.conversations.items.list(made.id, order="asc")]
    assert [item["role"] for item in items] == [
        *("user", "user", "assistant", "user", "assistant"),
    ]
    assert items[2]["content"][0]["text"] == first.output_text
    added = client.conversations.items.create(
        made.id, items=[{"type": "message", "role": "user", "content": "Bye"}]
    )
    [item] = added.to_dict()["data"]
    assert (added.first_id, added.last_id) == (item["id"], item["id"])
    got = client.conversations.items.retrieve(item["id"], conversation_id=made.id)
    assert got.to_dict() == item
    assert client.conversations.items.delete(item["id"], conversation_id=made.id).id == made.id
    assert len(list(client.conversations.items.list(made.id))) == 5
    assert client.conversations.delete(made.id).deleted is True


def told(data: list[bytes]) -> list[Object]:
    assert data[-1] == b"[DONE]"
    return [decoded(each) for each in data[:-1]]


def test_a_session_of_an_agent_takes_turns() -> None:
    emulator = Emulator()
    body: Object = {"environment": {"type": "none"}, "agent_id": "agent_1", "input": "Hello Rome"}
    made = ask(emulator, "POST", "/agents/sessions", {**body, "stream": True}, headers=AGENTS)
    events = told(made.events)
    names = [str(event["type"]).removeprefix("agent.session.") for event in events]
    assert names[:3] == ["created", "in_progress", "turn.created"]
    assert names[-2:] == ["turn.completed", "idle"]
    assert len({event["event_id"] for event in events}) == len(events)
    text = "".join(str(event.get("delta", "")) for event in events)
    assert "Hello Rome" in text
    session = member(events[0], "session", "id")
    path = f"/agents/sessions/{session}"
    message: Object = {"type": "agent.session.input.message"}
    message["input"] = [{"role": "user", "content": [{"type": "input_text", "text": "Bye Rome"}]}]
    sent = ask(emulator, "POST", f"{path}/events", {"events": [message]}, headers=AGENTS)
    assert (sent.status, sent.body) == (204, b"")
    again = told(ask(emulator, "GET", f"{path}/events", headers=AGENTS).events)
    assert "Bye Rome" in "".join(str(event.get("delta", "")) for event in again)
    assert again[-1]["type"] == "agent.session.idle"
    assert ask(emulator, "GET", path, headers=AGENTS).document["status"] == "idle"


def test_sessions_without_an_input_wait() -> None:
    emulator = Emulator()
    body: Object = {"environment": {"type": "none"}, "agent_id": "agent_1"}
    made = ask(emulator, "POST", "/agents/sessions", body, headers=AGENTS).document
    assert made["status"] == "idle"


def test_a_stream_that_nobody_described_has_every_event() -> None:
    """What a newer description may bring."""
    router, state = Router(), State()
    head = RequestHead("POST", "/responses", {"beta": "true"})
    route, path = router.catalogue.find(head)
    call = Call(head=head, path=path, document={}, state=state)
    work = Work(route, router.catalogue, call, partial(router.answer, state=state))
    response = every_event(work)
    assert not isinstance(response.body, (bytes, bytearray))
    parts = [part.data for part in response.body]
    assert len(parts) > 50
    assert parts[-1] == b"data: [DONE]\n\n"
    assert parts[-2].startswith(b"event: response.completed\n")
    assert not any(part.startswith(b"event: error\n") for part in parts)


def test_who_listens_first_hears_what_comes() -> None:
    emulator = Emulator()
    body: Object = {"environment": {"type": "none"}, "agent_id": "agent_1"}
    made = ask(emulator, "POST", "/agents/sessions", body, headers=AGENTS).document
    path = f"/agents/sessions/{made['id']}"
    listener = emulator.connection()
    listener.receive_data(request("GET", f"{path}/events", headers=AGENTS))
    first = listener.next_action()
    assert isinstance(first, SendBytes)
    assert isinstance(listener.next_action(), Pause)
    said = [{"role": "user", "content": [{"type": "input_text", "text": "Bye Rome"}]}]
    message: Object = {"type": "agent.session.input.message", "input": said}
    ask(emulator, "POST", f"{path}/events", {"events": [message]}, headers=AGENTS)
    [heard] = answers(first.data + sent(actions(listener)), "GET")
    names = [event["type"] for event in told(heard.events)]
    assert names[0] == "agent.session.in_progress"
    assert names[-1] == "agent.session.idle"


def test_who_listens_to_nothing_is_let_go() -> None:
    emulator = Emulator()
    body: Object = {"environment": {"type": "none"}, "agent_id": "agent_1"}
    made = ask(emulator, "POST", "/agents/sessions", body, headers=AGENTS).document
    heard = ask(emulator, "GET", f"/agents/sessions/{made['id']}/events", headers=AGENTS)
    assert (told(heard.events), heard.complete) == ([], True)


def test_a_result_that_nobody_waits_for() -> None:
    emulator = Emulator()
    result: Object = {"type": "agent.session.input.tool_result", "turn_id": "t", "call_id": "c"}
    result |= {"success": True, "output": "5"}
    path = "/agents/sessions/session_1/events"
    refused = ask(emulator, "POST", path, {"events": [result]}, headers=AGENTS)
    assert (refused.status, refused.error["message"]) == (400, "Unknown pending tool call: c")
