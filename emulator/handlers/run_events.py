"""The events of a streamed run: named by the event's field, not by a type in the document."""

from collections.abc import Callable, Iterator

from ..fake_data.texts import tokens
from ..http.json_documents import Object, encode, member, objects, text
from ..http.response import HttpResponse, TimedPart
from .work import Work

Event = tuple[str, Object]


def streamed(
    work: Work,
    run: Object,
    advance: Callable[[Work, Object], None],
    *,
    created: Object | None = None,
) -> HttpResponse:
    """Take a run to its end, and answer with all that happens on the way."""
    events: list[Event] = []
    if created is not None:
        events.append(("thread.created", created))
    if not objects(list((work.objects.of(_steps(run)) or {}).values())):
        events.append(("thread.run.created", dict(run)))
    events.append(("thread.run.queued", dict(run)))
    known = set(work.objects.of(_steps(run)) or {})
    while run["status"] in ("queued", "in_progress"):
        advance(work, run)
        if run["status"] == "in_progress":
            events.append(("thread.run.in_progress", dict(run)))
    for name, step in (work.objects.of(_steps(run)) or {}).items():
        if name not in known:
            events.extend(_of_step(work, run, step))
    events.append((f"thread.run.{run['status']}", dict(run)))
    return HttpResponse.events(_parts(events, work.state.pace))


def _steps(run: Object) -> str:
    return f"/threads/{run['thread_id']}/runs/{run['id']}/steps"


def _of_step(work: Work, run: Object, step: Object) -> Iterator[Event]:
    opening = {**step, "status": "in_progress", "completed_at": None}
    if member(step["step_details"], "tool_calls") is not None:
        opening["step_details"] = {"type": "tool_calls", "tool_calls": []}  # they come as deltas
    yield "thread.run.step.created", opening
    yield "thread.run.step.in_progress", opening
    details = step["step_details"]
    name = text(member(details, "message_creation", "message_id"))
    message = work.objects.get(f"/threads/{run['thread_id']}/messages", name)
    if message is not None:
        yield from _of_message(message)
    for at, call in enumerate(objects(member(details, "tool_calls"))):
        delta: Object = {
            "step_details": {"type": "tool_calls", "tool_calls": [{"index": at, **call}]}
        }
        yield (
            "thread.run.step.delta",
            {"id": step["id"], "object": "thread.run.step.delta", "delta": delta},
        )
    if step["status"] == "completed":
        yield "thread.run.step.completed", dict(step)


def _of_message(message: Object) -> Iterator[Event]:
    opening: Object = {**message, "status": "in_progress", "content": [], "completed_at": None}
    yield "thread.message.created", opening
    yield "thread.message.in_progress", opening
    for index, part in enumerate(objects(message["content"])):
        for piece in tokens(text(member(part, "text", "value"))):
            said: Object = {"index": index, "type": "text", "text": {"value": piece}}
            delta = {"content": [said]}
            yield (
                "thread.message.delta",
                {"id": message["id"], "object": "thread.message.delta", "delta": delta},
            )
    yield "thread.message.completed", dict(message)


def _parts(events: list[Event], pace: float) -> Iterator[TimedPart]:
    delay = 0.0
    for name, document in events:
        yield TimedPart(delay, b"event: %b\ndata: %b\n\n" % (name.encode(), encode(document)))
        delay = pace
    yield TimedPart(0.0, b"event: done\ndata: [DONE]\n\n")
