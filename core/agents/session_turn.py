"""The program that gives a session its input and listens to the turn that comes of it.

`SessionTurn` is the same for every kind of caller; `client.agents` has its blocking and its async
face. It listens before it speaks: the events of the turn cannot be missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..api.operations import beta_agents as operations
from .followed_creation import followed, without_key
from .function_calls import post
from .turn import format_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..api.params.beta_agents import AgentSessionInputMessageParam
    from ..programs.caller import Caller
    from ..request.timeout import Timeout
    from ..terms.omit import Omit
    from .tool_answers import AgentToolError, Document
    from .turn_source import TurnSource

T = TypeVar("T")


class SessionTurn(Generic[T]):
    """One input to an idle session, and the turn that it begins."""

    def __init__(
        self,
        caller: Caller,
        session_id: str,
        *,
        input: str | Iterable[AgentSessionInputMessageParam],
        output_type: Any = None,
        tool_handlers: Mapping[str, Callable[[dict[str, Any]], Any]] | None = None,
        on_tool_error: Callable[[AgentToolError], Any] | None = None,
        idempotency_key: str | Omit | None = None,
        extra_headers: Mapping[str, Any] | None = None,
        options: Mapping[str, float | Timeout | None],
    ) -> None:
        self._caller = caller
        self._session_id = session_id
        self._input = _messages(input)
        headers, key = without_key(extra_headers)
        self._key: Any = key or idempotency_key or None
        self._options: dict[str, Any] = {**options, "extra_headers": headers}
        self._about: dict[str, Any] = {
            "session_id": session_id,
            "format": None if output_type is None else format_of(output_type),
            "handlers": dict(tool_handlers or {}),
            "on_tool_error": on_tool_error,
            "options": self._options,
        }
        self._source: TurnSource[T] | None = None
        self._begun = False

    async def open(self) -> None:
        """Look whether the session is idle, listen to it, and send the input: three requests."""
        if self._begun:
            raise RuntimeError("This stream has begun before; each input needs its own")
        self._begun = True
        retrieve = operations.sessions_retrieve(self._session_id, **self._options)
        session = await self._caller.perform(retrieve)
        if session.status != "idle":
            raise ValueError(
                f"session {self._session_id} is {session.status}, not idle: "
                "sessions.events.stream follows what goes on in it"
            )
        listen = operations.sessions_events_stream(self._session_id, **self._options)
        stream: Any = await self._caller.perform(followed(listen, **self._about))
        self._source = stream.source
        try:
            key = self._key or self._caller.disk.token()
            await post(self._caller, self._session_id, self._input, key, self._options)
        except BaseException:
            self.abort()
            raise

    @property
    def source(self) -> TurnSource[T]:
        """The events, once it has begun."""
        if self._source is None:
            raise RuntimeError("The stream has not begun: use it in a `with` block")
        return self._source

    def abort(self) -> None:
        """Listen no longer. The turn goes on at the server."""
        if self._source is not None:
            self._source.abort()


def _messages(input: str | Iterable[AgentSessionInputMessageParam]) -> Document:
    """The event that an input is sent as; `ValueError` for one that says nothing."""
    if isinstance(input, str):
        content = [{"type": "input_text", "text": input}] if input else []
        messages: list[Any] = [{"role": "user", "content": content}] if content else []
    else:
        messages = list(input)
    if not messages:
        raise ValueError("input: it is empty")
    return {"type": "agent.session.input.message", "input": messages}
