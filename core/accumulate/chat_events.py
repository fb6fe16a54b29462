"""Events made of the chunks of a chat completion: texts and calls that go on or are done.

Events are values. Texts as long as they were then are made when asked for, so that a stream costs
what its deltas cost.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

import msgspec

from ..api.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionTokenLogprob
from ..json.dumpable import Dumpable, Extent
from ..json.encode import builtins
from .growing import Grown
from .partial_json import partial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..structured.type_reader import OutputMisfitError

__all__ = [
    "ChatCompletionStreamEvent",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
]

T = TypeVar("T")


class _Event(msgspec.Struct, Dumpable, frozen=True, kw_only=True):
    _told: ClassVar[tuple[str, ...]]
    """What a dump of the event has, besides the choice: names of attributes and of properties."""

    def _to_builtins(self, extent: Extent, fallback: "Callable[[Any], Any] | None" = None) -> Any:
        return builtins(dict(self), defaults=extent == "every", fallback=fallback)

    def __iter__(self) -> "Iterator[tuple[str, Any]]":
        choice = ("choice",) if isinstance(self, _OfChoice) else ()
        return ((name, getattr(self, name)) for name in ("type", *choice, *self._told))


class ChunkEvent(_Event, frozen=True, kw_only=True):
    """A chunk, as the server sent it; the events that it means follow."""

    type: ClassVar[Literal["chunk"]] = "chunk"
    _told = ("chunk", "snapshot")
    chunk: ChatCompletionChunk
    make: "Callable[[], ChatCompletion]"
    """Makes the snapshot."""

    @property
    def snapshot(self) -> ChatCompletion:
        """The completion as far as it has come: at the moment it is asked for, not of the event."""
        return self.make()

    def __repr__(self) -> str:
        return f"ChunkEvent(chunk={self.chunk!r})"


class _OfChoice(_Event, frozen=True, kw_only=True):
    choice: int
    """The index of the choice, 0 unless `n` asked for more."""


class ContentDeltaEvent(_OfChoice, frozen=True, kw_only=True):
    """A piece of the text."""

    type: ClassVar[Literal["content.delta"]] = "content.delta"
    _told = ("delta", "snapshot", "parsed")
    delta: str
    grown: Grown
    reads: bool
    """Whether the text is to be read as JSON."""

    @property
    def snapshot(self) -> str:
        """The text, this piece included."""
        return str(self.grown)

    @property
    def parsed(self) -> Any:
        """The JSON that the text has begun, as builtins; `None` if it is not to be read.

        Reading costs as much as the text is long.
        """
        return partial(self.snapshot) if self.reads else None


class ContentDoneEvent(_OfChoice, Generic[T], frozen=True, kw_only=True):
    """The text is complete, and was read."""

    type: ClassVar[Literal["content.done"]] = "content.done"
    _told = ("content", "parsed")
    content: str
    parsed: T | None
    """The value; `None` if it was not to be read, or does not fit."""
    misfit: "OutputMisfitError | None"
    """What keeps the text from being a `T`."""


class RefusalDeltaEvent(_OfChoice, frozen=True, kw_only=True):
    """A piece of the model's refusal."""

    type: ClassVar[Literal["refusal.delta"]] = "refusal.delta"
    _told = ("delta", "snapshot")
    delta: str
    grown: Grown

    @property
    def snapshot(self) -> str:
        """The refusal, this piece included."""
        return str(self.grown)


class RefusalDoneEvent(_OfChoice, frozen=True, kw_only=True):
    """The refusal is complete."""

    type: ClassVar[Literal["refusal.done"]] = "refusal.done"
    _told = ("refusal",)
    refusal: str


class FunctionToolCallArgumentsDeltaEvent(_OfChoice, frozen=True, kw_only=True):
    """A piece of the arguments of a call."""

    type: ClassVar[Literal["tool_calls.function.arguments.delta"]] = (
        "tool_calls.function.arguments.delta"
    )
    _told = ("name", "index", "arguments", "parsed_arguments", "arguments_delta")
    name: str
    """Of the function."""
    index: int
    """Of the call within the message."""
    arguments_delta: str
    grown: Grown
    reads: bool
    """Whether the arguments are to be read."""

    @property
    def arguments(self) -> str:
        """The JSON text of the arguments, this piece included."""
        return str(self.grown)

    @property
    def parsed_arguments(self) -> Any:
        """The arguments begun, as builtins; `None` if they are not to be read.

        Reading costs as much as the text is long.
        """
        return partial(self.arguments) if self.reads else None


class FunctionToolCallArgumentsDoneEvent(_OfChoice, frozen=True, kw_only=True):
    """The arguments of a call are complete, and were read."""

    type: ClassVar[Literal["tool_calls.function.arguments.done"]] = (
        "tool_calls.function.arguments.done"
    )
    _told = ("name", "index", "arguments", "parsed_arguments")
    name: str
    index: int
    arguments: str
    parsed_arguments: Any
    """As the type that the tool was made of; `None` if not to be read, or they do not fit."""
    misfit: "OutputMisfitError | None"
    """What keeps the arguments from being that type."""


class LogprobsContentDeltaEvent(_OfChoice, frozen=True, kw_only=True):
    """Probabilities of further tokens of the text."""

    type: ClassVar[Literal["logprobs.content.delta"]] = "logprobs.content.delta"
    _told = ("content", "snapshot")
    content: list[ChatCompletionTokenLogprob]
    tokens: list[ChatCompletionTokenLogprob]
    """Those of the whole text; it grows."""
    count: int

    @property
    def snapshot(self) -> list[ChatCompletionTokenLogprob]:
        """Those of all tokens so far."""
        return self.tokens[: self.count]


class LogprobsContentDoneEvent(_OfChoice, frozen=True, kw_only=True):
    """The probabilities of all tokens of the text."""

    type: ClassVar[Literal["logprobs.content.done"]] = "logprobs.content.done"
    _told = ("content",)
    content: list[ChatCompletionTokenLogprob]


class LogprobsRefusalDeltaEvent(_OfChoice, frozen=True, kw_only=True):
    """Probabilities of further tokens of the refusal."""

    type: ClassVar[Literal["logprobs.refusal.delta"]] = "logprobs.refusal.delta"
    _told = ("refusal", "snapshot")
    refusal: list[ChatCompletionTokenLogprob]
    tokens: list[ChatCompletionTokenLogprob]
    """Those of the whole refusal; it grows."""
    count: int

    @property
    def snapshot(self) -> list[ChatCompletionTokenLogprob]:
        """Those of all tokens so far."""
        return self.tokens[: self.count]


class LogprobsRefusalDoneEvent(_OfChoice, frozen=True, kw_only=True):
    """The probabilities of all tokens of the refusal."""

    type: ClassVar[Literal["logprobs.refusal.done"]] = "logprobs.refusal.done"
    _told = ("refusal",)
    refusal: list[ChatCompletionTokenLogprob]


ChatCompletionStreamEvent: TypeAlias = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent[T]
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
"""To `match` on, or to tell apart by `type`."""
