"""A server of one background response, over a scripted port: it is cut, and asked for the rest."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from .http import DONE, END, EVENTS, answer, chunk, event, head
from .port import Conn, ScriptedPort, Step
from .scripted import Script

OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked")
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "in_progress",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "background": True,
}
ITEM: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}


def finished(text: str, status: str = "completed") -> dict[str, Any]:
    """The response as it is in the end."""
    part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
    item: dict[str, Any] = {**ITEM, "status": status, "content": [part]}
    return {**RESPONSE, "status": status, "output": [item]}


def told(words: Sequence[str]) -> list[dict[str, Any]]:
    """All events of a response whose text is made of `words`."""
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text = "".join(words)
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": RESPONSE},
        {"type": "response.output_item.added", "output_index": 0, "item": ITEM},
        *({"type": "response.output_text.delta", **where, "delta": word} for word in words),
        {"type": "response.output_text.done", **where, "text": text},
        {"type": "response.completed", "response": finished(text)},
    ]
    return [{**each, "sequence_number": number} for number, each in enumerate(events)]


def sent(events: Sequence[dict[str, Any]]) -> bytes:
    """Events as bytes of a body."""
    return b"".join(event(each, str(each["type"])) for each in events)


def whole(events: Sequence[dict[str, Any]]) -> list[Step]:
    """An answer with these events, and its proper end."""
    return [OPEN, chunk(sent(events) + DONE) + END]


def cut(events: Sequence[dict[str, Any]]) -> list[Step]:
    """An answer that breaks off behind these events."""
    return [OPEN, chunk(sent(events)) if events else b"", b""]


Handler = Callable[[str, int | None], Sequence[Step]]
"""Answers a request, by its method and target, and the `starting_after` in it."""


class ResumablePort(ScriptedPort):
    """A port whose server answers each request as a function says."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self.handler = handler
        self.requests: list[str] = []

    async def connect(self, address: Any, deadline: float, /) -> Conn:
        self._script.append([])
        return await super().connect(address, deadline)

    async def send(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> None:
        await super().send(conn, data, deadline)
        line = bytes(data).partition(b" HTTP/1.1")[0].decode()
        self.requests.append(line)
        after = re.search(r"starting_after=(-?\d+)", line)
        steps = self.handler(line, int(after[1]) if after else None)
        conn.steps.extend(step for step in steps if step != b"" or step is steps[-1])


def script(handler: Handler, **options: Any) -> Script:
    """A client of such a server."""
    return Script(port=ResumablePort(handler), **options)


def in_turn(*answers: Sequence[Step]) -> Script:
    """A client of a server that gives these answers one after the other, whatever it is asked."""
    left = [*answers]
    return script(lambda line, after: left.pop(0))


def refusal(status: str = "400 Bad Request") -> list[Step]:
    """An answer that tells no events."""
    return [answer({"error": {"message": "It cannot be streamed."}}, status=status)]


def looked_at(status: str, text: str = "") -> list[Step]:
    """An answer to `retrieve`."""
    return [answer(finished(text, status))]
