"""Responses whose texts and calls have been parsed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from ..api.types import responses as types
from ..api.types.responses import (
    Response,
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)
from ..json.values import items
from .function_tools import ToolFormats, format_of
from .outcomes import Called, Misfit, Outcome, Parsed, Refused, Stopped, value_of
from .output_format import OutputFormat
from .parsed_roots import each, read, reading, recast, root_of, shown
from .type_reader import OutputMisfitError

__all__ = [
    "ParsedContent",
    "ParsedResponse",
    "ParsedResponseFunctionToolCall",
    "ParsedResponseOutputItem",
    "ParsedResponseOutputMessage",
    "ParsedResponseOutputText",
    "parsed",
]

T = TypeVar("T")


class ParsedResponseOutputText(ResponseOutputText, Generic[T], kw_only=True):
    """A part of a message that was read as a `T`."""

    @property
    def parsed(self) -> T | None:
        """The text as a `T`; `None` where it was not to be read, or does not fit (`misfit`)."""
        value: T | None = reading(self).value
        return value

    @property
    def misfit(self) -> OutputMisfitError | None:
        """What keeps the text from being a `T`."""
        return reading(self).misfit

    def __repr__(self) -> str:
        return shown(super().__repr__(), parsed=self.parsed)


ParsedContent: TypeAlias = ParsedResponseOutputText[T] | ResponseOutputRefusal

# Fields are declared anew, for checkers only, with the narrower types that they hold here. The
# lists are invariant to them, and nobody can put anything else in: the models are frozen.


class ParsedResponseOutputMessage(ResponseOutputMessage, Generic[T], kw_only=True):
    """A message whose texts were read as a `T`, unless its phase says they are not final."""

    if TYPE_CHECKING:
        content: list[ParsedContent[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]  # see above


class ParsedResponseFunctionToolCall(ResponseFunctionToolCall, kw_only=True):
    """A call of a function, with its arguments read."""

    @property
    def parsed_arguments(self) -> Any:
        """The arguments, as the type that its tool was made of; `None` where they were not read."""
        return reading(self).value

    @property
    def misfit(self) -> OutputMisfitError | None:
        """What keeps the arguments from being that type."""
        return reading(self).misfit

    def __repr__(self) -> str:
        return shown(super().__repr__(), parsed_arguments=self.parsed_arguments)


ParsedResponseOutputItem: TypeAlias = (
    ParsedResponseOutputMessage[T]
    | ParsedResponseFunctionToolCall
    | types.ResponseFileSearchToolCall
    | types.ResponseFunctionToolCallOutputItem
    | types.ResponseFunctionWebSearch
    | types.ResponseComputerToolCall
    | types.ResponseComputerToolCallOutputItem
    | types.ResponseReasoningItem
    | types.Program
    | types.ProgramOutput
    | types.ResponseToolSearchCall
    | types.ResponseToolSearchOutputItem
    | types.AdditionalTools
    | types.ResponseCompactionItem
    | types.ImageGenerationCall
    | types.ResponseCodeInterpreterToolCall
    | types.LocalShellCall
    | types.LocalShellCallOutput
    | types.ResponseFunctionShellToolCall
    | types.ResponseFunctionShellToolCallOutput
    | types.ResponseApplyPatchToolCall
    | types.ResponseApplyPatchToolCallOutput
    | types.McpCall
    | types.McpListTools
    | types.McpApprovalRequest
    | types.McpApprovalResponse
    | types.ResponseCustomToolCall
    | types.ResponseCustomToolCallOutputItem
)
"""The members of `ResponseOutputItem`, two of them parsed: so that checkers narrow to these."""


class ParsedResponse(Response, Generic[T], kw_only=True):
    """A response whose final texts were read as a `T`.

    All that a `Response` is: `to_dict()` and `meta()` give what the server said, and it can be sent
    back as input as it came.
    """

    if TYPE_CHECKING:
        output: list[ParsedResponseOutputItem[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]  # see above

    @property
    def output_parsed(self) -> T | None:
        """The first text that is a `T`; `None` after a refusal, a stop or a misfit."""
        for part in _parts(self):
            value: T | None = reading(part).value
            if value is not None:
                return value
        return None

    @property
    def outcome(self) -> Outcome[T]:
        """What came of it."""
        return _outcome(self)

    @property
    def value(self) -> T:
        """The first text that is a `T`; raises `StructuredOutputError` where there is none."""
        return value_of(self.outcome)


def parsed(
    response: Response, format: OutputFormat[T] | None, tools: ToolFormats
) -> ParsedResponse[T]:
    """See `answers.parsed_response`."""
    whole = format if response.status in (None, "completed") else None
    output = each(response.output, lambda item: _item(item, whole, tools))
    made: ParsedResponse[T] = recast(response, ParsedResponse, root_of(response), output=output)
    return made


def _item(item: Any, whole: OutputFormat[Any] | None, tools: ToolFormats) -> Any:
    if isinstance(item, ResponseOutputMessage):
        final = whole if item.phase in (None, "final_answer") else None
        content = each(item.content, lambda part: _part(part, final))
        return recast(item, ParsedResponseOutputMessage, None, content=content)
    if isinstance(item, ResponseFunctionToolCall):
        name = item.name if item.namespace is None else f"{item.namespace}.{item.name}"
        format = format_of(tools, name)
        if format is None and item.namespace == item.name:
            format = format_of(tools, item.name)  # deferred functions outside of namespaces
        return recast(item, ParsedResponseFunctionToolCall, read(item.arguments, format))
    return item


def _part(part: Any, format: OutputFormat[Any] | None) -> Any:
    if not isinstance(part, ResponseOutputText):
        return part
    return recast(part, ParsedResponseOutputText, read(part.text, format))


def _parts(response: Response) -> Iterator[Any]:
    """The parts of all messages that are final."""
    for item in items(response.output):
        if isinstance(item, ResponseOutputMessage) and item.phase in (None, "final_answer"):
            yield from items(item.content)


def _outcome(response: ParsedResponse[T]) -> Outcome[T]:
    for part in _parts(response):
        if isinstance(part, ResponseOutputRefusal):
            return Refused(part.refusal, response=response)
    if response.status not in (None, "completed"):
        said: object = getattr(response.incomplete_details, "reason", None)
        reason = said if isinstance(said, str) and said else str(response.status)
        return Stopped(reason, response.output_text, response=response)
    calls = tuple(
        item
        for item in items(response.output)
        if isinstance(item, ResponseFunctionToolCall | ResponseCustomToolCall)
    )
    if calls:
        return Called(calls, response=response)
    value = response.output_parsed
    if value is not None:
        return Parsed(value, response=response)
    for part in _parts(response):
        if (misfit := reading(part).misfit) is not None:
            return Misfit(misfit, part.text, response=response)
    return Stopped(response.status or "completed", response.output_text, response=response)
