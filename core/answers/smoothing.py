"""Smooth text: the deltas of a stream merged and cut anew, as a machine and as a source.

`TextSmoother` takes events and the time, and gives events. Texts wait until there is enough of them;
whatever is no text, or belongs to another place, is preceded by what waits. Nothing is lost: what
an event has beside its text goes along with the piece in which its text ends.
"""

from collections import deque
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import msgspec

from ..call.reply import Reply
from ..json.codec import Codec
from ..json.encode import encode
from ..json.provenance import provenance_of
from ..json.values import fields_of, items
from ..terms.errors import StreamCancelledError
from ..terms.json_text import CodecError, decode_json
from ..terms.sentinels import END, NEED_DATA, End, NeedData
from .source import EventSource

__all__ = ["SmoothedEvents", "Smoothing", "TextSmoother"]

T = TypeVar("T")

TEXTS: Final = frozenset(
    (
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
        "transcript.text.delta",
    )
)
"""Types of events whose `delta` is text; other deltas are code, arguments, audio."""

OF_CHAT: Final = ("content", "refusal", "reasoning_content", "reasoning")
"""What in the delta of a chunk is text."""

CARGO: Final = ("logprobs", "obfuscation")
"""What an event has for its very text, and is joined when texts are."""


class Smoothing(msgspec.Struct, frozen=True, kw_only=True):
    """When text that waits is handed out: the first of these that holds.

    `size`: there are so many characters, which are a piece then. `age`: its oldest part waits for so
    many seconds; all of it is a piece. `newline`: a line is complete, which is a piece.
    """

    size: int | None = None
    age: float | None = None
    newline: bool = False

    def __post_init__(self) -> None:
        size, age = cast("object", self.size), cast("object", self.age)
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
            raise ValueError(f"size={size!r}: expected a number of characters, 1 or more, or None")
        if age is not None and (
            not isinstance(age, int | float)
            or isinstance(age, bool)
            or not (isfinite(age) and age > 0)
        ):
            raise ValueError(f"age={age!r}: expected seconds above 0, or None")
        if size is None and age is None and not self.newline:
            raise ValueError(
                "size, age, newline: expected one of them, or text would wait for ever"
            )


class _Held:
    """An event whose text waits."""

    __slots__ = ("at", "cargo", "document", "event", "place", "rest", "whole")

    def __init__(self, event: Any, document: dict[str, Any], place: "_Place", at: float) -> None:
        self.event = event
        self.place = place
        self.at = at
        self.rest: str = place.of(document).pop(place.field)
        self.whole = True
        """Whether none of the text has been handed out."""
        holder = place.holder(document)
        self.cargo = {name: holder.pop(name) for name in CARGO if name in holder}
        if holder is not document and "obfuscation" in document:
            self.cargo["obfuscation"] = document.pop("obfuscation")
        self.document = document

    def goes_with(self, other: "_Held") -> bool:
        """Whether the texts of two events can be joined: all else in them is the same."""
        return self.place == other.place and self._rest() == other._rest()

    def _rest(self) -> dict[str, Any]:
        return {name: self.document[name] for name in self.document if name != "sequence_number"}


class _Place(NamedTuple):
    """Where the text of an event is."""

    field: str
    in_choice: bool
    """Whether it is in the one choice of a chunk."""
    in_delta: bool

    def holder(self, document: dict[str, Any]) -> dict[str, Any]:
        """The object that has the log probabilities."""
        choice: dict[str, Any] = document["choices"][0] if self.in_choice else document
        return choice

    def of(self, document: dict[str, Any]) -> dict[str, Any]:
        """The object that has the text."""
        holder = self.holder(document)
        inner: dict[str, Any] = holder["delta"] if self.in_delta else holder
        return inner


def _place(document: dict[str, Any]) -> _Place | None:
    """Where the text of an event is; `None` for an event that is more than that, or none."""
    if document.get("type") in TEXTS:
        return _Place("delta", False, False) if _is_text(document.get("delta")) else None
    choices = items(document.get("choices"))
    if len(choices) != 1 or document.get("usage") is not None:
        return None
    choice = fields_of(choices[0])
    if choice.get("finish_reason") is not None:
        return None
    if _is_text(choice.get("text")):
        return _Place("text", True, False)
    delta = fields_of(choice.get("delta"))
    texts = [name for name in OF_CHAT if _is_text(delta.get(name))]
    return _Place(texts[0], True, True) if len(texts) == 1 else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


