"""Functions that a model may call, described by the type of their arguments."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..json.values import is_mapping
from ..terms.omit import Omit, is_omitted, omit
from .output_format import OutputFormat

if TYPE_CHECKING:
    from ..api.params.responses import FunctionToolParam
    from ..api.params.shared import ChatCompletionFunctionToolParam

__all__ = [
    "FunctionTool",
    "ToolFormats",
    "function_tool",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
    "response_function_tool",
    "tool_formats",
]

ToolFormats = Mapping[str, OutputFormat[Any]]
"""How the arguments of calls are read, by the name of the function (`namespace.name` in one)."""

_PLAIN: Any = {}  # a schema that is not looked at: arguments read as plain JSON


class FunctionTool(dict[str, Any]):
    """The definition of a function, as the API takes it, which knows the type of its arguments."""

    def __init__(self, definition: Mapping[str, Any], format: OutputFormat[Any]) -> None:
        super().__init__(definition)
        self.format = format

    def __reduce__(self) -> tuple[Any, ...]:
        return FunctionTool, (dict(self), self.format)


def function_tool(
    arguments: type[Any] | Mapping[str, Any],
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool = True,
) -> "ChatCompletionFunctionToolParam":
    """Describe a function for the `tools` of a chat completion by the type of its arguments.

    `arguments` is what `OutputFormat.of` takes; the name of the function defaults to the type's,
    its description to the docstring. In answers of `parse` and `stream`, arguments of its calls are
    read as that type (`call.function.parsed_arguments`). Raises what `OutputFormat.of` raises.
    """
    format = _format(arguments, name, description, strict)
    tool = {"type": "function", "function": FunctionTool(format.parameters(), format)}
    # A typed dict, as was just written; checkers do not know what parameters() holds.
    return cast("ChatCompletionFunctionToolParam", tool)


def response_function_tool(
    arguments: type[Any] | Mapping[str, Any],
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool = True,
    defer_loading: bool | Omit = omit,
) -> "FunctionToolParam":
    """Describe a function for the `tools` of a response by the type of its arguments.

    As `function_tool`; in answers the arguments are `item.parsed_arguments`. With `defer_loading`
    the model finds the function through a tool for searching tools.
    """
    format = _format(arguments, name, description, strict)
    later = {} if is_omitted(defer_loading) else {"defer_loading": defer_loading}
    tool = FunctionTool({"type": "function", **format.parameters(), **later}, format)
    return cast("FunctionToolParam", tool)  # as above


pydantic_function_tool = function_tool
pydantic_responses_function_tool = response_function_tool
"""The names that users of the official SDK know."""


def _format(
    source: Any, name: str | None, description: str | None, strict: bool
) -> OutputFormat[Any]:
    if description is None and isinstance(source, type):
        description = OutputFormat.of(source, strict=strict).schema.get("description")
    return OutputFormat.of(source, name=name, description=description, strict=strict)


def tool_formats(tools: Iterable[object] | None) -> ToolFormats:
    """Return how arguments of calls of `tools`, of either endpoint, are read.

    Those of `function_tool` and `response_function_tool` are read as their types, those of other
    functions with `strict: true` as plain JSON, and those of all others are left alone.
    """
    found: dict[str, OutputFormat[Any]] = {}
    for tool in tools or ():
        _add(found, tool, "")
    return found


def format_of(tools: ToolFormats, name: object) -> OutputFormat[Any] | None:
    """How the arguments of a call are read; a name may be anything that a server said."""
    return tools.get(name) if isinstance(name, str) else None


def _add(found: dict[str, OutputFormat[Any]], tool: object, within: str) -> None:
    if not is_mapping(tool):
        return
    if tool.get("type") == "namespace":
        for each in tool.get("tools") or ():
            _add(found, each, f"{tool.get('name')}.")
        return
    function: object = tool.get("function", tool)
    if tool.get("type") != "function" or not is_mapping(function):
        return
    name: object = function.get("name")
    if not isinstance(name, str):
        return
    if isinstance(function, FunctionTool):
        found[within + name] = function.format
    elif function.get("strict") is True:
        found[within + name] = OutputFormat(_PLAIN, "arguments")
