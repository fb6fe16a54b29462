"""Events of the SDK's streams: the same, taken apart and made by the shortest way.

The SDK splits bytes into lines, and tries every class of a union on every event. Here the decoder of
`core/http/sse.py` cuts the events out, and their type says which class it is.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from typing import Any, Final, cast, get_args

import msgspec
import pydantic

from ...core.answers.raw_events import is_whole
from ...core.call.error_answers import reports_error
from ...core.http.sse import ServerSentEvent, SSEDecoder
from ...core.json.values import fields_of
from ...core.terms.json_text import CodecError, decode_json
from ...core.terms.nesting import check_document, decode

__all__ = ["EventDecoder", "StreamEvent", "made_by_type"]

_REFUSALS: Final = (msgspec.MsgspecError, RecursionError)


class StreamEvent:
    """An event as the SDK's streams look at it."""

    __slots__ = ("data", "event", "id", "retry")

    def __init__(
        self, data: str, event: str | None, last_id: str | None, retry: int | None
    ) -> None:
        self.data = data
        self.event = event
        self.id = last_id
        self.retry = retry

    def json(self) -> Any:
        """Return its document; the error for what is none is the one of `json`."""
        try:
            return decode(self.data)
        except _REFUSALS:
            check_document(self.data)
            return json.loads(self.data)


class EventDecoder:
    """What the SDK's streams ask for events, in place of its own decoder.

    Events without data, on which that one fails, are no events. An error that comes in a form of
    its own is put into the one that the SDK raises.
    """

    def iter_bytes(self, iterator: Iterator[bytes]) -> Iterator[StreamEvent]:
        """Yield every event in the parts of a body."""
        events = _Events()
        for part in iterator:
            yield from events.of(part)
        yield from events.rest()

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[StreamEvent]:
        """Yield every event in the parts of a body."""
        events = _Events()
        async for part in iterator:
            for event in events.of(part):
                yield event
        for event in events.rest():
            yield event


class _Events:
    """Takes the events out of one body."""

    def __init__(self) -> None:
        # How large an event may be, the transport knows: `limits.event`.
        self._sse = SSEDecoder(max_event=sys.maxsize)
        self._last_id: str | None = None

    def of(self, part: bytes) -> list[StreamEvent]:
        self._sse.receive_data(part)
        return self._read(self._sse.events())

    def rest(self) -> list[StreamEvent]:
        """Return what stands at the end of a body, where only the empty line is missing."""
        rest = self._sse.unfinished
        return self._read(rest) if all(map(is_whole, rest)) else []

    def _read(self, events: list[ServerSentEvent]) -> list[StreamEvent]:
        found: list[StreamEvent] = []
        for event in events:
            data = event.data
            if event.bare or event.event == "error":
                data = _as_error(event)
            if event.id is not None:
                self._last_id = event.id
            if data:
                name = event.event or None
                found.append(StreamEvent(data.decode(), name, self._last_id, event.retry))
        return found


def _as_error(event: ServerSentEvent) -> bytes:
    """Return what tells the SDK of an error; nothing for JSON without `data:` that tells of none."""
    data = event.data
    try:
        fields = fields_of(decode_json(data))
    except CodecError:
        fields = {}
    if fields.get("error") or (not event.bare and "type" in fields):
        return data
    if reports_error(fields):
        return b'{"error":%b}' % data
    return b"" if event.bare else data


def made_by_type(data: object, kind: Any) -> Any:
    """Return the object of the SDK that an event is; `None` where that one has to find it out.

    `kind` is what it makes of all events of a stream. In a union of models whose types differ there
    is only one that an event can be.
    """
    if not isinstance(data, dict):
        return None
    try:
        field, makers = _makers(kind)
        make = makers.get(cast("dict[str, Any]", data).get(field))
    except TypeError:  # what has no hash
        return None
    if make is None:
        return None
    try:
        return make(data)
    except pydantic.ValidationError:
        return None


@lru_cache(maxsize=64)
def _makers(kind: Any) -> tuple[str, dict[Any, Callable[[Any], Any]]]:
    """The field that tells the models of a union apart, and what makes each; nothing of other types."""
    notes: list[Any] = [getattr(each, "discriminator", None) for each in get_args(kind)[1:]]
    fields: list[str] = [each for each in notes if isinstance(each, str)]
    if not hasattr(kind, "__metadata__") or len(fields) != 1:
        return "", {}
    field = fields[0]
    makers: dict[Any, Callable[[Any], Any]] = {}
    for model in get_args(get_args(kind)[0]):
        names = _literals(model, field)
        if not names or not makers.keys().isdisjoint(names):
            return "", {}
        makers |= dict.fromkeys(names, model.model_validate)
    return field, makers


def _literals(model: Any, field: str) -> tuple[Any, ...]:
    """What a field that has to be there may be, in a model; nothing if that is not said."""
    if not (isinstance(model, type) and issubclass(model, pydantic.BaseModel)):
        return ()
    known = getattr(model, "model_fields", {}).get(field)  # there are none in pydantic 1
    if known is None or known.alias is not None or not known.is_required():
        return ()
    return get_args(known.annotation)
