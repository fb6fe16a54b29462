"""`/agents/sessions`: an input begins a turn, which ends with an answer, all of it as events.

What happens is written down. Who listens hears what nobody has heard yet, and then what comes, up
to the moment when the session has nothing more to do.
"""

from collections.abc import Iterator
from typing import Any, Final

from ...core.json.encode import encode
from ...core.terms.json_text import CodecError, decode_json
from ..fake_data.from_schema import instance
from ..fake_data.texts import content_text, echo, tokens
from ..http.errors import ApiError
from ..http.json_documents import Object, is_array, member, objects, text
from ..http.response import HttpResponse
from ..store.state import SessionLog
from .event_streams import told
from .generic import create as made_and_kept
from .work import Work

SESSION: Final = "beta_agents:AgentSession"
_TURN: Final = "beta_agents:Turn"
_SESSIONS: Final = "/agents/sessions"
_PREFIX: Final = "agent.session"
_PATIENCE: Final = 1200
"""How often one who listens looks whether something has happened, before the stream ends."""


def create(work: Work) -> HttpResponse:
    """`POST /agents/sessions`, with an input or without one; plain, or as events."""
    facts: Object = {"required_actions": [], "vault_ids": work.body.get("vault_ids") or []}
    facts["metadata"] = work.body.get("metadata") or {}
    session = made_and_kept(work, work.path, _SESSIONS, facts)
    said = _said(work.body.get("input"))
    log = _log(work, session)
    _tell(work, log, "created", session=dict(session))
    if said:
        _begin(work, session, said)
    else:
        session["status"] = "idle"
        _tell(work, log, "idle", session=dict(session))
    if work.wants_stream:
        return told(_news(log), work.state.pace)
    if not said:
        log.heard = len(log.events)
    return work.polled(session, SESSION)


def send(work: Work) -> HttpResponse:
    """`POST /agents/sessions/{session_id}/events`: a message begins a turn, a result goes on."""
    session = _session(work)
    for event in objects(work.body["events"]):
        if event.get("type") == f"{_PREFIX}.input.message":
            _begin(work, session, _said(event.get("input")))
        elif event.get("type") == f"{_PREFIX}.input.tool_result":
            _go_on(work, session, event)
    work.objects.put(_SESSIONS, text(session["id"]), session)
    return HttpResponse(status=204)


def stream(work: Work) -> HttpResponse:
    """`GET /agents/sessions/{session_id}/events`: what nobody has heard yet, and what comes."""
    session = _session(work)
    log = _log(work, session)
    made = work.objects.is_real(_SESSIONS, text(session["id"]))
    if not made and log.heard == len(log.events):
        _begin(work, session, "Hello")  # one that nobody made has something to tell, too
    return told(_news(log), work.state.pace)


def _session(work: Work) -> Object:
    return work.stored(_SESSIONS, work.values["session_id"], "session_id", SESSION)


def _log(work: Work, session: Object) -> SessionLog:
    logs, name = work.state.sessions, text(session["id"])
    if name not in logs:
        work.state.put(logs, name, SessionLog(name))
    return logs[name]


def _news(log: SessionLog) -> Iterator[Object | None]:
    """Give events up to the one that says that the session is idle; `None` is a short silence."""
    at, silences = log.heard, 0
    while silences < _PATIENCE:
        if at == len(log.events):
            silences += 1
            yield None
            continue
        event, silences = log.events[at], 0
        at += 1
        log.heard = max(log.heard, at)
        yield event
        if event["type"] == f"{_PREFIX}.idle":
            return


def _said(given: object) -> str:
    """Read an input: a text, messages, or parts of one."""
    if isinstance(given, str):
        return given
    if not is_array(given):
        return ""
    parts = [content_text(each.get("content")) or text(each.get("text")) for each in objects(given)]
    return " ".join(part for part in parts if part)


def _tell(work: Work, log: SessionLog, name: str, /, **fields: object) -> None:
    event: Object = {"type": f"{_PREFIX}.{name}", "event_id": work.state.new_id("event_", 24)}
    if "session" not in fields:
        event["session_id"] = log.name
    log.events.append({**event, **fields})


