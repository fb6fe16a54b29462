"""The kind of answer of a session whose turn is followed: events, and the handlers of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..request.answer_kinds import EventsAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..structured.output_format import OutputFormat
    from .function_calls import Handlers, OnToolError

__all__ = ["TurnAnswer"]


class TurnAnswer(EventsAnswer, frozen=True, kw_only=True):
    """Events of an agent's session, whose turn is followed; see `core.agents.turn_source`."""

    followed = True

    session_id: str | None = None
    """The session, where the events are asked for up to the end of one turn, and no more."""
    format: OutputFormat[Any] | None = None
    """What the turn's answer is read as."""
    handlers: Handlers = {}  # noqa: RUF012  # msgspec copies it
    """Functions by the name of the tool: what answers its calls."""
    on_tool_error: OnToolError | None = None
    """Who is told of a handler that fails."""
    options: Mapping[str, Any] = {}
    """Options of the requests that send the answers of calls."""
