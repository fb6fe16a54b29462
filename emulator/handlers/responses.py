"""`/responses`: create, plain, streamed or in the background, and what follows from stored ones."""

from collections.abc import Callable, Iterator
from typing import Final

from ..fake_data.from_schema import instance
from ..fake_data.texts import content_text, echo, number, short, token_count, tokens, truncated
from ..fake_data.tool_calls import ToolCall, decide, pieces
from ..http.errors import ApiError, missing, not_found, wrong_type, wrong_value
from ..http.json_documents import Object, encode, is_array, is_integer, member, objects, text
from ..http.response import HttpResponse
from ..requests.call import Call
from ..requests.models import model_for, reasons, thinking
from ..requests.response_checks import check_input, check_moved, check_parameters
from ..requests.rules import (
    ARRAY,
    BOOLEAN,
    OBJECT,
    PROBABILITY,
    STRING,
    TEMPERATURE,
    Rule,
    check,
)
from ..store.paging import page
from ..store.state import StoredResponse
from .hosted_tools import use
from .response_events import events, parts, snapshot
from .response_input import items_of, remember, said_before, said_in, tokens_read, user_messages

_CONTEXT: Final = {
    "instructions": STRING,
    "input": Rule("a string or an array"),
    "previous_response_id": STRING,
}
_RULES: Final = {
    "model": Rule("a string", required=True),
    **_CONTEXT,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "store": BOOLEAN,
    "background": BOOLEAN,
    "generate": BOOLEAN,
    "metadata": OBJECT,
    "temperature": TEMPERATURE,
    "top_p": PROBABILITY,
    "top_logprobs": Rule("an integer", low=0, high=20),
    "max_output_tokens": Rule("an integer", low=16),
    "max_tool_calls": Rule("an integer", low=1),
    "tools": ARRAY,
    "tool_choice": Rule("a string or an object"),
    "parallel_tool_calls": BOOLEAN,
    "include": ARRAY,
    "text": OBJECT,
    "reasoning": OBJECT,
    "truncation": Rule("a string", values=("auto", "disabled")),
    "conversation": Rule("a string or an object"),
    "user": STRING,
}
_INSTEAD: Final = ("previous_response_id", "conversation", "prompt")
"""Where something to answer may come from besides the input."""
_SUMMARY: Final = "**Thinking of an answer**\n\nIt repeats what was said."
_OF_TEMPLATES: Final = "gpt-5"
"""The model of a stored prompt, which may name one in place of the request."""


def create(call: Call) -> HttpResponse:
    """`POST /responses`."""
    document, state = call.document, call.state
    templated = document.get("prompt") is not None
    check(document, {**_RULES, "model": STRING} if templated else _RULES)
    check_moved(document)
    if document.get("input") is None and not any(document.get(name) for name in _INSTEAD):
        raise missing("input")
    model = model_for(call, document.get("model") or _OF_TEMPLATES, "responses", "chat")
    background = document.get("background") is True
    keep = document.get("store") is not False
    if background and not keep:
        raise wrong_value("background", "a background response has to be stored")
    check_parameters(document, model)
    items = _context(call)
    check_input(document, items)
    final = _skeleton(call, model)
    if document.get("generate") is not False:  # over a WebSocket, what is read may come before
        final["output"] = _output(call, items, final)
    final["usage"] = usage = _usage(items, final)
    stored = StoredResponse(final, items, "queued" if background else "done")
    if keep:
        state.put(state.responses, text(final["id"]), stored)
    if conversation := member(final, "conversation", "id"):
        before = len(said_before(state, conversation))
        remember(state, text(conversation), items[before:] + objects(final["output"]))
    used = total if is_integer(total := usage["total_tokens"]) else 0
    if document.get("stream"):
        told = parts(_told(stored, events(final, queued=background)), state.pace)
        return HttpResponse.events(told, tokens=used)
    return HttpResponse.json(_now(stored), tokens=used)


