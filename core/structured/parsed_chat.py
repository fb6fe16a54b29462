"""Chat completions whose texts and calls have been parsed."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..api.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageFunctionToolCall,
    Choice,
)
from ..api.types.shared import Function
from ..json.values import items
from .function_tools import ToolFormats, format_of
from .outcomes import Called, Misfit, Outcome, Parsed, Refused, Stopped, value_of
from .output_format import OutputFormat
from .parsed_roots import Reading, each, read, reading, recast, root_of, shown, text_of
from .type_reader import OutputMisfitError

__all__ = [
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "ParsedFunction",
    "ParsedFunctionToolCall",
    "parsed",
]

T = TypeVar("T")

# Fields are declared anew, for checkers only, with the narrower types that they hold here. The
# lists are invariant to them, and nobody can put anything else in: the models are frozen.


class ParsedFunction(Function, kw_only=True):
    """The function of a call, with its arguments read."""

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


class ParsedFunctionToolCall(ChatCompletionMessageFunctionToolCall, kw_only=True):
    """A call of a function, with its arguments read."""

    if TYPE_CHECKING:
        function: ParsedFunction


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T], kw_only=True):
    """A message whose content was read as a `T`."""

    if TYPE_CHECKING:
        tool_calls: (  # type: ignore[assignment]  # see above
            list[ParsedFunctionToolCall | ChatCompletionMessageCustomToolCall] | None
        )  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def parsed(self) -> T | None:
        """The content as a `T`; `None` after a refusal, a stop or a misfit (see `outcome`)."""
        value: T | None = reading(self).value
        return value

    def __repr__(self) -> str:
        return shown(super().__repr__(), parsed=self.parsed)


class ParsedChoice(Choice, Generic[T], kw_only=True):
    """A choice whose message was read as a `T`."""

    if TYPE_CHECKING:
        message: ParsedChatCompletionMessage[T]

    @property
    def outcome(self) -> Outcome[T]:
        """What came of it; `outcome.response` is the completion as it was before it was read."""
        return _outcome(self, reading(self).answer)


class ParsedChatCompletion(ChatCompletion, Generic[T], kw_only=True):
    """A chat completion whose messages were read as a `T`.

    All that a `ChatCompletion` is: `to_dict()` and `meta()` give what the server said, and a
    message can be sent back as it came.
    """

    if TYPE_CHECKING:
        choices: list[ParsedChoice[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]  # see above

    @property
    def outcome(self) -> Outcome[T]:
        """What came of the first choice."""
        for choice in items(self.choices)[:1]:
            if isinstance(choice, ParsedChoice):
                return _outcome(cast("ParsedChoice[T]", choice), self)
        return Stopped("no choices", "", response=self)

    @property
    def value(self) -> T:
        """The first choice as a `T`; raises `StructuredOutputError` where there is none."""
        return value_of(self.outcome)


def parsed(
    completion: ChatCompletion, format: OutputFormat[T] | None, tools: ToolFormats
) -> ParsedChatCompletion[T]:
    """See `answers.parsed_completion`."""
    choices = each(completion.choices, lambda choice: _choice(choice, completion, format, tools))
    made: ParsedChatCompletion[T] = recast(
        completion, ParsedChatCompletion, root_of(completion), choices=choices
    )
    return made


def _choice(
    choice: Any, completion: ChatCompletion, format: OutputFormat[Any] | None, tools: ToolFormats
) -> Any:
    message: Any = choice.message if isinstance(choice, Choice) else None
    if not isinstance(message, ChatCompletionMessage):
        return choice  # what the server said instead
    whole = choice.finish_reason not in ("length", "content_filter") and not message.refusal
    text = read(text_of(message.content), format) if whole else Reading()
    calls = each(message.tool_calls, lambda call: _call(call, tools))
    message = recast(message, ParsedChatCompletionMessage, text, tool_calls=calls)
    return recast(choice, ParsedChoice, Reading(answer=completion), message=message)


def _call(call: Any, tools: ToolFormats) -> Any:
    if not isinstance(call, ChatCompletionMessageFunctionToolCall):
        return call
    function: Any = call.function
    if not isinstance(function, Function):
        return call
    arguments = read(function.arguments, format_of(tools, function.name))
    return recast(
        call, ParsedFunctionToolCall, None, function=recast(function, ParsedFunction, arguments)
    )


def _outcome(choice: ParsedChoice[T], response: ChatCompletion) -> Outcome[T]:
    message: ParsedChatCompletionMessage[T] = choice.message
    found = reading(message)
    text = text_of(message.content) or ""
    if message.refusal:
        return Refused(message.refusal, response=response)
    if choice.finish_reason in ("length", "content_filter"):
        return Stopped(choice.finish_reason, text, response=response)
    if calls := items(message.tool_calls):
        return Called(tuple(calls), response=response)
    if found.misfit is not None:
        return Misfit(found.misfit, text, response=response)
    if found.value is not None:
        value: T = found.value
        return Parsed(value, response=response)
    return Stopped(str(choice.finish_reason), text, response=response)
