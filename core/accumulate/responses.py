"""Accumulator of the events of a response.

`ResponseAccumulator` takes the events of one stream and hands them out again, some with more: the
text so far, the value that was read. The server says itself what begins, grows and is done:

    response    created, queued, in_progress -> completed, incomplete, failed   (the last has it all)
    item        output_item.added   -> output_item.done                         (likewise)
    part of it  content_part.added  -> content_part.done
    text        delta* -> done

Deltas are kept until what they belong to is done, so that there is a snapshot at any time. Items
are told apart by their ids; a server that makes up another id for every event is met by taking the
item with the same place that is not done.
"""

from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from ..api.types import responses_events as types
from ..api.types.responses import Response
from ..json.encode import builtins
from ..json.model import Model
from ..json.provenance import Provenance, hang, meta, provenance_of
from ..json.unknown import Unknown
from ..json.values import is_object, items, type_of
from ..structured.function_tools import ToolFormats
from ..structured.output_format import OutputFormat
from ..structured.parsed_answers import parsed_response
from ..structured.parsed_responses import ParsedResponse
from ..structured.parsed_roots import read, recast, root_of
from ..terms.errors import StreamTruncatedError
from ..terms.nesting import decode
from . import response_events as events
from .growing import Grown, Places, made, put
from .response_events import ResponseStreamEvent, Snapshot

__all__ = ["ResponseAccumulator", "ResponseStreamEvent"]

T = TypeVar("T")

_ENDS: Final = ("response.completed", "response.incomplete", "response.failed")
_LIFE: Final = ("response.created", "response.queued", "response.in_progress", *_ENDS)

_PARTS: Final = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
"""Where a part stands: the field of its item, and what the event calls its index."""


class _Place(NamedTuple):
    """Where a text stands, and what the things around it are if the server has not announced them."""

    name: str
    """The field that is the text."""
    item: str
    """The type of the item."""
    field: str = ""
    """The list of parts in the item; empty for a text in the item itself."""
    number: str = ""
    """What the event calls the place of the part in it."""
    part: str = ""
    """The type of the part."""


_CONTENT: Final = _PARTS["response.content_part"]
_SUMMARY: Final = _PARTS["response.reasoning_summary_part"]
_TEXTS: Final = {
    "response.output_text": _Place("text", "message", *_CONTENT, "output_text"),
    "response.refusal": _Place("refusal", "message", *_CONTENT, "refusal"),
    "response.reasoning_text": _Place("text", "reasoning", *_CONTENT, "reasoning_text"),
    "response.reasoning_summary_text": _Place("text", "reasoning", *_SUMMARY, "summary_text"),
    "response.function_call_arguments": _Place("arguments", "function_call"),
    "response.mcp_call_arguments": _Place("arguments", "mcp_call"),
    "response.custom_tool_call_input": _Place("input", "custom_tool_call"),
    "response.code_interpreter_call_code": _Place("code", "code_interpreter_call"),
}
"""The texts that grow, by the event without its `.delta` or `.done`."""

_DELTAS: Final = {f"{stem}.delta": place for stem, place in _TEXTS.items()}


_BEGINNINGS: Final[dict[str, dict[str, Any]]] = {
    "output_text": {"annotations": (), "logprobs": ()},
}
"""What parts have besides their text."""


class _Response(msgspec.Struct):
    response: msgspec.Raw = msgspec.Raw(b"null")


class _Item:
    """An output item: its draft, or the item itself once that is done."""

    __slots__ = ("done", "place", "tree")

    def __init__(self, place: int, tree: Any) -> None:
        self.place = place
        self.tree = tree
        self.done = False