def _context(call: Call) -> list[Object]:
    """Return the items that the model reads: those of the previous response, then the new ones."""
    new = items_of(call.state, call.document.get("input"))
    if conversation := call.document.get("conversation"):
        return said_before(call.state, conversation) + new
    name = call.document.get("previous_response_id")
    if not isinstance(name, str):
        return new
    previous = call.state.responses.get(name)
    if previous is None:
        raise ApiError(
            400,
            f"Previous response with id '{name}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return previous.context() + new


def _skeleton(call: Call, model: str) -> Object:
    """Return a finished response without output; parameters come back as they were understood."""
    document, state = call.document, call.state

    def given(name: str, default: object) -> object:
        value = document.get(name)
        return default if value is None else value

    created = state.now()
    wanted = document.get("text")
    conversation = document.get("conversation")
    return {
        "id": state.new_id("resp_", 48),
        "object": "response",
        "created_at": created,
        "completed_at": created,
        "status": "completed",
        "background": given("background", False),
        "conversation": {"id": conversation} if isinstance(conversation, str) else conversation,
        "error": None,
        "incomplete_details": None,
        "instructions": document.get("instructions"),
        "max_output_tokens": document.get("max_output_tokens"),
        "max_tool_calls": document.get("max_tool_calls"),
        "model": model,
        "output": [],
        "parallel_tool_calls": given("parallel_tool_calls", True),
        "previous_response_id": document.get("previous_response_id"),
        "reasoning": given("reasoning", {"effort": None, "summary": None}),
        "service_tier": "default",
        "temperature": given("temperature", 1.0),
        "text": {"format": {"type": "text"}, **(wanted if isinstance(wanted, dict) else {})},
        "tool_choice": given("tool_choice", "auto"),
        "tools": [_tool(tool) for tool in objects(document.get("tools"))],
        "top_logprobs": given("top_logprobs", 0),
        "top_p": given("top_p", 1.0),
        "truncation": given("truncation", "disabled"),
        "metadata": given("metadata", {}),
    }


def _tool(tool: Object) -> Object:
    if tool["type"] != "function":
        return tool
    return {"description": None, "parameters": None, "strict": True, **tool}


def _output(call: Call, items: list[Object], final: Object) -> list[Object]:
    document = call.document
    said = said_in(items)
    last = items[-1] if items else {}
    users_turn = last.get("role") == "user"
    before = _reasoning(call, text(final["model"]))
    used = None
    if call.scripted.call is None:
        used = use(call, items, said, users_turn=users_turn)
    if used is None:
        made = decide(document, call.scripted, said=said, users_turn=users_turn)
        if made is not None:
            return [*before, _tool_call(call, made)]
        return [*before, _message(call, final, _answer(call, last, said), lambda said: [])]
    if used.said is None:
        return [*before, *used.items]
    answer = _formed(call, said)
    if answer is None:
        answer = used.said if call.scripted.text is None else call.scripted.text
    return [*before, *used.items, _message(call, final, answer, used.annotations)]


def _reasoning(call: Call, model: str) -> list[Object]:
    """Return the item of what a model thought, where it thinks: nobody sees more than a summary."""
    if not reasons(model, member(call.document, "reasoning", "effort")):
        return []
    item: Object = {"id": call.state.new_id("rs_", 48), "type": "reasoning", "summary": []}
    asked = member(call.document, "reasoning", "summary")
    if asked or member(call.document, "reasoning", "generate_summary"):
        item["summary"] = [{"type": "summary_text", "text": _SUMMARY}]
    wanted = call.document.get("include")
    if is_array(wanted) and "reasoning.encrypted_content" in wanted:
        item["encrypted_content"] = f"emulator:{number(item['id']):016x}"
    return [item]


def _message(
    call: Call, final: Object, said: str, annotations: Callable[[str], list[Object]]
) -> Object:
    document, state = call.document, call.state
    most = document.get("max_output_tokens")
    words, cut = truncated(tokens(said), most if is_integer(most) else None, [])
    if cut:
        final["status"] = "incomplete"
        final["incomplete_details"] = {"reason": "max_output_tokens"}
    wanted = document.get("include")
    chances: list[Object] = []
    if is_array(wanted) and "message.output_text.logprobs" in wanted:
        chances = [_logprob(at, word) for at, word in enumerate(words)]
    content: Object = {
        "type": "output_text",
        "text": "".join(words),
        "annotations": [] if cut else annotations(said),
        "logprobs": chances,
    }
    return {
        "id": state.new_id("msg_", 48),
        "type": "message",
        "role": "assistant",
        "status": "incomplete" if cut else "completed",
        "content": [content],
    }


def _tool_call(call: Call, made: ToolCall) -> Object:
    ids = {"call_id": call.state.new_id("call_", 24), "name": made.name}
    if made.custom:
        name = call.state.new_id("ctc_", 48)
        return {"id": name, "type": "custom_tool_call", **ids, "input": made.arguments}
    name = call.state.new_id("fc_", 48)
    item: Object = {"id": name, "type": "function_call", **ids, "arguments": made.arguments}
    return {**item, "status": "completed"}


def _logprob(at: int, word: str) -> Object:
    chance = -(number(at, word) % 1000) / 1000
    return {"token": word, "logprob": chance, "bytes": list(word.encode()), "top_logprobs": []}


def _answer(call: Call, last: Object, said: str) -> str:
    if call.scripted.text is not None:
        return call.scripted.text
    if (formed := _formed(call, said)) is not None:
        return formed
    if text(last.get("type")).endswith("_output"):
        return f"The function answered: {short(content_text(last.get('output')))}"
    return echo(said)


def _formed(call: Call, said: str) -> str | None:
    """Return an answer in the format that is asked for; `None` where that is a text."""
    wanted = member(call.document, "text", "format")
    kind = text(member(wanted, "type"))
    if call.scripted.text is None and kind == "json_schema":
        return encode(instance(member(wanted, "schema"), said)).decode()
    if call.scripted.text is None and kind == "json_object":
        return encode({"answer": echo(said)}).decode()
    return None


def _usage(items: list[Object], final: Object) -> Object:
    read = tokens_read(items, final["instructions"])
    thought = made = _thought(final)
    for item in objects(final["output"]):
        made += token_count(content_text(item.get("content")))
        made += len(pieces(text(item.get("arguments")) + text(item.get("input"))))
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + made,
    }


