"""Events of a response's stream; four of them carry the text or response so far."""

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

from ..api.types import responses_events as types
from ..json.dumpable import Dumpable
from ..json.provenance import Provenance
from ..structured.parsed_roots import reading
from ..structured.type_reader import OutputMisfitError
from .growing import Grown
from .partial_json import partial

if TYPE_CHECKING:
    from ..structured.parsed_responses import ParsedResponse

__all__ = [
    "ResponseCompletedEvent",
    "ResponseFunctionCallArgumentsDeltaEvent",
    "ResponsePolledEvent",
    "ResponseStreamEvent",
    "ResponseTextDeltaEvent",
    "ResponseTextDoneEvent",
    "Snapshot",
]

T = TypeVar("T")


class Snapshot(Provenance, frozen=True, kw_only=True):
    """The root of an event with the text that its delta is a piece of."""

    grown: Grown = Grown([], 0)
    reads: bool = False
    """Whether the text is to be read as JSON."""


_NOTHING = Snapshot()


def _snapshot(event: object) -> Snapshot:
    root = getattr(event, "_root", None)
    return root if isinstance(root, Snapshot) else _NOTHING


class ResponsePolledEvent(msgspec.Struct, Dumpable, frozen=True, kw_only=True):
    """Handed out in place of the events that a server would not tell again, once it was polled.

    `response` is the response as it was when it was over. Of the events between the last one and
    its end, none but that end is told.
    """

    response: Any
    reason: str
    """Why the server was polled, in words."""
    sequence_number: int | None
    """That of the last event before."""
    type: Literal["polled"] = "polled"


class ResponseTextDeltaEvent(types.ResponseTextDeltaEvent, kw_only=True):
    """A piece of a text."""

    @property
    def snapshot(self) -> str:
        """The text, this piece included."""
        return str(_snapshot(self).grown)

    @property
    def parsed(self) -> Any:
        """The JSON that the text has begun, as builtins; `None` if it is not to be read.

        Reading costs as much as the text is long.
        """
        found = _snapshot(self)
        return partial(str(found.grown)) if found.reads else None


class ResponseTextDoneEvent(types.ResponseTextDoneEvent, Generic[T], kw_only=True):
    """A text is complete, and was read."""

    @property
    def parsed(self) -> T | None:
        """The text as a `T`; `None` where it was not to be read, or does not fit (`misfit`)."""
        value: T | None = reading(self).value
        return value

    @property
    def misfit(self) -> OutputMisfitError | None:
        """What keeps the text from being a `T`."""
        return reading(self).misfit


class ResponseFunctionCallArgumentsDeltaEvent(
    types.ResponseFunctionCallArgumentsDeltaEvent, kw_only=True
):
    """A piece of the arguments of a call."""

    @property
    def snapshot(self) -> str:
        """The JSON text of the arguments, this piece included."""
        return str(_snapshot(self).grown)


class ResponseCompletedEvent(types.ResponseCompletedEvent, Generic[T], kw_only=True):
    """The response is complete."""

    if TYPE_CHECKING:
        response: ParsedResponse[T]


ResponseStreamEvent: TypeAlias = (
    ResponseTextDeltaEvent
    | ResponseTextDoneEvent[T]
    | ResponseFunctionCallArgumentsDeltaEvent
    | ResponseCompletedEvent[T]
    | types.ResponseAudioDeltaEvent
    | types.ResponseAudioDoneEvent
    | types.ResponseAudioTranscriptDeltaEvent
    | types.ResponseAudioTranscriptDoneEvent
    | types.ResponseCodeInterpreterCallCodeDeltaEvent
    | types.ResponseCodeInterpreterCallCodeDoneEvent
    | types.ResponseCodeInterpreterCallCompletedEvent
    | types.ResponseCodeInterpreterCallInProgressEvent
    | types.ResponseCodeInterpreterCallInterpretingEvent
    | types.ResponseContentPartAddedEvent
    | types.ResponseContentPartDoneEvent
    | types.ResponseCreatedEvent
    | types.ResponseErrorEvent
    | types.ResponseFileSearchCallCompletedEvent
    | types.ResponseFileSearchCallInProgressEvent
    | types.ResponseFileSearchCallSearchingEvent
    | types.ResponseFunctionCallArgumentsDoneEvent
    | types.ResponseShellCallCommandAddedEvent
    | types.ResponseShellCallCommandDeltaEvent
    | types.ResponseShellCallCommandDoneEvent
    | types.ResponseShellCallOutputContentDeltaEvent
    | types.ResponseShellCallOutputContentDoneEvent
    | types.ResponseInProgressEvent
    | types.ResponseFailedEvent
    | types.ResponseIncompleteEvent
    | types.ResponseOutputItemAddedEvent
    | types.ResponseOutputItemDoneEvent
    | types.ResponseReasoningSummaryPartAddedEvent
    | types.ResponseReasoningSummaryPartDoneEvent
    | types.ResponseReasoningSummaryTextDeltaEvent
    | types.ResponseReasoningSummaryTextDoneEvent
    | types.ResponseReasoningTextDeltaEvent
    | types.ResponseReasoningTextDoneEvent
    | types.ResponseRefusalDeltaEvent
    | types.ResponseRefusalDoneEvent
    | types.ResponseWebSearchCallCompletedEvent
    | types.ResponseWebSearchCallInProgressEvent
    | types.ResponseWebSearchCallSearchingEvent
    | types.ResponseImageGenCallCompletedEvent
    | types.ResponseImageGenCallGeneratingEvent
    | types.ResponseImageGenCallInProgressEvent
    | types.ResponseImageGenCallPartialImageEvent
    | types.ResponseMcpCallArgumentsDeltaEvent
    | types.ResponseMcpCallArgumentsDoneEvent
    | types.ResponseMcpCallCompletedEvent
    | types.ResponseMcpCallFailedEvent
    | types.ResponseMcpCallInProgressEvent
    | types.ResponseMcpListToolsCompletedEvent
    | types.ResponseMcpListToolsFailedEvent
    | types.ResponseMcpListToolsInProgressEvent
    | types.ResponseOutputTextAnnotationAddedEvent
    | types.ResponseQueuedEvent
    | types.ResponseCustomToolCallInputDeltaEvent
    | types.ResponseCustomToolCallInputDoneEvent
    | types.ResponseCompactionCompactingEvent
)
"""The members of `types.responses.ResponseStreamEvent`, four of them with more."""
