"""`/chat/completions`: create, plain or streamed, and the stored ones."""

from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Final

from ..fake_data.from_schema import instance
from ..fake_data.texts import content_text, echo, number, short, token_count, tokens, truncated
from ..fake_data.tool_calls import ToolCall, decide, pieces
from ..http.errors import missing, no_file, not_found, wrong_type
from ..http.json_documents import Object, encode, is_array, is_integer, member, objects, text
from ..http.response import HttpResponse, TimedPart
from ..requests.call import Call
from ..requests.chat_checks import check_parameters, check_turns
from ..requests.models import model_for, reasons, thinking
from ..requests.rules import (
    ARRAY,
    BOOLEAN,
    INTEGER,
    OBJECT,
    PROBABILITY,
    STRING,
    TEMPERATURE,
    Rule,
    check,
    check_each,
    check_length,
)
from ..store.paging import page
from ..store.state import StoredChat

_RULES: Final = {
    "model": Rule("a string", required=True),
    "messages": Rule("an array", required=True, low=1),
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "store": BOOLEAN,
    "metadata": OBJECT,
    "temperature": TEMPERATURE,
    "top_p": PROBABILITY,
    "n": Rule("an integer", low=1, high=128),
    "max_tokens": Rule("an integer", low=1),
    "max_completion_tokens": Rule("an integer", low=1),
    "frequency_penalty": Rule("a number", low=-2, high=2),
    "presence_penalty": Rule("a number", low=-2, high=2),
    "logprobs": BOOLEAN,
    "top_logprobs": Rule("an integer", low=0, high=20),
    "seed": INTEGER,
    "stop": Rule("a string or an array", high=4),
    "tools": ARRAY,
    "tool_choice": Rule("a string or an object"),
    "parallel_tool_calls": BOOLEAN,
    "response_format": OBJECT,
    "user": STRING,
}
_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
_MESSAGE: Final = {"role": Rule("a string", required=True, values=_ROLES)}
_MOST_ROWS: Final = 200_000
"""The most tokens, and alternatives to them, that an answer has: an end as that of `max_tokens`."""
_FINGERPRINT: Final = "fp_emulator"


def create(call: Call) -> HttpResponse:
    """`POST /chat/completions`."""
    document, state = call.document, call.state
    check(document, _RULES)
    messages = check_each(document["messages"], "messages")
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    model = model_for(call, document["model"], "chat")
    check_parameters(document, messages, model)
    check_turns(messages)
    for index, message in enumerate(messages):
        for at, part in enumerate(objects(message.get("content"))):
            name = member(part, "file", "file_id")
            if isinstance(name, str) and name not in state.files:
                raise no_file(name, f"messages[{index}].content[{at}].file.file_id")
    completion: Object = {
        "id": state.new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": state.now(),
        "model": model,
        "choices": _choices(call, messages),
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }
    thought = thinking(effort) if reasons(model, effort := document.get("reasoning_effort")) else 0
    completion["usage"] = usage = _usage(messages, completion, thought)
    if metadata := document.get("metadata"):
        completion["metadata"] = metadata
    if document.get("store"):
        stored = StoredChat(completion, messages)
        state.put(state.chats, text(completion["id"]), stored)
    used = total if is_integer(total := usage["total_tokens"]) else 0
    if document.get("stream"):
        with_usage = member(document, "stream_options", "include_usage") is True
        return HttpResponse.events(_stream(completion, with_usage, state.pace), tokens=used)
    return HttpResponse.json(completion, tokens=used)


def _check_message(message: Object, where: str) -> None:
    check(message, _MESSAGE, where + ".")
    content, role = message.get("content"), message["role"]
    if content is not None and not isinstance(content, (str, list)):
        raise wrong_type(where + ".content", "a string or an array", content)
    if content is None and role != "assistant":
        raise missing(where + ".content")
    check_length(message.get("content"), where + ".content")
    if role == "tool":
        check(message, {"tool_call_id": Rule("a string", required=True)}, where + ".")


