"""Outcomes of a structured output: one of five small types, to `match` on.

    match completion.outcome:
        case Parsed(value): ...
        case Called(calls): ...            # the model wants functions called first
        case Refused(refusal): ...
        case Stopped(reason, text): ...    # cut short: `length`, `content_filter`, ...
        case Misfit(error, text): ...      # a text that does not fit the type

Each keeps the whole answer (`response`) and what it cost (`usage`).
"""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec

from ..terms.base_errors import OpenAIError
from .type_reader import OutputMisfitError

if TYPE_CHECKING:
    from ..api.types.chat import ChatCompletion, CompletionUsage
    from ..api.types.responses import Response, ResponseUsage

__all__ = [
    "Called",
    "ContentFilterFinishReasonError",
    "LengthFinishReasonError",
    "Misfit",
    "Outcome",
    "Parsed",
    "Refused",
    "Stopped",
    "StructuredOutputError",
    "value_of",
]

T = TypeVar("T")


class StructuredOutputError(OpenAIError):
    """The `value` of a structured output was asked for, and there is none.

    `outcome` says what there is instead (`Refused`, `Stopped`, `Misfit` or `Called`), and keeps the
    answer and its usage.
    """

    def __init__(self, message: str, *, outcome: "Outcome[Any]") -> None:
        super().__init__(message)
        self.outcome = outcome

    @property
    def response(self) -> Any:
        """The answer: a chat completion or a response."""
        return self.outcome.response

    @property
    def completion(self) -> Any:
        """The answer, under the name that it has elsewhere."""
        return self.outcome.response

    @property
    def usage(self) -> Any:
        """The tokens that the answer took, where the server said so."""
        return getattr(self.response, "usage", None)


class _StoppedError(StructuredOutputError):
    """An answer that ended before its end; made by hand, as in the official SDK, of a completion."""

    reason: ClassVar[str] = ""
    words: ClassVar[str] = "The answer has no value"

    def __init__(
        self,
        message: str | None = None,
        *,
        outcome: "Outcome[Any] | None" = None,
        completion: Any = None,
    ) -> None:
        if outcome is None:
            outcome = Stopped(self.reason, "", response=completion)
        usage = getattr(completion, "usage", None)
        text = f"{self.words}." if usage is None else f"{self.words}; usage: {usage}"
        super().__init__(message or text, outcome=outcome)


class LengthFinishReasonError(_StoppedError):
    """The answer was cut off at the limit of tokens."""

    reason, words = "length", "The answer was cut off at the limit of tokens"


class ContentFilterFinishReasonError(_StoppedError):
    """The answer was stopped by the content filter."""

    reason, words = "content_filter", "The answer was stopped by the content filter"


class _About(msgspec.Struct, frozen=True, kw_only=True):
    response: "ChatCompletion | Response"
    """The answer that it is about."""

    @property
    def usage(self) -> "CompletionUsage | ResponseUsage | None":
        """The tokens that the answer took, where the server said so."""
        return self.response.usage

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in type(self).__match_args__)
        return f"{type(self).__name__}({', '.join(shown)})"


class Parsed(_About, Generic[T], frozen=True):
    """The model answered as asked."""

    value: T


class Called(_About, frozen=True):
    """The model wants functions or tools of the caller's called, and has not answered yet."""

    calls: tuple[Any, ...]
    """The calls, as they stand in the answer."""


class Refused(_About, frozen=True):
    """The model refused, in its own words."""

    refusal: str


class Stopped(_About, frozen=True):
    """The answer ended before its end, or without any text that was to be read.

    `reason` is the `finish_reason` of a choice (`length`, `content_filter`), the reason for which a
    response is incomplete (`max_output_tokens`, `content_filter`, ...), or else its `status`.
    """

    reason: str
    text: str


class Misfit(_About, frozen=True):
    """The model answered, and `text` does not fit the type: `error` says where."""

    error: OutputMisfitError
    text: str


Outcome: TypeAlias = Parsed[T] | Called | Refused | Stopped | Misfit


def value_of(outcome: Outcome[T]) -> T:
    """Return the value, or raise the `StructuredOutputError` that says why there is none."""
    match outcome:
        case Parsed():
            return outcome.value
        case Called():
            names = ", ".join(_name(each) for each in outcome.calls)
            raise StructuredOutputError(f"The model called {names} first.", outcome=outcome)
        case Refused():
            raise StructuredOutputError(f"The model refused: {outcome.refusal}", outcome=outcome)
        case Misfit():
            message = f"The answer does not fit its type: {outcome.error}"
            raise StructuredOutputError(message, outcome=outcome) from outcome.error
        case Stopped(reason="length" | "max_output_tokens"):
            raise LengthFinishReasonError(
                f"The answer was cut off ({outcome.reason}); usage: {outcome.usage}",
                outcome=outcome,
            )
        case Stopped(reason="content_filter"):
            raise ContentFilterFinishReasonError(
                "The answer was stopped by the content filter.", outcome=outcome
            )
        case Stopped():
            raise StructuredOutputError(
                f"There is no structured output in the answer ({outcome.reason}).",
                outcome=outcome,
            )


def _name(call: Any) -> str:
    inner = getattr(call, "function", None) or getattr(call, "custom", None) or call
    name = getattr(inner, "name", None) or getattr(call, "type", None)
    return str(name)
