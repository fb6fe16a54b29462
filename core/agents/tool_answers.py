"""Calls of an agent's tools, as functions get them, and the documents that answer them."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from ..json.encode import builtins, encode
from ..json.values import is_mapping, is_object
from ..terms.json_text import decode_json

if TYPE_CHECKING:
    from ..api.types.beta_agents import AgentFunctionCallItem
    from ..terms.errors import BadRequestError

Stage = Literal["arguments", "execution", "output"]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AgentToolError:
    """A tool that failed here: what `on_tool_error` is told.

    The model is told that the tool failed, and nothing of `error`. `stage` says where: the
    `arguments` that came, the `execution` of the handler, or the `output` that it returned.
    """

    error: Exception
    tool_name: str
    session_id: str
    turn_id: str
    call_id: str
    stage: Stage


def arguments(call: AgentFunctionCallItem) -> Document:
    """Return the arguments of a call; `ValueError` if they are no JSON object."""
    given: Any = call.arguments
    value = decode_json(given.encode()) if isinstance(given, str) else deepcopy(given)
    if not is_object(value):
        raise ValueError("the arguments of the call are no JSON object")
    return value


def answer(call: AgentFunctionCallItem, output: object) -> Document:
    """Return the input that answers a call.

    `output` is text, a mapping (sent as JSON text), `None`, or parts of content. Raises
    `TypeError` or `ValueError` for what cannot be sent.
    """
    return {**_of(call), "success": True, "output": _sendable(output)}


def refusal(call: AgentFunctionCallItem) -> Document:
    """Return the input that says that a tool failed, and not how: that may be confidential."""
    return {**_of(call), "success": False, "error": "The tool failed."}


def _of(call: AgentFunctionCallItem) -> Document:
    kind = "agent.session.input.tool_result"
    return {"type": kind, "turn_id": call.turn_id, "call_id": call.call_id}


def _sendable(output: object) -> object:
    if output is None or isinstance(output, str):
        return output
    if is_mapping(output):
        return encode(output).decode()
    if not _is_parts(output):
        raise TypeError(
            f"the tool returned {type(output).__name__}: expected text, a mapping, "
            "parts of content, or None"
        )
    return builtins(list(output))


def _is_parts(output: object) -> TypeGuard[Iterable[object]]:
    return isinstance(output, Iterable) and not isinstance(output, bytes | bytearray)


def is_too_early(error: BadRequestError, call_id: str) -> bool:
    """Whether a call was answered before the server had written it down.

    The event that tells of a call may come that early. The server says so in words only.
    """
    return error.message.rstrip(".").endswith(f"Unknown pending tool call: {call_id}")