class TextSmoother(Generic[T]):
    """The machine: events in, events out."""

    def __init__(self, codec: Codec[T], smoothing: Smoothing) -> None:
        self._codec = codec
        self._how = smoothing
        self._held = deque[_Held]()
        self._length = 0  # characters that wait
        self._lines = 0  # line ends among them

    @property
    def due(self) -> float | None:
        """When what waits is to be handed out, if nothing else comes."""
        return None if self._how.age is None or not self._held else self._held[0].at + self._how.age

    def receive(self, event: T, now: float) -> list[T]:
        """Take an event; return those that are to be handed out."""
        held = _held(event, now)
        if held is None:
            return [*self.flush(), event]
        out: list[T] = []
        if self._held and not self._held[-1].goes_with(held):
            out += self.flush()
        self._held.append(held)
        self._length += len(held.rest)
        self._lines += held.rest.count("\n")
        out += self._pieces()
        due = self.due
        return out if due is None or now < due else [*out, *self.flush()]

    def flush(self) -> list[T]:
        """Return what waits, as one piece."""
        return [self._take(self._length)] if self._held else []

    def _pieces(self) -> Iterator[T]:
        size = self._how.size
        while self._held:
            if self._how.newline and self._lines:
                line = "".join(held.rest for held in self._held).index("\n") + 1
                yield self._take(line if size is None else min(line, size))
            elif size is not None and self._length >= size:
                yield self._take(size)
            else:
                return

    def _take(self, length: int) -> T:
        """Make one event of the first `length` characters."""
        whole: list[_Held] = []
        texts: list[str] = []
        left = length
        while self._held and len(self._held[0].rest) <= left:
            held = self._held.popleft()
            left -= len(held.rest)
            texts.append(held.rest)
            whole.append(held)
        begun = self._held[0] if left else None
        if begun is not None:
            texts.append(begun.rest[:left])
            begun.rest = begun.rest[left:]
        text = "".join(texts)
        self._length -= length
        self._lines -= text.count("\n")
        if begun is None and len(whole) == 1 and whole[0].whole:
            made: T = whole[0].event
            return made
        made = self._made(text, whole, begun)
        if begun is not None:
            begun.whole = False
        return made

    def _made(self, text: str, whole: list[_Held], begun: _Held | None) -> T:
        last = begun or whole[-1]
        document = _copied(last.document)
        last.place.of(document)[last.place.field] = text
        if begun is not None and isinstance(number := document.get("sequence_number"), int):
            document["sequence_number"] = number - 1  # the last of those that are handed out whole
        cargo = _joined([held.cargo for held in whole])
        if begun is not None:
            cargo = {name: _nothing(begun.cargo[name]) for name in begun.cargo} | cargo
        holder = last.place.holder(document)
        if "obfuscation" in cargo:
            document["obfuscation"] = cargo.pop("obfuscation")
        holder.update(cargo)
        return self._codec.decode(encode(document))


def _held(event: object, now: float) -> _Held | None:
    raw = provenance_of(event).raw
    if raw is None:
        return None
    try:
        document = fields_of(decode_json(raw))
    except CodecError:
        return None
    place = _place(document)
    return None if place is None else _Held(event, document, place, now)


def _copied(document: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = msgspec.to_builtins(document)
    return copied


def _joined(values: list[Any]) -> Any:
    """What several events have of one kind, put together."""
    known = [value for value in values if value is not None]
    if not known:
        return {} if values == [] else None
    if all(isinstance(value, dict) for value in known):
        names = dict.fromkeys(name for value in known for name in value)
        return {name: _joined([value.get(name) for value in known]) for name in names}
    if all(isinstance(value, list) for value in known):
        return [each for value in known for each in value]
    if all(isinstance(value, str) for value in known):
        return "".join(known)
    return known[-1]


def _nothing(value: Any) -> Any:
    """What stands for a value that comes later."""
    return [] if isinstance(value, list) else "" if isinstance(value, str) else None


class SmoothedEvents(Generic[T]):
    """A source whose texts are smooth; it reads another, which nobody else reads."""

    __slots__ = ("_failure", "_now", "_over", "_ready", "_smoother", "_source", "ready")

    def __init__(self, source: EventSource[T], smoothing: Smoothing) -> None:
        self.ready = deque[T]()
        self._source = source
        self._smoother = TextSmoother(source.codec, smoothing)
        self._now: Callable[[], float] = source.reply.deadlines.now
        self._ready = deque[T]()
        self._over = False
        self._failure: Exception | None = None

    @property
    def stopped(self) -> bool:
        """Whether events are asked for one by one: always."""
        return True

    @property
    def reply(self) -> Reply:
        """The answer that the events come from."""
        return self._source.reply

    @property
    def received(self) -> int:
        """How many events have come, before they were merged."""
        return self._source.received

    @property
    def paused(self) -> bool:
        """Whether `pause` holds the events back."""
        return self._source.paused

    def pull(self) -> "T | NeedData | End":
        """Say that `next` has to be asked."""
        return NEED_DATA

    async def next(self) -> T | End:
        """Return the next event; what waits comes before an error."""
        while True:
            if self._ready and not self._source.paused:
                return self._ready.popleft()
            if self._over:
                failure, self._failure = self._failure, None
                if failure is not None:
                    raise failure
                return END
            try:
                self._ready.extend(await self._more())
            except StreamCancelledError:
                self._over = True
                self._ready.clear()
                raise
            except Exception as error:
                self._over, self._failure = True, error
                self._ready.extend(self._smoother.flush())

    async def _more(self) -> list[T]:
        source, smoother = self._source, self._smoother
        event = source.pull()
        if event is NEED_DATA or event is END:
            due = smoother.due
            if due is not None and not source.paused and not await source.reply.comes_by(due):
                return smoother.flush()
            event = await source.next()
        if event is END:
            self._over = True
            return smoother.flush()
        return smoother.receive(event, self._now())

    def abort(self) -> None:
        """Give up the rest, and what waits."""
        self._over = True
        self._ready.clear()
        self._source.abort()

    def pause(self) -> None:
        """Hand out nothing and read nothing until `resume`."""
        self._source.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._source.resume()

    def cancel(self) -> None:
        """Give up the rest, and tell the reader."""
        self._source.cancel()