def _begin(work: Work, session: Object, said: str) -> None:
    """Take up a turn: to its end, or to a call of a function that the script wants."""
    state, log = work.state, _log(work, session)
    turn = _turn(work, session)
    here: dict[str, Any] = {"turn_id": turn["id"]}
    question: Object = {
        "type": "message",
        "id": state.new_id("msg_", 24),
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": said}],
        **here,
    }
    _keep(work, session, question)
    session["status"] = "in_progress"
    _tell(work, log, "in_progress", session=dict(session))
    _tell(work, log, "turn.created", turn={**turn, "status": "queued"}, **here)
    _tell(work, log, "turn.in_progress", turn=dict(turn), **here)
    _tell(work, log, "turn.item.added", item=question, **here)
    call = work.call.scripted.call
    if call is None:
        _answer(work, session, turn, said)
        return
    item: Object = {
        "type": "function_call",
        "id": state.new_id("fc_", 24),
        "call_id": state.new_id("call_", 24),
        "name": call[0],
        "arguments": _arguments(call[1]),
        "status": "in_progress",
        **here,
    }
    log.calls[text(item["call_id"])] = (item, turn)
    _tell(work, log, "turn.item.added", item=item, output_index=0, **here)


def _go_on(work: Work, session: Object, result: Object) -> None:
    """Take the result of a call, and finish its turn."""
    log, name = _log(work, session), text(result.get("call_id"))
    if name not in log.calls:
        raise ApiError(400, f"Unknown pending tool call: {name}", param="events")
    item, turn = log.calls.pop(name)
    here: dict[str, Any] = {"turn_id": turn["id"]}
    done = {**item, "status": "completed" if result.get("success") else "failed"}
    _keep(work, session, done)
    _tell(work, log, "turn.item.done", item=done, output_index=0, **here)
    output = result.get("output") if result.get("success") else result.get("error")
    said = output if isinstance(output, str) else content_text(output)
    _answer(work, session, turn, said)


def _answer(work: Work, session: Object, turn: Object, said: str) -> None:
    """Answer in the agent's format, and end a turn with it."""
    state, log = work.state, _log(work, session)
    answer = work.call.scripted.text or _in_format(session, said)
    here: dict[str, Any] = {"turn_id": turn["id"]}
    item = state.new_id("msg_", 24)
    part: Object = {"type": "output_text", "text": answer, "annotations": []}
    place: dict[str, Any] = {**here, "item_id": item, "output_index": 0, "content_index": 0}
    message: Object = {"type": "message", "id": item, "role": "assistant", "status": "completed"}
    message |= {"content": [part], **here}
    _keep(work, session, message)
    opening: Object = {**message, "status": "in_progress", "content": []}
    _tell(work, log, "turn.item.added", item=opening, output_index=0, **here)
    _tell(work, log, "turn.content_part.added", part={**part, "text": ""}, **place)
    for piece in tokens(answer):
        _tell(work, log, "turn.output_text.delta", delta=piece, **place)
    _tell(work, log, "turn.output_text.done", text=answer, **place)
    _tell(work, log, "turn.content_part.done", part=part, **place)
    _tell(work, log, "turn.item.done", item=message, output_index=0, **here)
    turn |= {"status": "completed", "completed_at": state.now()}
    _tell(work, log, "turn.completed", turn=dict(turn), **here)
    session |= {"status": "idle", "last_active_at": state.now()}
    _tell(work, log, "idle", session=dict(session))


def _in_format(session: Object, said: str) -> str:
    wanted = member(session, "agent", "text", "format")
    if text(member(wanted, "type")) == "json_schema":
        return encode(instance(member(wanted, "schema"), said)).decode()
    return echo(said)


def _turn(work: Work, session: Object) -> Object:
    """Make a turn and keep it."""
    name = work.state.new_id("turn_", 24)
    made = work.made(_TURN, name, {"id": name, "session_id": session["id"]}, at=-1)
    for leftover in ("subagent_id", "error", "prompt_cache_options", "usage"):
        made.pop(leftover, None)
    made |= {"status": "in_progress", "completed_at": None}
    return work.objects.put(f"{_SESSIONS}/{session['id']}/turns", name, made, created=True)


def _keep(work: Work, session: Object, item: Object) -> None:
    """Keep an item, in the lists of its session and of its turn."""
    base = f"{_SESSIONS}/{session['id']}"
    for path in (f"{base}/items", f"{base}/turns/{item['turn_id']}/items"):
        work.objects.put(path, text(item["id"]), item, created=True)


def _arguments(written: str) -> object:
    try:
        return decode_json(written.encode())
    except CodecError:
        return written
