"""The events of a streamed response, taken from the finished one.

A response is made whole and then told as a sequence; telling it again, from any number on, gives
the same events. Every event has its `sequence_number`, counted from 0.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ..fake_data.texts import tokens
from ..fake_data.tool_calls import pieces
from ..http.json_documents import Object, encode, is_array, member, objects, text
from ..http.response import TimedPart


def snapshot(final: Object, status: str) -> Object:
    """Return a response as it was before there was any output."""
    early: Object = {name: value for name, value in final.items() if name != "usage"}
    early.update(status=status, output=[], completed_at=None, incomplete_details=None)
    return early


def events(final: Object, *, queued: bool = False) -> Iterator[Object]:
    """Tell how `final` came to be; `queued` when it first waited in the background."""
    for number, event in enumerate(_unnumbered(final, queued)):
        event["sequence_number"] = number
        yield event


def parts(sequence: Iterator[Object], pace: float) -> Iterator[TimedPart]:
    """Render events as server-sent ones, `pace` seconds apart."""
    delay = 0.0
    for event in sequence:
        name = text(event["type"]).encode()
        yield TimedPart(delay, b"event: %b\ndata: %b\n\n" % (name, encode(event)))
        delay = pace


def _unnumbered(final: Object, queued: bool) -> Iterator[Object]:
    first = snapshot(final, "queued" if queued else "in_progress")
    yield {"type": "response.created", "response": first}
    if queued:
        yield {"type": "response.queued", "response": first}
    yield {"type": "response.in_progress", "response": snapshot(final, "in_progress")}
    for index, item in enumerate(objects(final["output"])):
        yield from _item(item, index)
    yield {"type": f"response.{final['status']}", "response": final}


def _item(item: Object, index: int) -> Iterator[Object]:
    empty = _EMPTY_OF.get(text(item["type"]), _EMPTY)
    opening = item | {name: nothing for name, nothing in empty.items() if name in item}
    yield {"type": "response.output_item.added", "output_index": index, "item": opening}
    where: Object = {"item_id": item["id"], "output_index": index}
    if item["type"] == "message":
        for at, part in enumerate(objects(item["content"])):
            yield from _content(part, where | {"content_index": at})
    elif item["type"] == "function_call":
        made = text(item["arguments"])
        name = "response.function_call_arguments"
        for piece in pieces(made):
            yield {"type": name + ".delta", **where, "delta": piece}
        yield {"type": name + ".done", **where, "name": item["name"], "arguments": made}
    elif item["type"] == "reasoning":
        for at, part in enumerate(objects(item["summary"])):
            yield from _summary(part, where | {"summary_index": at})
    elif (steps := _STEPS.get(text(item["type"]))) is not None:
        yield from _use(item, where, steps)
    elif item["type"] == "custom_tool_call":
        made = text(item["input"])
        name = "response.custom_tool_call_input"
        for piece in pieces(made):
            yield {"type": name + ".delta", **where, "delta": piece}
        yield {"type": name + ".done", **where, "input": made}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


_EMPTY: Final[Object] = {"status": "in_progress", "content": [], "arguments": "", "input": ""}
_EMPTY_OF: Final[Mapping[str, Object]] = {
    "code_interpreter_call": {"status": "in_progress", "code": "", "outputs": None},
    "file_search_call": {"status": "in_progress", "results": None},
    "image_generation_call": {"status": "in_progress", "result": None},
    "mcp_approval_request": {},
    "mcp_call": {"status": "in_progress", "arguments": "", "output": None},
    "mcp_list_tools": {"tools": []},
    "reasoning": {"summary": []},
}
"""What an item has when it is announced; others are `_EMPTY`."""
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "code_interpreter_call": ("in_progress", "code", "interpreting", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_call": ("in_progress", "arguments", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
    "web_search_call": ("in_progress", "searching", "completed"),
}
"""What happens to hosted tools; `code` and `arguments` come in pieces."""


def _use(item: Object, where: Object, steps: tuple[str, ...]) -> Iterator[Object]:
    kind = text(item["type"])
    for step in steps:
        if step not in ("code", "arguments"):
            yield {"type": f"response.{kind}.{step}", **where}
            continue
        made = text(item[step])
        for piece in pieces(made):
            yield {"type": f"response.{kind}_{step}.delta", **where, "delta": piece}
        yield {"type": f"response.{kind}_{step}.done", **where, step: made}


def _summary(part: Object, where: Object) -> Iterator[Object]:
    said = text(part["text"])
    name = "response.reasoning_summary"
    yield {"type": name + "_part.added", **where, "part": part | {"text": ""}}
    for piece in tokens(said):
        yield {"type": name + "_text.delta", **where, "delta": piece}
    yield {"type": name + "_text.done", **where, "text": said}
    yield {"type": name + "_part.done", **where, "part": part}


def _content(part: Object, where: Object) -> Iterator[Object]:
    said = text(part.get("text"))
    rows = part.get("logprobs")
    chances = rows if is_array(rows) else []
    nothing: Object = {"text": "", "logprobs": [], "annotations": []}
    empty = part | nothing
    yield {"type": "response.content_part.added", **where, "part": empty}
    for at, piece in enumerate(tokens(said)):
        chance = [_brief(chances[at])] if at < len(chances) else []
        yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": chance}
    for at, each in enumerate(objects(part.get("annotations"))):
        name = "response.output_text.annotation.added"
        yield {"type": name, **where, "annotation_index": at, "annotation": each}
    briefs = [_brief(row) for row in chances]
    yield {"type": "response.output_text.done", **where, "text": said, "logprobs": briefs}
    yield {"type": "response.content_part.done", **where, "part": part}


def _brief(row: object) -> Object:
    """Return a log probability as events have it: without its bytes."""
    return {
        "token": member(row, "token"),
        "logprob": member(row, "logprob"),
        "top_logprobs": [
            {"token": other["token"], "logprob": other["logprob"]}
            for other in objects(member(row, "top_logprobs"))
        ],
    }
