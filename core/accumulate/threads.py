"""Accumulator of the events of an assistant's run.

`ThreadAccumulator` takes the events of one stream and knows the run, its steps and its messages as
they stand. It answers each event with what has happened, named as the callbacks of an event
handler are. The API does not say when a text, an image or a tool call is done: it is when the next
one begins, or when its message or step ends.

    message, step:  created -> delta* -> completed, failed, ...   (the last one has it all)
    part of it:     created, with its first delta -> delta* -> done

A message or step that was created before the stream began is made of what the stream says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from ..json.encode import builtins
from ..json.model import Model
from ..json.unknown import Unknown
from ..json.values import is_list, is_object
from .growing import Places, made, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..api.types.beta_threads import Message, Run, RunStep

_GOING_ON: Final = frozenset({"created", "queued", "in_progress", "cancelling"})
_ENDS_OF_MESSAGES: Final = frozenset({"completed", "incomplete"})
_ENDS_OF_STEPS: Final = frozenset({"completed", "cancelled", "expired", "failed"})
_GROW: Final = frozenset({"arguments", "input", "logs", "refusal", "value"})
"""Texts that come in pieces; any other value takes the place of the one before."""

_BEGINNINGS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "text": lambda: {"text": {"value": "", "annotations": []}},
    "code_interpreter": lambda: {"code_interpreter": {"input": "", "outputs": []}},
    "function": lambda: {"function": {"name": "", "arguments": "", "output": None}},
}
"""What a part has before its first delta, by type: the required fields that deltas leave out."""


class Happening(NamedTuple):
    """Something that a handler may want to know: the callback for it, and what that gets.

    `values()` is to be called before the next event comes. It makes a snapshot, which costs: whoever
    has no such callback does not call it.
    """

    callback: str
    values: Callable[[], tuple[Any, ...]]


class ThreadAccumulator:
    """The run, the steps and the messages of one stream of `AssistantStreamEvent`."""

    __slots__ = ("_call", "_message", "_messages", "_part", "_step", "_steps", "run")

    def __init__(self) -> None:
        self.run: Run | None = None
        """The run as the server last said."""
        self._messages: dict[str, _Draft] = {}
        self._steps: dict[str, _Draft] = {}
        self._message: _Draft | None = None
        self._step: _Draft | None = None
        self._part: int | None = None
        self._call: int | None = None

    @property
    def message(self) -> Message | None:
        """The latest message, as far as it has come."""
        return None if self._message is None else self._message.whole()

    @property
    def step(self) -> RunStep | None:
        """The step that goes on, as far as it has come; `None` between steps."""
        return None if self._step is None else self._step.whole()

    @property
    def messages(self) -> list[Message]:
        """Every message, in the order of their beginnings."""
        return [each.whole() for each in self._messages.values()]

    @property
    def steps(self) -> list[RunStep]:
        """Every step, in the order of their beginnings."""
        return [each.whole() for each in self._steps.values()]

    def receive(self, event: Any) -> list[Happening]:
        """Take the next event; return what has happened, in order.

        An event of a kind not known changes nothing, nor does one whose data are no object, or have
        an id that is none.
        """
        if isinstance(event, Unknown) or not isinstance(event.data, Model):
            return []
        if not isinstance(getattr(event.data, "id", None), str | None):
            return []
        thing, _, what = event.event.removeprefix("thread.").rpartition(".")
        match thing:
            case "run":
                return list(self._of_run(what, event.data))
            case "message":
                return list(self._of_message(what, event.data))
            case "run.step":
                return list(self._of_step(what, event.data))
            case _:
                return []

    def _of_run(self, what: str, data: Any) -> Iterator[Happening]:
        self.run = data
        if what not in _GOING_ON:
            yield from self._call_done()

    def _of_message(self, what: str, data: Any) -> Iterator[Happening]:
        if what == "created":
            yield from self._part_done()
            self._message = self._messages[data.id] = _message(data.id, data)
            yield Happening("on_message_created", partial(_seen, self._message))
        elif what == "delta":
            yield from self._message_delta(data)
        elif what in _ENDS_OF_MESSAGES:
            self._message = self._messages[data.id] = _message(data.id, data)
            yield from self._part_done()
            yield Happening("on_message_done", partial(_seen, self._message))

    def _message_delta(self, data: Any) -> Iterator[Happening]:
        message = self._messages.setdefault(data.id, _message(data.id))
        if message is not self._message:
            yield from self._part_done()
            self._message = message
        message.grow(data.delta)
        for block in _parts(data.delta, "content"):
            seen = partial(_seen, message, block.index)
            is_text = getattr(block, "type", None) == "text"
            if block.index != self._part:
                yield from self._part_done()
                self._part = block.index
                if is_text:
                    yield Happening("on_text_created", partial(seen, "text"))
            if is_text and block.text is not None:
                yield Happening("on_text_delta", partial(seen, "text", block.text))
        yield Happening("on_message_delta", partial(_seen, message, delta=data.delta))

    def _part_done(self) -> Iterator[Happening]:
        message, index = self._message, self._part
        self._part = None
        if message is not None and index is not None:
            kind = getattr(message.part(index), "type", None)
            if kind in ("text", "image_file"):
                yield Happening(f"on_{kind}_done", partial(_seen, message, index, kind))

    def _of_step(self, what: str, data: Any) -> Iterator[Happening]:
        if what == "created":
            yield from self._call_done()
            self._step = self._steps[data.id] = _step(data.id, data)
            yield Happening("on_run_step_created", partial(_seen, self._step))
        elif what == "delta":
            yield from self._step_delta(data)
        elif what in _ENDS_OF_STEPS:
            self._step = self._steps[data.id] = _step(data.id, data)
            yield from self._call_done()
            yield Happening("on_run_step_done", partial(_seen, self._step))
            self._step = None

    def _step_delta(self, data: Any) -> Iterator[Happening]:
        step = self._steps.setdefault(data.id, _step(data.id))
        if step is not self._step:
            yield from self._call_done()
            self._step = step
        step.grow(data.delta)
        for call in _parts(getattr(data.delta, "step_details", None), "tool_calls"):
            seen = partial(_seen, step, call.index)
            if call.index == self._call:
                yield Happening("on_tool_call_delta", partial(seen, delta=call))
            else:
                yield from self._call_done()
                self._call = call.index
                yield Happening("on_tool_call_created", seen)
        yield Happening("on_run_step_delta", partial(_seen, step, delta=data.delta))

    def _call_done(self) -> Iterator[Happening]:
        step, index = self._step, self._call
        self._call = None
        if step is not None and index is not None:
            yield Happening("on_tool_call_done", partial(_seen, step, index))


class _Draft:
    """A message or a step: what the server said last of the whole, and the deltas since.

    Taking a delta costs as much as the delta is long, a snapshot as much as there is.
    """

    __slots__ = ("_path", "_ref", "_tree", "_whole")

    def __init__(self, ref: str, path: tuple[str, ...], whole: Any) -> None:
        self._ref = ref
        self._path = path  # of the list of its parts
        self._tree: dict[str, Any] | None = None
        self._whole: Any = whole

    def grow(self, delta: object) -> None:
        """Take a delta."""
        if not isinstance(delta, Model):
            return
        tree = self._tree
        if tree is None:
            tree = self._tree = builtins(self._whole)
        _merge(tree, builtins(delta))
        self._whole = None

    def whole(self) -> Any:
        """The object as it is now; it does not change when the draft grows."""
        if not isinstance(self._whole, Model):
            self._whole = made(self._ref, self._tree or self._whole)
        return self._whole

    def part(self, index: int) -> Any:
        """The part with this index, `None` where there is none."""
        parts: Any = self.whole()
        entries: Any = self._tree
        for name in self._path:
            parts = getattr(parts, name, None)
            entries = entries.get(name) if is_object(entries) else None
        if isinstance(entries, Places):
            index = sum(each < index for each in entries)
        return parts[index] if is_list(parts) and 0 <= index < len(parts) else None


def _message(name: str, whole: object = None) -> _Draft:
    return _Draft("beta_threads:Message", ("content",), whole or {"id": name})


def _step(name: str, whole: object = None) -> _Draft:
    path = ("step_details", "tool_calls")
    return _Draft("beta_threads:RunStep", path, whole or {"id": name})


def _seen(
    draft: _Draft, index: int | None = None, field: str = "", delta: object = None
) -> tuple[Any, ...]:
    """What a callback gets: a snapshot, and before it the delta, if there is one."""
    found = draft.whole() if index is None else draft.part(index)
    if field:
        found = getattr(found, field, None)
    return (found,) if delta is None else (delta, found)


def _parts(delta: object, field: str) -> Iterator[Any]:
    """The parts in a delta that say which they are."""
    found = getattr(delta, field, None)
    for each in found if is_list(found) else ():
        if _is_index(getattr(each, "index", None)):
            yield each


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _merge(into: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key, value in delta.items():
        old = into.get(key)
        if is_object(value):
            if not is_object(old):
                old = into[key] = {}
            _merge(old, value)
        elif is_list(value):
            _extend(into, key, value)
        elif key in _GROW and isinstance(value, str):
            put(into, key, value)
        else:
            into[key] = value


def _extend(into: dict[str, Any], key: str, entries: list[Any]) -> None:
    """Add the entries of a delta to a list: they say where they belong, or stand at the end."""
    places = Places.of(into, key)
    for each in entries:
        index = each.get("index") if is_object(each) else None
        if not _is_index(index):
            places[max(places, default=-1) + 1] = each
            continue
        if not is_object(places.get(index)):
            places[index] = _BEGINNINGS.get(str(each.get("type")), dict[str, Any])()
        _merge(places[index], {name: value for name, value in each.items() if name != "index"})