def _choices(call: Call, messages: list[Object]) -> list[Object]:
    document = call.document
    last = messages[-1]
    questions = [message for message in messages if message["role"] == "user"]
    said = content_text(questions[-1].get("content")) if questions else ""
    tool_call = decide(document, call.scripted, said=said, users_turn=last["role"] == "user")
    count = document.get("n")
    choices: list[Object] = []
    for index in range(count if is_integer(count) else 1):
        message: Object = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
        logprobs = None
        if tool_call is not None:
            message["tool_calls"] = [_tool_call(call, tool_call)]
            reason = "tool_calls"
        else:
            parts, cut = truncated(tokens(_answer(call, last, said, index)), *_limits(document))
            message["content"] = "".join(parts)
            reason = "length" if cut else "stop"
            if document.get("logprobs"):
                logprobs = {"content": _logprobs(parts, document), "refusal": None}
        choices.append(
            {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason}
        )
    return choices


def _answer(call: Call, last: Object, said: str, index: int) -> str:
    if call.scripted.text is not None:
        return call.scripted.text
    wanted = call.document.get("response_format")
    kind = text(member(wanted, "type"))
    if kind == "json_schema":
        return encode(instance(member(wanted, "json_schema", "schema"), said)).decode()
    if kind == "json_object":
        return encode({"answer": echo(said)}).decode()
    if last["role"] in ("tool", "function"):
        return f"The function answered: {short(content_text(last.get('content')))}"
    return echo(said) + (f" (This is choice {index + 1}.)" if index else "")


def _limits(document: Object) -> tuple[int, list[str]]:
    given = document.get("max_completion_tokens") or document.get("max_tokens")
    stop = document.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if is_array(stop) else []
    rows = 1
    if document.get("logprobs"):
        count, most = document.get("n"), document.get("top_logprobs")
        rows = (count if is_integer(count) else 1) * (1 + (most if is_integer(most) else 0))
    limit = _MOST_ROWS // rows
    return min(given, limit) if is_integer(given) else limit, [text(each) for each in stops]


def _tool_call(call: Call, made: ToolCall) -> Object:
    name = call.state.new_id("call_", 24)
    if made.custom:
        body = {"name": made.name, "input": made.arguments}
        return {"id": name, "type": "custom", "custom": body}
    body = {"name": made.name, "arguments": made.arguments}
    return {"id": name, "type": "function", "function": body}


def _logprobs(parts: list[str], document: Object) -> list[Object]:
    most = document.get("top_logprobs")
    rows: list[Object] = []
    for at, part in enumerate(parts):
        chance = -(number(at, part) % 1000) / 1000
        row: Object = {"token": part, "logprob": chance, "bytes": list(part.encode())}
        others = range(1, most if is_integer(most) else 0)
        top: list[Object] = [
            {"token": f"{part}{other}", "logprob": chance - other, "bytes": None}
            for other in others
        ]
        rows.append({**row, "top_logprobs": [dict(row), *top] if most else []})
    return rows


def _usage(messages: list[Object], completion: Object, thought: int) -> Object:
    prompt = sum(4 + token_count(content_text(each.get("content"))) for each in messages)
    made = thought
    for choice in objects(completion["choices"]):
        made += token_count(text(member(choice, "message", "content")))
        for each in objects(member(choice, "message", "tool_calls")):
            made += len(pieces(_arguments(each))) + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": made,
        "total_tokens": prompt + made,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _arguments(call: Object) -> str:
    return text(member(call, "function", "arguments")) or text(member(call, "custom", "input"))


