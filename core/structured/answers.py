"""Answers with what was read of them: the one door for calls and for the ends of streams."""

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..operation import ParsedAnswer
    from ..types.chat import ChatCompletion
    from ..types.responses import Response
    from .chat import ParsedChatCompletion
    from .output import OutputFormat
    from .responses import ParsedResponse
    from .tools import ToolFormats

__all__ = ["parsed", "parsed_completion", "parsed_response"]

T = TypeVar("T")


def parsed_completion(
    completion: "ChatCompletion",
    format: "OutputFormat[T] | None" = None,
    tools: "ToolFormats | None" = None,
) -> "ParsedChatCompletion[T]":
    """Read the texts of `completion` as `format`, and arguments of calls as `tools` say.

    `tools` is what `tools.tool_formats(tools)` makes of the parameter of the same name. Nothing is
    raised: what does not fit has an outcome that says so.
    """
    from .chat import parsed

    return parsed(completion, format, tools or {})


def parsed_response(
    response: "Response",
    format: "OutputFormat[T] | None" = None,
    tools: "ToolFormats | None" = None,
) -> "ParsedResponse[T]":
    """Read the final texts of `response` as `format`, and arguments of calls as `tools` say.

    As `parsed_completion`.
    """
    from .responses import parsed

    return parsed(response, format, tools or {})


def parsed(document: Any, wanted: "ParsedAnswer") -> Any:
    """Read what an operation promised of its answer."""
    if document is None:  # the server said null
        return None
    if wanted.type == "chat:ChatCompletion":
        return parsed_completion(document, wanted.format, wanted.tools)
    return parsed_response(document, wanted.format, wanted.tools)
