"""Answers with what was read of them: the one door for calls and for the ends of streams."""

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..api.types.chat import ChatCompletion
    from ..api.types.responses import Response
    from ..request.operation import ParsedAnswer
    from .function_tools import ToolFormats
    from .output_format import OutputFormat
    from .parsed_chat import ParsedChatCompletion
    from .parsed_responses import ParsedResponse

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


def parsed(document: Any, wanted: "ParsedAnswer") -> Any:
    """Read what an operation promised of its answer."""
    if document is None:  # the server said null
        return None
    if wanted.type == "chat:ChatCompletion":
        return parsed_completion(document, wanted.format, wanted.tools)
    return parsed_response(document, wanted.format, wanted.tools)
