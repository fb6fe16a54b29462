"""`/responses` over a WebSocket: the events of a streamed response, one response after another.

Responses with a `stream_id` are told side by side with those of other streams; within a stream, and
without one, each waits for the end of the one before.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, Final, Protocol

from ...core.terms.nesting import decode
from ..faults.scripted import Scripted
from ..handlers.response_input import items_of
from ..http.errors import ApiError, mistake, too_long, wrong_type
from ..http.json_documents import Object, is_array, is_object, text
from ..http.request import RequestHead
from ..http.response import HttpResponse
from ..requests.event_checks import check_event
from ..store.state import State, StoredResponse
from .conversation import Session


class Answer(Protocol):
    """The emulator's own `POST /responses`."""

    def __call__(
        self, head: RequestHead, document: Object, *, scripted: Scripted
    ) -> HttpResponse: ...


_OWN: Final = ("type", "event_id", "stream_id")
"""Fields of an event that are not of the request in it."""
_LONGEST_NAME: Final = 256
_MOST_WAITING: Final = 1000


class ResponsesSession(Session):
    """One connection. What is not stored is remembered as long as it lasts."""

    kinds = "beta_responses_socket:BetaResponsesServerEvent"
    asked = (
        "responses_socket:ResponsesClientEventParam",
        "beta_responses_socket:BetaResponsesClientEventParam",
    )

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
        self._waiting: dict[object, deque[Object]] = {}
        self._under_way: set[str] = set()
        self._requests: dict[str, Object] = {}  # by the ids of their responses
        self._own: dict[str, StoredResponse] = {}  # what is not stored

    def error(self, refusal: ApiError, asked: object) -> Object:
        """The event that tells of a refusal, in the form of this API."""
        return self._refusal(refusal, None)

    def check(self, event: Object, params: Any) -> None:
        """Refuse an event; what is in a request is checked as over HTTP."""
        if event["type"] != "response.create":
            check_event(event, params)
        name = event.get("stream_id")
        if name is None:
            return
        if not isinstance(name, str):
            raise wrong_type("stream_id", "a string", name)
        if len(name) > _LONGEST_NAME:
            raise too_long("stream_id", "string", _LONGEST_NAME, len(name))

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`: its fields are those of `POST /responses`."""
        stream = event.get("stream_id")
        document = {key: value for key, value in event.items() if key not in _OWN}
        waiting = self._waiting.get(stream)
        if waiting is None:
            self._waiting[stream] = deque([document])
            self.tell(self._lane(stream))
        elif len(waiting) < _MOST_WAITING:
            waiting.append(document)
        else:
            message = f"{_MOST_WAITING} responses wait for the one that is under way."
            raise ApiError(429, message, kind="requests", code="rate_limit_exceeded")
        return []

    def _lane(self, stream: object) -> Iterator[Object]:
        """The events of one stream: response after response, as long as some wait."""
        waiting = self._waiting[stream]
        named: Object = {} if stream is None else {"stream_id": stream}
        while waiting:
            try:
                for event in self._response(waiting.popleft()):
                    yield event | named
            except ApiError as refusal:
                yield self._refusal(refusal, stream)
            except Exception as error:  # as in `hear`
                yield self._refusal(mistake(error), stream)
        del self._waiting[stream]

    def _refusal(self, refusal: ApiError, stream: object) -> Object:
        told: Object = {
            "type": "error",
            "status": refusal.status,
            "error": {
                "type": refusal.kind,
                "code": refusal.code,
                "message": refusal.message,
                "param": refusal.param,
            },
        }
        return told if stream is None else told | {"stream_id": stream}

    def _response(self, document: Object) -> Iterator[Object]:
        """The events of one response."""
        kept = document.get("store") is not False or document.get("background") is True
        responses = self.state.responses
        responses |= self._own
        before = set(responses)
        try:
            parts = self._begun({**document, "stream": True} | ({} if kept else {"store": True}))
        finally:
            for name in self._own:
                responses.pop(name, None)
        made = [name for name in responses if name not in before]
        for name in made:
            self.state.put(self._requests, name, document)
            if not kept:
                self.state.put(self._own, name, responses.pop(name))
        self._under_way.update(made)
        yield from parts
        self._under_way.difference_update(made)

    def _begun(self, request: Object) -> Iterator[Object]:
        """Make a response; what comes out is told later."""
        head = RequestHead("POST", "/responses", headers=self.head.headers)
        body = self._answer(head, request, scripted=self.scripted).body
        assert not isinstance(body, bytes | bytearray)
        return (_event_of(part.data) for part in body if b"\ndata: {" in part.data)

    def on_response_steer(self, event: Object) -> list[Object]:
        """`response.steer`: a response begins anew, with what was said besides."""
        name = text(event["previous_response_id"])
        steer: Object = {"id": self.state.new_id("steer_", 24), "previous_response_id": name}
        request = self._requests.get(name)
        if request is None:
            refused = f"Response with id '{name}' not found."
            error = {"type": "invalid_request_error", "code": "response_not_found"}
            told: Object = {"error": {**error, "message": refused}, "sequence_number": 0}
            steer["input"] = event["input"]
            return [{"type": "response.steer.failed", "steer": steer, **told}]
        items = [*_items(request.get("input")), *_items(event["input"])]
        self.on_response_create({**request, "input": items})
        return [{"type": "response.steer.accepted", "steer": steer, "sequence_number": 0}]

    def on_response_inject(self, event: Object) -> list[Object]:
        """`response.inject`, of the beta: items for a response that is under way."""
        name = text(event["response_id"])
        about: Object = {"response_id": name, "sequence_number": 0}
        code = "response_already_completed" if name in self._requests else "response_not_found"
        if name in self._under_way:
            return [{"type": "response.inject.created", **about}]
        message = f"Response with id '{name}' is not under way."
        error = {"code": code, "message": message}
        facts = {"input": items_of(self.state, event["input"]), "error": error}
        return [self.fitted("response.inject.failed", about | facts)]


def _items(given: object) -> list[object]:
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return [each for each in given if is_object(each)] if is_array(given) else []


def _event_of(part: bytes) -> Object:
    event: Object = decode(part.partition(b"data: ")[2].strip())
    return event