class ResponseAccumulator(Generic[T]):
    """The response of one stream of `ResponseStreamEvent`, on its way.

    Final texts are read as `format`, and arguments of calls as `tools` say (of
    `core.structured.function_tools.tool_formats`); without them nothing is read. Events up to the sequence
    number `starting_after` are taken and not handed out. Work and memory are proportional to what
    the server sent.
    """

    __slots__ = (
        "_after",
        "_final",
        "_format",
        "_items",
        "_life",
        "_pieces",
        "_places",
        "_received",
        "_snapshot",
        "_spot",
        "_tools",
        "_why",
    )

    def __init__(
        self,
        format: OutputFormat[T] | None = None,
        tools: ToolFormats | None = None,
        *,
        starting_after: int | None = None,
    ) -> None:
        self._format = format
        self._tools = tools or {}
        self._after = starting_after
        self._life: Response | None = None
        self._items: list[_Item] = []
        self._places: dict[object, _Item] = {}
        self._final: ParsedResponse[T] | None = None
        self._snapshot: Response | None = None
        self._spot: object = None  # of the text that the last event was a delta of
        self._pieces: list[str] = []  # that text
        self._received = 0
        self._why = ""

    def receive(self, event: Any) -> list[ResponseStreamEvent[T]]:
        """Take the next event; return it, with more where there is more to say of it."""
        self._snapshot = None
        self._received += 1
        made_of_it = self._take(event)
        number: object = getattr(event, "sequence_number", None)
        if self._after is not None and isinstance(number, int) and number <= self._after:
            return []
        return [made_of_it]

    def finish(self) -> list[ResponseStreamEvent[T]]:
        """Say that the stream has ended properly; nothing comes of that."""
        return []

    def response_so_far(self) -> Response:
        """The response as it stands: what the server said last of the whole, and all items."""
        if self._final is not None:
            return self._final
        snapshot = self._snapshot
        if snapshot is None:
            tree: dict[str, Any] = {} if self._life is None else builtins(self._life)
            if self._items or "output" not in tree:
                tree["output"] = self._output()
            snapshot = self._snapshot = made("responses:Response", tree)
        return snapshot

    def response(self) -> ParsedResponse[T]:
        """The response as the server ended it, its texts and arguments read.

        Raises `StreamTruncatedError` where it never did: with the words of the error that it told
        of instead, if there was one, and the response as far as it came.
        """
        if self._final is None:
            raise StreamTruncatedError(
                f"The stream ended without its response{self._why}",
                partial=(self.response_so_far(),),
                received=self._received,
            )
        return self._final

    def _take(self, event: Any) -> Any:
        if not _is_model(event):
            if isinstance(event, events.ResponsePolledEvent):
                self._final = parsed_response(event.response, self._format, self._tools)
            return event
        kind = str(getattr(event, "type", ""))
        if (place := _DELTAS.get(kind)) is not None:
            return self._take_delta(place, event)
        self._spot = None
        if kind in _LIFE:
            return self._take_response(kind, event)
        if kind == "error":
            self._why = f": {getattr(event, 'message', None) or 'an error event without a message'}"
        stem, _, what = kind.rpartition(".")
        if stem in _TEXTS and what == "done":
            return self._take_done(_TEXTS[stem], event)
        if stem == "response.output_item":
            self._take_item(what, event)
        elif stem in _PARTS:
            field, index = _PARTS[stem]
            tree = self._tree(event, _TEXTS["response.output_text"].item)
            Places.of(tree, field).put(getattr(event, index), builtins(event.part))
        elif kind == "response.output_text.annotation.added":
            part = self._text_place(_TEXTS["response.output_text"], event)
            Places.of(part, "annotations").put(event.annotation_index, event.annotation)
        return event

    def _take_response(self, kind: str, event: Any) -> Any:
        response: Any = event.response
        if not isinstance(response, Response):
            if kind in _ENDS:
                self._why = f": {kind} came without a response"
            return event
        self._life = response
        if kind not in _ENDS:
            return event
        if self._items and not items(response.output):  # some servers leave it out
            response = made("responses:Response", {**builtins(response), "output": self._output()})
        else:
            _hang_document(response, meta(event).raw)
        final: ParsedResponse[T] = parsed_response(response, self._format, self._tools)
        self._final = final
        if not isinstance(event, types.ResponseCompletedEvent):
            return event
        return recast(event, events.ResponseCompletedEvent, root_of(event), response=final)

    def _take_item(self, what: str, event: Any) -> None:
        item: object = event.item
        if not isinstance(item, Model | Unknown):
            return
        name: object = getattr(item, "id", None)
        known = self._known(event, name=name) if what == "done" else None
        if known is None:
            known = self._begin(item, name, event.output_index)
        known.tree = item
        known.done = what == "done"

    def _take_delta(self, place: _Place, event: Any) -> Any:
        spot = type_of(event), event.item_id, event.output_index, getattr(event, place.number, None)
        piece: object = event.delta
        if spot == self._spot and isinstance(
            piece, str
        ):  # as most do, it goes on where the last was
            self._pieces.append(piece)
        else:
            part = self._text_place(place, event)
            if not isinstance(piece, str):
                return event
            self._pieces = put(part, place.name, piece)
            item = self._known(event)
            self._spot = None if item is None or item.done else spot
        cls = _with_more(event)
        if cls is None:
            return event
        root = provenance_of(event)
        grown = Grown.of(self._pieces)
        return recast(
            event,
            cls,
            Snapshot(root.raw, root.issues, grown=grown, reads=self._format is not None),
        )

    def _take_done(self, place: _Place, event: Any) -> Any:
        part = self._text_place(place, event)
        part[place.name] = getattr(event, place.name)
        cls = _with_more(event)
        return (
            event
            if cls is None or not isinstance(event, types.ResponseTextDoneEvent)
            else recast(event, cls, self._read(event))
        )

    def _read(self, event: types.ResponseTextDoneEvent) -> Provenance:
        """Read a text that is done, unless its message is a commentary."""
        item = self._known(event)
        phase: object = None
        if item is not None:
            tree = item.tree
            phase = tree.get("phase") if is_object(tree) else getattr(tree, "phase", None)
        found = read(event.text, self._format if phase in (None, "final_answer") else None)
        raw, issues = meta(event).raw, meta(event).issues
        return msgspec.structs.replace(found, raw=raw, issues=issues)

    def _known(self, event: Any, *, name: object = None) -> _Item | None:
        """The item that an event is about: by its id, or else the one in its place, not done."""
        name = name or getattr(event, "item_id", None)
        found = self._places.get(name) if isinstance(name, str) else None
        if found is None:
            place: object = getattr(event, "output_index", None)
            found = self._places.get(place) if isinstance(place, int) else None
            if found is not None and found.done:
                return None
        return found

    def _tree(self, event: Any, kind: str) -> dict[str, Any]:
        """The draft of the item that an event is about; what comes after its end is not kept."""
        item = self._known(event)
        if item is None:
            name: object = getattr(event, "item_id", None)
            item = self._begin({"type": kind, "id": name}, name, event.output_index)
        if item.done:
            return {}
        if not is_object(item.tree):
            item.tree = builtins(item.tree)
        return item.tree if is_object(item.tree) else {}

    def _begin(self, tree: Any, name: object, place: object) -> _Item:
        item = _Item(place if isinstance(place, int) else len(self._items), tree)
        self._items.append(item)
        for key in (name, place):
            if isinstance(key, str | int):
                self._places[key] = item
        return item

    def _text_place(self, place: _Place, event: Any) -> dict[str, Any]:
        tree = self._tree(event, place.item)
        if not place.field:
            return tree
        part = Places.of(tree, place.field).entry(getattr(event, place.number))
        if "type" not in part:
            part |= {"type": place.part} | _BEGINNINGS.get(place.part, {})
        return part

    def _output(self) -> list[Any]:
        ordered = sorted(self._items, key=lambda item: item.place)
        return [item.tree for item in ordered]


_WITH_MORE: Final[dict[type[object], type[Any]]] = {
    types.ResponseTextDeltaEvent: events.ResponseTextDeltaEvent,
    types.ResponseTextDoneEvent: events.ResponseTextDoneEvent,
    types.ResponseFunctionCallArgumentsDeltaEvent: events.ResponseFunctionCallArgumentsDeltaEvent,
}


def _is_model(event: object) -> bool:
    return isinstance(event, Model)


def _with_more(event: object) -> type[Any] | None:
    """The class of an event that says more than the server's."""
    kind = type_of(event)
    # One with fields that it should not have, or without some, is of a class of its own.
    return _WITH_MORE.get(kind) or _WITH_MORE.get(getattr(kind, "_known", kind))


def _hang_document(response: Response, event: bytes | None) -> None:
    """Let the response know its bytes, which are a part of the event's."""
    if event is None:
        return
    try:
        raw = bytes(decode(event, _Response).response)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    hang(response, Provenance(raw))