def _thought(final: Object) -> int:
    """Count what a model thought."""
    if not any(item.get("type") == "reasoning" for item in objects(final["output"])):
        return 0
    return thinking(member(final, "reasoning", "effort"))


def _now(stored: StoredResponse) -> Object:
    """Return a response in the phase it is in."""
    if stored.phase == "done":
        return stored.final
    return snapshot(stored.final, stored.phase)


def _stored(call: Call) -> StoredResponse:
    found = call.state.responses.get(call.path[0])
    if found is None:
        raise not_found("response", call.path[0])
    return found


def retrieve(call: Call) -> HttpResponse:
    """`GET /responses/{response_id}`; each poll takes a background response one phase further.

    With `stream=true` the events are told again, those after `starting_after` only. A background
    response is done when its last event has been told to somebody, or it has been looked at often
    enough.
    """
    stored = _stored(call)
    query = call.head.query
    if query.get("stream", "").lower() not in ("true", "1"):
        if stored.phase == "queued":
            stored.phase = "in_progress"
        elif stored.phase == "in_progress":
            stored.phase = "done"
        return HttpResponse.json(_now(stored))
    if stored.phase == "cancelled":
        raise ApiError(400, "A cancelled response cannot be streamed.", param="stream")
    after = query.get("starting_after", "-1")
    if not after.removeprefix("-").isdecimal():
        raise wrong_type("starting_after", "an integer", after)
    sequence = events(stored.final, queued=stored.final["background"] is True)
    rest = (event for event in sequence if _sequence_number(event) > int(after))
    return HttpResponse.events(parts(_told(stored, rest), call.state.pace))


def _told(stored: StoredResponse, sequence: Iterator[Object]) -> Iterator[Object]:
    """The events of a response until it is cancelled; the last of them means that it is done."""
    if stored.phase == "queued":
        stored.phase = "in_progress"
    last = f"response.{stored.final['status']}"
    for event in sequence:
        if stored.phase == "cancelled":
            return
        if event["type"] == last:
            stored.phase = "done"
        yield event


def _sequence_number(event: Object) -> int:
    value = event["sequence_number"]
    return value if is_integer(value) else 0


def delete(call: Call) -> HttpResponse:
    """`DELETE /responses/{response_id}`."""
    _stored(call)
    del call.state.responses[call.path[0]]
    return HttpResponse.json({"id": call.path[0], "object": "response.deleted", "deleted": True})


def cancel(call: Call) -> HttpResponse:
    """`POST /responses/{response_id}/cancel`: those in the background only."""
    stored = _stored(call)
    if stored.final["background"] is not True:
        raise ApiError(400, "Only a response in the background can be cancelled.")
    if stored.phase == "done":
        raise ApiError(400, "A completed response cannot be cancelled.")
    stored.phase = "cancelled"
    return HttpResponse.json(_now(stored))


def input_items(call: Call) -> HttpResponse:
    """`GET /responses/{response_id}/input_items`, the newest first unless asked otherwise."""
    return HttpResponse.json(page(_stored(call).input, call.head, order="desc"))


def input_tokens(call: Call) -> HttpResponse:
    """`POST /responses/input_tokens`."""
    check(call.document, _CONTEXT)
    count = tokens_read(_context(call), call.document.get("instructions"))
    return HttpResponse.json({"object": "response.input_tokens", "input_tokens": count})


def compact(call: Call) -> HttpResponse:
    """`POST /responses/compact`: the user's messages stay, all else becomes one sealed item."""
    document, state = call.document, call.state
    check(document, {"model": Rule("a string", required=True), **_CONTEXT})
    model_for(call, document["model"], "responses", "chat")
    items = _context(call)
    sealed = f"{number(*(text(item.get('id')) for item in items)):016x}"
    compaction: Object = {
        "type": "compaction",
        "id": state.new_id("cmp_", 48),
        "encrypted_content": f"emulator:{sealed}",
    }
    answer: Object = {
        "id": state.new_id("resp_", 48),
        "object": "response.compaction",
        "created_at": state.now(),
        "output": [*user_messages(items), compaction],
    }
    answer["usage"] = _usage(items, {**answer, "instructions": document.get("instructions")})
    return HttpResponse.json(answer)
