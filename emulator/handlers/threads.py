"""Assistants: threads, their messages, and runs that answer them.

A run is queued, in progress at the first look, and completed at the second, when its answer is
added to the thread. Where its tools have a function that fits, it asks for that first
(`requires_action`), and goes on when the outputs are submitted. A streamed run does all at once.
"""

from typing import Final

from ..fake_data.texts import content_text, echo, token_count
from ..fake_data.tool_calls import decide
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, member, objects, text
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .run_events import streamed
from .work import Work

MESSAGE: Final = "beta_threads:Message"
RUN: Final = "beta_threads:Run"
STEP: Final = "beta_threads:RunStep"
_THREAD: Final = "beta_threads:Thread"
_OVER: Final = frozenset({"completed", "cancelled", "failed", "expired", "incomplete"})


def create(work: Work) -> HttpResponse:
    """`POST /threads`."""
    thread = made_and_kept(work, work.path, "/threads")
    _add_messages(work, text(thread["id"]), work.body.get("messages"))
    return HttpResponse.json(thread)


def create_message(work: Work) -> HttpResponse:
    """`POST /threads/{thread_id}/messages`."""
    return HttpResponse.json(add_message(work, work.values["thread_id"], work.body))


def _add_messages(work: Work, thread: str, messages: object) -> None:
    for message in objects(messages):
        add_message(work, thread, message)


def add_message(work: Work, thread: str, said: Object, **facts: object) -> Object:
    """Add a message to a thread: its content is a text, or parts in the form of requests."""
    content = said.get("content")
    parts: list[Object] = []
    plain: Object = {"type": "text", "text": content}
    for part in [plain] if isinstance(content, str) else objects(content):
        if isinstance(words := part.get("text"), str):
            value: Object = {"value": words, "annotations": []}
            parts.append({"type": "text", "text": value})
        else:
            parts.append(part)
    name = work.state.new_id("msg_", 24)
    rest: Object = {"assistant_id": None, "run_id": None, "attachments": [], "metadata": {}}
    here: Object = {"thread_id": thread, "incomplete_at": None, "incomplete_details": None}
    given = {each: value for each, value in said.items() if value is not None}
    message = work.made(MESSAGE, name, rest, here, given, {"content": parts, "id": name}, facts)
    work.objects.put(f"/threads/{thread}/messages", name, message, created=True)
    return message


def create_run(work: Work) -> HttpResponse:
    """`POST /threads/{thread_id}/runs`."""
    _add_messages(work, work.values["thread_id"], work.body.get("additional_messages"))
    return _run(work, work.values["thread_id"], None)


def create_and_run(work: Work) -> HttpResponse:
    """`POST /threads/runs`: a thread and a run in one request."""
    given = work.body.get("thread")
    said = given if is_object(given) else {}
    name = work.state.new_id("thread_", 24)
    nothing: Object = {"metadata": {}, "tool_resources": None}
    thread = work.made(_THREAD, name, nothing, said, {"id": name})
    work.objects.put("/threads", name, thread, created=True)
    _add_messages(work, name, said.get("messages"))
    return _run(work, name, thread)


def _run(work: Work, thread: str, created: Object | None) -> HttpResponse:
    body, name = work.body, work.state.new_id("run_", 24)
    assistant = work.objects.get("/assistants", text(body.get("assistant_id"))) or {}
    shared = ("model", "instructions", "tools", "temperature", "top_p", "response_format")
    inherited = {each: assistant[each] for each in shared if assistant.get(each) is not None}
    given = {each: value for each, value in body.items() if value is not None and each != "stream"}
    defaults: Object = {"instructions": "", "tools": [], "metadata": {}, "usage": None}
    loose: Object = {"response_format": "auto", "tool_choice": "auto", "max_prompt_tokens": None}
    open_: Object = {"max_completion_tokens": None, "truncation_strategy": {"type": "auto"}}
    run = work.made(
        RUN,
        name,
        {**defaults, **loose, **open_, "parallel_tool_calls": True, "model": "gpt-4o"},
        inherited,
        given,
        {"id": name, "thread_id": thread, "tools": given.get("tools", inherited.get("tools", []))},
    )
    work.objects.put(f"/threads/{thread}/runs", name, run, created=True)
    work.objects.singles[_said_at(run)] = {"text": work.call.scripted.text}
    if work.wants_stream:
        return streamed(work, run, advance, created=created)
    return work.polled(run, RUN)


def _said_at(run: Object) -> str:
    """Return where a script's words for a run are kept until it says them."""
    return f"/threads/{run['thread_id']}/runs/{run['id']}/scripted"


def retrieve_run(work: Work) -> HttpResponse:
    """`GET /threads/{thread_id}/runs/{run_id}`: each look takes a run a step further."""
    run = _stored(work)
    if work.objects.is_real(_runs(work), work.values["run_id"]):
        advance(work, run)
    return work.polled(run, RUN)


def advance(work: Work, run: Object) -> None:
    """Take a run a step further."""
    now = work.state.now()
    match run["status"]:
        case "queued":
            run |= {"status": "in_progress", "started_at": now}
        case "in_progress":
            if not _asks(work, run):
                _finish(work, run)
        case "cancelling":
            run |= {"status": "cancelled", "cancelled_at": now}
        case _:
            pass


