"""Function calls without a model: which tool is called, and with what."""

from collections.abc import Sequence
from typing import NamedTuple

from ..faults.scripted import Scripted
from ..http.errors import wrong_value
from ..http.json_documents import Object, encode, is_object, member, objects, text
from .from_schema import instance
from .texts import short, words


class Tool(NamedTuple):
    """A tool that the caller offers, from either API."""

    name: str
    description: str
    schema: object
    custom: bool


class ToolCall(NamedTuple):
    """A call of a tool; `arguments` is JSON for a function and free text for a custom tool."""

    name: str
    arguments: str
    custom: bool


def tools_of(document: Object) -> list[Tool]:
    """Read the functions and custom tools of a request, in the form of either API."""
    found: list[Tool] = []
    for tool in objects(document.get("tools")):
        kind = text(tool.get("type"))
        if kind in ("function", "custom"):
            body = tool.get(kind, tool)
            found.append(
                Tool(
                    text(member(body, "name")),
                    text(member(body, "description")),
                    member(body, "parameters"),
                    kind == "custom",
                )
            )
    return found


def decide(document: Object, scripted: Scripted, *, said: str, users_turn: bool) -> ToolCall | None:
    """Return the call to answer with, or `None` for a text.

    A call comes when the user spoke last, or when `tool_choice` demands one.
    """
    tools = tools_of(document)
    if scripted.call is not None:
        name, arguments = scripted.call
        return ToolCall(name, arguments, any(tool.custom for tool in tools if tool.name == name))
    if scripted.text is not None:
        return None
    choice = document.get("tool_choice")
    allowed = member(choice, "allowed_tools") or choice
    if names := {_name(tool) for tool in objects(member(allowed, "tools"))}:
        tools = [tool for tool in tools if tool.name in names]
        choice = member(allowed, "mode")
    elif is_object(choice) and (wanted := _name(choice)):
        tools = [tool for tool in tools if tool.name == wanted]
        if not tools:
            raise wrong_value("tool_choice", f"'{wanted}' is not among the tools")
        choice = "required"
    if choice == "none" or not tools or not (users_turn or choice == "required"):
        return None
    tool = _fitting(tools, said)
    if tool.custom:
        return ToolCall(tool.name, short(said) or tool.name, True)
    made = instance(tool.schema, said)
    return ToolCall(tool.name, encode(made if is_object(made) else {}).decode(), False)


def _name(tool: Object) -> str:
    return text(tool.get("name")) or text(member(tool.get(text(tool.get("type"))), "name"))


def _fitting(tools: Sequence[Tool], said: str) -> Tool:
    """Return the tool that shares most words with what was said; the first among equals."""
    asked = {word.lower() for word in words(short(said))}
    return max(tools, key=lambda tool: shared_words(tool, asked))


def shared_words(tool: Tool, asked: set[str]) -> int:
    """Return how many of the words that were said are in what a tool says of itself."""
    own = words(tool.name.replace("_", " ")) + words(tool.description)
    return len(asked & {word.lower() for word in own})


def pieces(arguments: str, size: int = 8) -> list[str]:
    """Cut arguments into the pieces that they are streamed in."""
    return [arguments[at : at + size] for at in range(0, len(arguments), size)]