def _stream(completion: Object, with_usage: bool, pace: float) -> Iterator[TimedPart]:
    """Take a finished completion apart into chunks; several choices come in turns."""
    base: Object = {
        "id": completion["id"],
        "object": "chat.completion.chunk",
        "created": completion["created"],
        "model": completion["model"],
        "service_tier": completion["service_tier"],
        "system_fingerprint": completion["system_fingerprint"],
        "choices": [],
    }
    if with_usage:
        base["usage"] = None
    delay = 0.0
    turns = zip_longest(*map(_deltas, objects(completion["choices"])))
    for choice in chain.from_iterable(turns):
        if choice is not None:
            base["choices"] = [choice]
            yield TimedPart(delay, b"data: %b\n\n" % encode(base))
            delay = pace
    if with_usage:
        base["choices"] = []
        base["usage"] = completion["usage"]
        yield TimedPart(delay, b"data: %b\n\n" % encode(base))
    yield TimedPart(0.0, b"data: [DONE]\n\n")


def _deltas(choice: Object) -> Iterator[Object]:
    def chunk(delta: Object, logprobs: object = None, reason: object = None) -> Object:
        return {
            "index": choice["index"],
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": reason,
        }

    calls = objects(member(choice, "message", "tool_calls"))
    if not calls:
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        rows = objects(member(choice, "logprobs", "content"))
        for at, part in enumerate(tokens(text(member(choice, "message", "content")))):
            logprobs = {"content": [rows[at]], "refusal": None} if rows else None
            yield chunk({"content": part}, logprobs)
    for index, call in enumerate(calls):
        kind = text(call["type"])
        empty = {"name": member(call, kind, "name"), _field(kind): ""}
        first: Object = {"role": "assistant", "content": None, "refusal": None} if not index else {}
        opening = {"index": index, "id": call["id"], "type": kind, kind: empty}
        yield chunk({**first, "tool_calls": [opening]})
        for part in pieces(_arguments(call)):
            yield chunk({"tool_calls": [{"index": index, kind: {_field(kind): part}}]})
    yield chunk({}, None, choice["finish_reason"])


def _field(kind: str) -> str:
    return "arguments" if kind == "function" else "input"


def _stored(call: Call) -> StoredChat:
    found = call.state.chats.get(call.path[0])
    if found is None:
        raise not_found("chat completion", call.path[0])
    return found


def list_stored(call: Call) -> HttpResponse:
    """`GET /chat/completions`, by `model` and `metadata[key]`."""
    query = call.head.query
    wanted = {
        name[9:-1]: value
        for name, value in query.items()
        if name.startswith("metadata[") and name.endswith("]")
    }
    rows = [
        stored.completion
        for stored in call.state.chats.values()
        if query.get("model") in (None, stored.completion["model"])
        and all(
            member(stored.completion, "metadata", name) == value for name, value in wanted.items()
        )
    ]
    return HttpResponse.json(page(rows, call.head))


def retrieve(call: Call) -> HttpResponse:
    """`GET /chat/completions/{completion_id}`."""
    return HttpResponse.json(_stored(call).completion)


def update(call: Call) -> HttpResponse:
    """`POST /chat/completions/{completion_id}`: new metadata."""
    stored = _stored(call)
    if "metadata" not in call.document:
        raise missing("metadata")
    check(call.document, {"metadata": OBJECT})
    stored.completion["metadata"] = call.document["metadata"]
    return HttpResponse.json(stored.completion)


def delete(call: Call) -> HttpResponse:
    """`DELETE /chat/completions/{completion_id}`."""
    _stored(call)
    del call.state.chats[call.path[0]]
    return HttpResponse.json(
        {"object": "chat.completion.deleted", "id": call.path[0], "deleted": True}
    )


def messages(call: Call) -> HttpResponse:
    """`GET /chat/completions/{completion_id}/messages`: the messages it was made from."""
    rows: list[Object] = []
    for index, message in enumerate(_stored(call).messages):
        content = message.get("content")
        parts = content if is_array(content) else None
        rows.append(
            {
                "id": f"{call.path[0]}-{index}",
                "role": message["role"],
                "content": content_text(content) if content is not None else None,
                "refusal": None,
                "content_parts": parts,
            }
        )
    return HttpResponse.json(page(rows, call.head))
