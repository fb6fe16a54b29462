"""Request parameters for a structured output, and the formats by which its answer is read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeGuard

from ..json.encode import builtins
from ..json.values import is_mapping
from ..request.options import NAMES as OPTIONS
from ..terms.omit import is_omitted, not_omitted
from .function_tools import FunctionTool, ToolFormats, tool_formats
from .json_schema import SchemaError
from .output_format import OutputFormat

__all__ = ["Wanted", "chat_request", "response_request", "stored_response"]

_DOCUMENTS: Final = ("text", "json_object", "json_schema")
"""The `type` of a response format that is given as it is sent; no JSON schema has one of them."""

_RETRIEVED: Final = {"include", "include_obfuscation"}
"""Keywords of `responses.retrieve` that a stream of it can have, besides options."""

_PLAIN: Final = OutputFormat[Any]({}, "output")
"""Read as plain JSON; never sent."""


class Wanted(NamedTuple):
    """A request for a structured output."""

    params: dict[str, Any]
    """What is given to the builder of the operation."""
    format: OutputFormat[Any] | None
    """How texts are read; `None` where they are not."""
    tools: ToolFormats
    """How arguments of calls are read."""


def chat_request(
    response_format: Any, params: Mapping[str, Any], *, method: str = "parse"
) -> Wanted:
    """Return what `chat.completions` is asked for.

    `response_format` is a type, a JSON schema, an `OutputFormat`, or the parameter as it is sent.
    Raises `TypeError` or `ValueError` that names the parameter which cannot be.
    """
    sent = _checked(params, method)
    tools = _tools(sent, nested=True)
    if is_omitted(response_format):
        return Wanted(sent, None, tools)
    format, document = _format(response_format, "response_format")
    sent["response_format"] = format.chat() if document is None and format else document
    return Wanted(sent, format, tools)


def response_request(
    text_format: Any,
    parse_as: Any,
    verbosity: Any,
    params: Mapping[str, Any],
    *,
    method: str = "parse",
) -> Wanted:
    """Return what `responses` is asked for.

    `text_format` becomes `text.format`, and `verbosity` `text.verbosity`; other fields of `text`
    stay. Texts are read as `parse_as` if that is given, `None` for not at all; only `text_format`
    is sent. Raises as `chat_request`.
    """
    sent = _checked(params, method)
    tools = _tools(sent, nested=False)
    format: OutputFormat[Any] | None = None
    if not is_omitted(text_format):
        format, document = _format(text_format, "text_format")
        _add_to_text(
            sent,
            "format",
            "text_format",
            format.responses() if document is None and format else document,
        )
    if not is_omitted(verbosity):
        _add_to_text(sent, "verbosity", "verbosity", verbosity)
    if not is_omitted(parse_as):
        format = _read_as(parse_as)
    return Wanted(sent, format, tools)


def stored_response(text_format: Any, params: Mapping[str, Any]) -> Wanted:
    """Return what is asked of a response that there is: `tools` says how its calls are read.

    Raises `TypeError` about parameters of a new response, and as `chat_request`.
    """
    sent = _checked(params, "stream")
    tools = _tools(sent, nested=False)
    format = None if is_omitted(text_format) else _format(text_format, "text_format")[0]
    sent.pop("tools", None)
    for name in sent.keys() - OPTIONS - _RETRIEVED:
        raise TypeError(f"{name}: response_id is given too, and that response has been created")
    return Wanted(sent, format, tools)


def _checked(params: Mapping[str, Any], method: str) -> dict[str, Any]:
    params = not_omitted(params)
    if method == "stream":
        if "stream" in params:
            raise TypeError("stream: .stream() always streams; leave it out")
    elif params.get("stream", False):
        raise TypeError("stream: parse() reads a whole answer; .stream() gives events as they come")
    if "response_type" in params:
        raise TypeError(f"response_type: {method}() makes the answer itself; leave it out")
    return told_again(params)


def _format(
    wanted: Any, argument: str
) -> tuple[OutputFormat[Any] | None, Mapping[str, Any] | None]:
    """How texts are read, and the document to send where that is not made of it."""
    if _is_format(wanted):
        return wanted, None
    if is_mapping(wanted) and wanted.get("type") in _DOCUMENTS:
        return (None if wanted["type"] == "text" else _PLAIN), wanted
    try:
        return OutputFormat.of(wanted), None
    except SchemaError as error:
        raise SchemaError(f"{argument}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{argument}: {error}") from error


def _read_as(wanted: Any) -> OutputFormat[Any] | None:
    """A format that is read and not sent; it may be of any type that JSON can be read as."""
    if wanted is None or _is_format(wanted):
        return wanted
    return _PLAIN if is_mapping(wanted) else OutputFormat[Any](wanted, "output")


def _add_to_text(sent: dict[str, Any], key: str, argument: str, value: object) -> None:
    text = sent.get("text")
    fields: dict[str, Any] = {} if text is None else dict(builtins(text))
    if key in fields:
        raise TypeError(f"{argument}: text[{key!r}] is given as well")
    sent["text"] = {**fields, key: value}


def _tools(sent: dict[str, Any], *, nested: bool) -> ToolFormats:
    """Keep the tools (they may be an iterator), and return how their arguments are read."""
    tools = sent.get("tools")
    if tools is None:
        return {}
    sent["tools"] = listed = [_listed(tool) for tool in tools]
    for number, tool in enumerate(listed):
        inner = tool.get("function") if is_mapping(tool) else None
        if nested and isinstance(tool, FunctionTool):
            raise TypeError(f"tools[{number}]: made for responses; use function_tool() here")
        if not nested and isinstance(inner, FunctionTool):
            raise TypeError(f"tools[{number}]: made for chat; use response_function_tool() here")
    return tool_formats(listed)


def told_again(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of which `include`, where it is an iterator, can go into more than one request."""
    sent = dict(not_omitted(params))
    if _is_iterator(include := sent.get("include")):
        sent["include"] = [*include]
    return sent


def _listed(tool: Any) -> Any:
    """A tool; the tools of a namespace may be an iterator as well."""
    inner = tool.get("tools") if is_mapping(tool) else None
    return {**tool, "tools": [*inner]} if _is_iterator(inner) else tool


def _is_iterator(value: object) -> TypeGuard[Iterator[Any]]:
    return isinstance(value, Iterator)


def _is_format(value: object) -> TypeGuard[OutputFormat[Any]]:
    return isinstance(value, OutputFormat)
