"""A peer that plays the sessions of agents, as tests script them."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from api_openai import Client

from ..support.agents import turn

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]
SESSION: Final = "/v1/agents/sessions/s"


class Peer:
    """Answers each route with what is scripted for it, in order, the last again and again.

    What is scripted for a verb alone answers the routes that have nothing of their own.
    """

    def __init__(self) -> None:
        self.routes: dict[str, list[Answer]] = {}
        self.requests: list[httpx.Request] = []

    def on(self, route: str, *answers: Answer) -> None:
        self.routes[route] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        route = f"{request.method} {request.url.path}"
        waiting = self.routes[route if route in self.routes else request.method]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def routes_asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/v1')}" for each in self.requests]

    def posted(self) -> list[Any]:
        """The events that were sent, each with the idempotency key."""
        return [
            (json.loads(each.content)["events"][0], each.headers["idempotency-key"])
            for each in self.requests
            if each.method == "POST"
        ]


@contextmanager
def client_to(peer: Peer) -> Generator[Client]:
    """A client that talks to a peer."""
    with httpx.Client(transport=httpx.MockTransport(peer)) as http:
        yield Client(api_key="k", http_client=http)


def add(arguments: dict[str, Any]) -> str:
    """A tool."""
    return str(arguments["a"] + arguments["b"])


def reply(document: Any, status: int = 200) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=document)


def error(status: int, message: str) -> Callable[[httpx.Request], httpx.Response]:
    return reply({"error": {"message": message, "type": "x"}}, status)


def stream(*events: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    numbered = [{"event_id": f"e{number}", **each} for number, each in enumerate(events)]
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in numbered)
    head = {"content-type": "text/event-stream"}
    return lambda request: httpx.Response(200, headers=head, content=body.encode())


def happens(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"agent.session.{kind}", "session_id": "s", "turn_id": "t", **fields}


def session(status: str = "idle") -> dict[str, Any]:
    return {"id": "s", "status": status, "required_actions": []}


def call(name: str = "add", arguments: Any = None, call_id: str = "c") -> dict[str, Any]:
    item: Any = {
        "type": "function_call",
        "id": "i",
        "name": name,
        "call_id": call_id,
        "turn_id": "t",
    }
    item |= {"arguments": {"a": 1, "b": 2} if arguments is None else arguments, "status": "x"}
    return happens("turn.item.added", item=item)


def said(text: str) -> dict[str, Any]:
    content: Any = [{"type": "output_text", "text": text, "annotations": []}]
    item: Any = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    item = {**item, "turn_id": "t", "content": content}
    return happens("turn.item.done", output_index=0, item=item)


IDLE: Final = happens("idle", session=session())
BEGIN: Final = happens("turn.created", turn=turn())
END: Final = (happens("turn.completed", turn=turn(status="completed")), IDLE)


def idle_peer() -> Peer:
    """A peer with an idle session `s`, whose next turn says hello."""
    peer = Peer()
    peer.on(f"GET {SESSION}", reply(session()))
    peer.on(f"GET {SESSION}/events", stream(IDLE, BEGIN, said("hello"), *END))
    peer.on(f"POST {SESSION}/events", lambda request: httpx.Response(204))
    return peer