def _messages(work: Work, run: Object) -> list[Object]:
    kept = work.objects.of(f"/threads/{run['thread_id']}/messages")
    return list((kept or {}).values())


def _question(work: Work, run: Object) -> str:
    for message in reversed(_messages(work, run)):
        if message["role"] == "user":
            parts = [member(part, "text", "value") for part in objects(message["content"])]
            return content_text([{"text": part} for part in parts])
    return ""


def _outputs(work: Work, run: Object) -> list[Object]:
    kept = work.objects.singles.get(f"/threads/{run['thread_id']}/runs/{run['id']}/outputs", {})
    return objects(kept.get("tool_outputs"))


def _asks(work: Work, run: Object) -> bool:
    """Ask for a function to be called, where the run has one that was not called yet."""
    if _outputs(work, run):
        return False
    offered = {"tools": run["tools"], "tool_choice": run["tool_choice"]}
    scripted = work.call.scripted
    call = decide(offered, scripted, said=_question(work, run), users_turn=True)
    if call is None or call.custom:
        return False
    function = {"name": call.name, "arguments": call.arguments}
    made = {"id": work.state.new_id("call_", 24), "type": "function", "function": function}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [made]}}
    run |= {"status": "requires_action", "required_action": action}
    calls = [{**made, "function": {**function, "output": None}}]
    _add_step(work, run, {"type": "tool_calls", "tool_calls": calls}, "in_progress")
    return True


def _finish(work: Work, run: Object) -> None:
    kept = work.objects.singles.pop(_said_at(run), {})
    said = text(kept.get("text")) or text(work.call.scripted.text)
    outputs = _outputs(work, run)
    if not said and outputs:
        said = f"The function answered: {text(outputs[-1].get('output'))}"
    question = _question(work, run)
    said = said or echo(question)
    message = add_message(
        work,
        text(run["thread_id"]),
        {"role": "assistant", "content": said},
        run_id=run["id"],
        assistant_id=run["assistant_id"],
    )
    details: Object = {"message_id": message["id"]}
    _add_step(work, run, {"type": "message_creation", "message_creation": details}, "completed")
    read, made = token_count(question), token_count(said)
    usage = {"prompt_tokens": read, "completion_tokens": made, "total_tokens": read + made}
    run |= {"status": "completed", "completed_at": work.state.now(), "usage": usage}
    run["required_action"] = None


def _add_step(work: Work, run: Object, details: Object, status: str) -> None:
    name = work.state.new_id("step_", 24)
    here: Object = {"thread_id": run["thread_id"], "run_id": run["id"], "status": status}
    step = work.made(STEP, name, {"metadata": {}, "usage": None, "id": name}, here)
    step |= {"type": details["type"], "step_details": details}
    step |= {"assistant_id": run["assistant_id"]}
    if status != "completed":
        step["completed_at"] = None
    work.objects.put(_steps_of(run), name, step, created=True)


def _steps_of(run: Object) -> str:
    return f"/threads/{run['thread_id']}/runs/{run['id']}/steps"


def submit(work: Work) -> HttpResponse:
    """`POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`: the run goes on."""
    run = _stored(work)
    kept = work.objects.is_real(_runs(work), work.values["run_id"])
    if kept and run["status"] != "requires_action":
        raise ApiError(400, f"The run is {run['status']}, and asks for no outputs.")
    action = run["required_action"]
    calls = objects(member(action, "submit_tool_outputs", "tool_calls"))
    given = objects(work.body["tool_outputs"])
    if kept and {each["id"] for each in calls} != {each.get("tool_call_id") for each in given}:
        raise ApiError(400, "Each call of a tool needs its output.", param="tool_outputs")
    work.objects.singles[work.path.rpartition("/")[0] + "/outputs"] = {"tool_outputs": given}
    for step in (work.objects.of(_steps_of(run)) or {}).values():
        _settle(step, given, work.state.now())
    run |= {"status": "queued", "required_action": None}
    work.objects.put(_runs(work), text(run["id"]), run)
    if work.wants_stream:
        return streamed(work, run, advance)
    return work.polled(run, RUN)


def _settle(step: Object, given: list[Object], now: int) -> None:
    """Write the outputs of functions into the step that called them."""
    details = step["step_details"]
    for call in objects(member(details, "tool_calls")):
        for output in given:
            function = call.get("function")
            if call["id"] == output.get("tool_call_id") and is_object(function):
                function["output"] = output.get("output")
                step |= {"status": "completed", "completed_at": now}


def cancel(work: Work) -> HttpResponse:
    """`POST /threads/{thread_id}/runs/{run_id}/cancel`."""
    run = _stored(work)
    if work.objects.is_real(_runs(work), text(run["id"])) and run["status"] in _OVER:
        raise ApiError(400, f"A run that is {run['status']} cannot be cancelled.")
    run |= {"status": "cancelling"}
    work.objects.put(_runs(work), text(run["id"]), run)
    return work.polled(run, RUN)


def _runs(work: Work) -> str:
    return f"/threads/{work.values['thread_id']}/runs"


def _stored(work: Work) -> Object:
    return work.stored(_runs(work), work.values["run_id"], "run_id", RUN)
