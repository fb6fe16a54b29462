"""`TracedCall`: one call as its listeners see it, and what it lets them look at."""

from collections.abc import Callable
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ..request.answer_kinds import EventsAnswer, JsonAnswer
from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..request.redaction import Redaction
from ..terms.json_text import CodecError, decode_json
from .summary import AnswerSummary, Summing, Usage, read_summary

if TYPE_CHECKING:
    from ..http.body import Body

_numbers: Final = count(1)
_NOT_ASKED: Final = object()

programs: Final = count(1)
PROGRAM: Final[ContextVar[int]] = ContextVar("the program that runs", default=0)
"""The number of the program of several calls that runs in this thread or task."""

MOST_TIMES: Final = 1 << 16
"""Times of events that are kept of a stream."""


class TracedCall:
    """One call, as its listeners see it: the same object in all of its events.

    `request`, `answer`, `usage` and `document` are made of what there is when they are asked for, and
    only while an event of the call is told: what a listener wants to keep it takes then. They are
    not masked. When the last event has been told, nothing large and no credential is left in it.
    """

    __slots__ = (
        "__weakref__",
        "_answer",
        "_body",
        "_content",
        "_operation",
        "_request",
        "_summing",
        "answered",
        "attempts",
        "began",
        "endpoint",
        "events",
        "headers",
        "id",
        "method",
        "name",
        "now",
        "over",
        "path",
        "program",
        "streams",
        "tell",
        "times",
        "way",
        "whole",
    )

    def __init__(
        self,
        operation: Operation[Any, Any],
        endpoint: Endpoint,
        way: Redaction | None,
        now: Callable[[], float],
        tell: Callable[[Any], object],
        *,
        whole: bool,
    ) -> None:
        self.id = next(_numbers)
        self.program = PROGRAM.get()
        """The number of the program that it is a part of; 0 where it is alone."""
        self.name = operation.name
        """Of the operation, as `chat.completions.create`."""
        self.method = operation.method
        """Of its request."""
        self.path = endpoint.redaction(operation).text(operation.path)
        """Below the base URL, credentials masked; it has ids in it."""
        self.streams = isinstance(operation.answer, EventsAnswer)
        """Whether a stream of events was asked for."""
        self.endpoint: Endpoint | None = endpoint
        """The server of the attempt that began last."""
        self.tell = tell
        self.now = now
        self.way = way
        self.began = now()
        self.whole = whole
        """Whether the answer is read as a part of the call."""
        self.attempts = 0
        """How many have begun."""
        self.answered = False
        """Whether the call has ended with an answer."""
        self.over = False
        """Whether the last event has been told."""
        self.headers: dict[str, str] = {}
        """Header fields to send along, where the request has none of that name: a listener may add
        some while it is told `call.start`."""
        self.events: list[Any] | None = None
        """The events of a stream; a listener that wants them kept sets a list at `call.start`."""
        self.times: list[float] | None = None
        """When they came, in the same way; at most 65,536."""
        self._operation: Operation[Any, Any] | None = operation
        self._body: Body | None = operation.body
        self._content: bytes | None = None
        self._request: Any = _NOT_ASKED
        self._answer: Any = _NOT_ASKED
        self._summing: Summing | None = None

    def __repr__(self) -> str:
        return f"<TracedCall {self.id}: {self.name}>"

    @property
    def request(self) -> dict[str, Any] | None:
        """The JSON object of the request; `None` where it has none."""
        if self._request is _NOT_ASKED:
            self._request = None
            if self._body is not None and self._body.content_type == "application/json":
                self._request = _object(self._body.whole())
        return cast("dict[str, Any] | None", self._request)

    @property
    def answer(self) -> AnswerSummary | None:
        """What the answer says of itself; `None` before it came, and for one that cannot be read."""
        if self._summing is not None:
            return self._summing.summary()
        if self._answer is _NOT_ASKED:
            if self._content is None:
                return None
            self._answer = read_summary(self._content)
        return cast("AnswerSummary | None", self._answer)

    @property
    def usage(self) -> Usage | None:
        """The tokens that the answer tells of."""
        return None if (answer := self.answer) is None else answer.usage

    @property
    def document(self) -> dict[str, Any] | None:
        """The JSON object of a whole answer, decoded anew each time."""
        return _object(self._content)

    @property
    def unreadable(self) -> bool:
        """Whether a document was promised and something else came."""
        return self._content is not None and self.answer is None

    def masks(self, endpoint: Endpoint) -> Redaction:
        """What masks the credentials of the call on its way to an endpoint."""
        if self._operation is None:
            return Redaction()
        return endpoint.redaction(self._operation, body=True).joined(self.way)

    def model(self, masks: Redaction) -> str | None:
        """The model asked for, masked."""
        model = None if self._operation is None else self._operation.model
        return None if model is None else masks.text(str(model))

    def see(self, value: object) -> None:
        """Note an event of the stream."""
        if self._summing is None:
            self._summing = Summing()
        self._summing.add(value)
        if self.events is not None:
            self.events.append(value)
        if self.times is not None and len(self.times) < MOST_TIMES:
            self.times.append(self.now())

    def take(self, content: bytes | None) -> None:
        """Take the body of a whole answer."""
        if self._operation is not None and isinstance(self._operation.answer, JsonAnswer):
            self._content = content

    def forget(self) -> None:
        """Let go of everything large or secret: a listener may keep events."""
        self.over = True
        self.endpoint = self.way = self._operation = None
        self._body = self._content = self._summing = None
        self.events = self.times = None
        self.headers = {}
        self._request = self._answer = None

    def dressed(self, operation: Operation[Any, Any]) -> Operation[Any, Any]:
        """Return the operation with the fields that listeners have added."""
        if not self.headers or self.endpoint is None:
            return operation
        own = {name.lower() for name, _ in operation.headers}
        own |= {name.lower() for name in self.endpoint.headers}
        added = tuple((name, value) for name, value in self.headers.items() if name not in own)
        return msgspec.structs.replace(operation, headers=(*operation.headers, *added))


def _object(data: bytes | None) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        document = decode_json(data)
    except CodecError:
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None
