"""Parses the texts and calls of an answer, for calls and for the ends of streams alike."""

from typing import TYPE_CHECKING, Any, TypeVar

from ..request.answer_kinds import JsonAnswer

if TYPE_CHECKING:
    from ..api.types.chat import ChatCompletion
    from ..api.types.responses import Response
    from .function_tools import ToolFormats
    from .output_format import OutputFormat
    from .parsed_chat import ParsedChatCompletion
    from .parsed_responses import ParsedResponse

__all__ = ["ParsedAnswer", "parsed_completion", "parsed_response"]

T = TypeVar("T")


class ParsedAnswer(JsonAnswer, frozen=True):
    """A `chat:ChatCompletion` or `responses:Response`, with texts in it that are read as well."""

    format: "OutputFormat[Any] | None" = None
    """What the texts are read as."""
    tools: "ToolFormats" = {}  # noqa: RUF012  # msgspec copies it
    """What the arguments of calls are read as, by the name of the function."""

    def read(self, document: Any) -> Any:
        """Return the answer with its texts read; `None` where the server said null."""
        if document is None:
            return None
        if self.type == "chat:ChatCompletion":
            return parsed_completion(document, self.format, self.tools)
        return parsed_response(document, self.format, self.tools)


def parsed_completion(
    completion: "ChatCompletion",
    format: "OutputFormat[T] | None" = None,
    tools: "ToolFormats | None" = None,
) -> "ParsedChatCompletion[T]":
    """Read the texts of `completion` as `format`, and arguments of calls as `tools` say.

    `tools` is what `function_tools.tool_formats(tools)` makes of the parameter of the same name.
    Nothing is raised: what does not fit has an outcome that says so.
    """
    from .parsed_chat import parsed

    return parsed(completion, format, tools or {})


def parsed_response(
    response: "Response",
    format: "OutputFormat[T] | None" = None,
    tools: "ToolFormats | None" = None,
) -> "ParsedResponse[T]":
    """Read the final texts of `response` as `format`, and arguments of calls as `tools` say.

    As `parsed_completion`.
    """
    from .parsed_responses import parsed

    return parsed(response, format, tools or {})
