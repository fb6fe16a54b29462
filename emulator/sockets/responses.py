"""`/responses` over a WebSocket: the events of a streamed response, one response after another."""

from collections.abc import Callable
from typing import Final

import msgspec

from ..faults.scripted import Scripted
from ..http.errors import ApiError
from ..http.json_documents import Object, is_array, is_object, text
from ..http.request import RequestHead
from ..http.response import HttpResponse
from ..store.state import State
from .conversation import Session, required

Answer = Callable[[RequestHead, Object], HttpResponse]
"""Answers a request that the emulator makes of itself."""

_OWN: Final = ("type", "event_id", "stream_id")


class ResponsesSession(Session):
    """One connection; `answer` is the emulator's own `POST /responses`."""

    def __init__(
        self,
        head: RequestHead,
        path: tuple[str, ...],
        state: State,
        scripted: Scripted,
        answer: Answer,
    ) -> None:
        super().__init__(head, path, state, scripted)
        self._answer = answer
        self._last: Object | None = None  # the last request

    def error(self, refusal: ApiError, asked: object) -> Object:
        """The event that tells of a refusal, in the form of this API."""
        return {
            "type": "error",
            "sequence_number": 0,
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "status": refusal.status,
            "error": {
                "type": refusal.kind,
                "code": refusal.code,
                "message": refusal.message,
                "param": refusal.param,
            },
        }

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`: its fields are those of `POST /responses`."""
        document = {key: value for key, value in event.items() if key not in _OWN}
        return self._begin(document)

    def _begin(self, document: Object) -> list[Object]:
        head = RequestHead("POST", "/responses", headers=self.head.headers)
        told = self._answer(head, {**document, "stream": True})
        self._last = document
        parts = told.body
        assert not isinstance(parts, bytes | bytearray)
        self.speech = (_event_of(part.data) for part in parts if b"\ndata: {" in part.data)
        return []

    def on_response_steer(self, event: Object) -> list[Object]:
        """`response.steer`: the response begins anew, with what was said besides."""
        steered = _items(required(event, "input"))
        if self._last is None:
            message = "There is no response to steer."
            raise ApiError(400, message, code="response_not_found")
        before = self._last.get("input")
        return self._begin({**self._last, "input": [*_items(before), *steered]})

    def on_response_inject(self, event: Object) -> list[Object]:
        """`response.inject`, of the beta: items are taken into the response under way."""
        required(event, "input")
        return [{"type": "response.inject.created", "response_id": event.get("response_id")}]


def _items(given: object) -> list[object]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [each for each in given if is_object(each)] if is_array(given) else []


def _event_of(part: bytes) -> Object:
    data = part.partition(b"data: ")[2].strip()
    event: Object = msgspec.json.decode(data)
    assert text(event.get("type"))
    return event
