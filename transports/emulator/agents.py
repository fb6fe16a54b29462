"""`/agents/sessions`: an input begins a turn, which ends with an answer, all of it as events.

The events of a session's last turn are told to whoever asks for its stream, whenever that is.
"""

from typing import Any, Final

from .documents import Object, is_array, objects, text
from .exchange import Reply
from .generic import create as made_and_kept
from .streams import told
from .text import content_text, echo, tokens
from .work import Work

SESSION: Final = "beta_agents:AgentSession"
_TURN: Final = "beta_agents:Turn"
_PREFIX: Final = "agent.session"


def create(work: Work) -> Reply:
    """`POST /agents/sessions`, with an input or without one; plain, or as events."""
    facts: Object = {"required_actions": [], "vault_ids": work.body.get("vault_ids") or []}
    facts["metadata"] = work.body.get("metadata") or {}
    session = made_and_kept(work, work.path, "/agents/sessions", facts)
    said = _said(work.body.get("input"))
    events = [_event(work, session, "created", session=dict(session))]
    if said:
        events += _turn(work, session, said)
    else:
        session["status"] = "idle"
    if work.wants_stream:
        return told(events, work.state.pace)
    return work.polled(session, SESSION)


def send(work: Work) -> Reply:
    """`POST /agents/sessions/{session_id}/events`: each message of a user begins a turn."""
    session = _session(work)
    for event in objects(work.body["events"]):
        if event.get("type") == f"{_PREFIX}.input.message":
            _turn(work, session, _said(event.get("input")))
    work.objects.put("/agents/sessions", text(session["id"]), session)
    return Reply(status=204)


def stream(work: Work) -> Reply:
    """`GET /agents/sessions/{session_id}/events`: what happened in the last turn."""
    session = _session(work)
    kept = work.objects.singles.get(_events_of(session), {})
    events = objects(kept.get("events"))
    if not events:
        events = _turn(work, session, "Hello") if work.state.examples else []
    return told(events, work.state.pace)


def _session(work: Work) -> Object:
    return work.stored("/agents/sessions", work.values["session_id"], "session_id", SESSION)


def _events_of(session: Object) -> str:
    return f"/agents/sessions/{session['id']}/last"


def _said(given: object) -> str:
    """Read an input: a text, messages, or parts of one."""
    if isinstance(given, str):
        return given
    if not is_array(given):
        return ""
    parts = [content_text(each.get("content")) or text(each.get("text")) for each in objects(given)]
    return " ".join(part for part in parts if part)


def _event(work: Work, of: Object, name: str, /, **fields: object) -> Object:
    event: Object = {"type": f"{_PREFIX}.{name}", "event_id": work.state.new_id("event_", 24)}
    if "session" not in fields:
        event["session_id"] = of["id"]
    return {**event, **fields}


def _turn(work: Work, session: Object, said: str) -> list[Object]:
    """Take a turn: keep it and its items, and return what happened."""
    state, base = work.state, f"/agents/sessions/{session['id']}"
    name, item = state.new_id("turn_", 24), state.new_id("msg_", 24)
    answer = work.call.scripted.text or echo(said)
    facts: Object = {"id": name, "session_id": session["id"]}
    made = work.made(_TURN, name, facts, at=-1)
    for leftover in ("subagent_id", "error", "prompt_cache_options", "usage"):
        made.pop(leftover, None)
    work.objects.put(f"{base}/turns", name, made, created=True)
    part: Object = {"type": "output_text", "text": answer, "annotations": []}
    question: Object = {
        "type": "message",
        "id": state.new_id("msg_", 24),
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": said}],
        "turn_id": name,
    }
    message: Object = {**question, "id": item, "role": "assistant", "content": [part]}
    for each in (question, message):
        work.objects.put(f"{base}/items", text(each["id"]), each, created=True)
        work.objects.put(f"{base}/turns/{name}/items", text(each["id"]), each, created=True)
    begun = {**made, "status": "in_progress", "completed_at": None}
    here: dict[str, Any] = {"turn_id": name}
    place: dict[str, Any] = {**here, "item_id": item, "output_index": 0, "content_index": 0}
    opening: Object = {**message, "status": "in_progress", "content": []}
    session["status"] = "in_progress"
    events = [
        _event(work, session, "in_progress", session=dict(session)),
        _event(work, session, "turn.created", turn={**begun, "status": "queued"}, **here),
        _event(work, session, "turn.in_progress", turn=begun, **here),
        _event(work, session, "turn.item.added", item=question, **here),
        _event(work, session, "turn.item.added", item=opening, output_index=0, **here),
        _event(work, session, "turn.content_part.added", part={**part, "text": ""}, **place),
    ]
    for piece in tokens(answer):
        events.append(_event(work, session, "turn.output_text.delta", delta=piece, **place))
    session |= {"status": "idle", "last_active_at": state.now()}
    events += [
        _event(work, session, "turn.output_text.done", text=answer, **place),
        _event(work, session, "turn.content_part.done", part=part, **place),
        _event(work, session, "turn.item.done", item=message, output_index=0, **here),
        _event(work, session, "turn.completed", turn=made, **here),
        _event(work, session, "idle", session=dict(session)),
    ]
    work.objects.singles[_events_of(session)] = {"events": events}
    return events
