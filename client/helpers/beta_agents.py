"""Helpers of `beta_agents`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ...core.model import Omit, omit
from .. import agent_files
from ..helper import awaits, helper, plain
from ..resource import M, Resource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from ...core.agents.tools import AgentToolError
    from ...core.agents.turns import AgentTurnResult
    from ...core.params.beta_agents import AgentSessionInputMessageParam, InputContentParam
    from ...core.structured.output import OutputFormat
    from ...core.timeout import Timeout
    from ..agents import (
        AgentResultArtifacts,
        AgentSessionStream,
        AsyncAgentResultArtifacts,
        AsyncAgentSessionStream,
    )
    from ..modes import Async, Sync

    Input = str | Iterable[AgentSessionInputMessageParam]
    ToolOutput = str | Mapping[str, Any] | Iterable[InputContentParam] | None
    ToolHandlers = Mapping[str, Callable[[dict[str, Any]], ToolOutput]]
    AsyncToolHandlers = Mapping[
        str,
        Callable[[dict[str, Any]], ToolOutput] | Callable[[dict[str, Any]], Awaitable[ToolOutput]],
    ]
    OnToolError = Callable[[AgentToolError], None]
    AsyncOnToolError = Callable[[AgentToolError], Awaitable[None] | None]

T = TypeVar("T")


class FilesHelpers(Resource[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    prepare = helper(agent_files.prepare)
    prepare_directory = helper(agent_files.prepare_directory)
    upload = helper(agent_files.upload)


class SessionsHelpers(Resource[M]):
    """What `Sessions` offers beyond its endpoints."""

    __slots__ = ()

    @overload
    def stream(
        self: Resource[Sync],
        session_id: str,
        *,
        input: Input,
        output_type: None = None,
        tool_handlers: ToolHandlers | None = None,
        on_tool_error: OnToolError | None = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AgentSessionStream[None]: ...
    @overload
    def stream(
        self: Resource[Sync],
        session_id: str,
        *,
        input: Input,
        output_type: type[T] | OutputFormat[T],
        tool_handlers: ToolHandlers | None = None,
        on_tool_error: OnToolError | None = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AgentSessionStream[T]: ...
    @overload
    def stream(
        self: Resource[Async],
        session_id: str,
        *,
        input: Input,
        output_type: None = None,
        tool_handlers: AsyncToolHandlers | None = None,
        on_tool_error: AsyncOnToolError | None = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AsyncAgentSessionStream[None]: ...
    @overload
    def stream(
        self: Resource[Async],
        session_id: str,
        *,
        input: Input,
        output_type: type[T] | OutputFormat[T],
        tool_handlers: AsyncToolHandlers | None = None,
        on_tool_error: AsyncOnToolError | None = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AsyncAgentSessionStream[T]: ...
    def stream(
        self: Resource[Any],
        session_id: str,
        *,
        input: Any,
        output_type: Any = None,
        tool_handlers: Any = None,
        on_tool_error: Any = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> Any:
        """Give an idle session its input, and follow the turn that comes of it.

        Returns a context manager. On entering it sends three requests: `GET` of the session, which
        has to be idle (`ValueError`), `GET .../events`, and `POST .../events` with the input. Only
        one caller at a time may do so: the API does not say which input a turn comes of. It gives
        events to iterate over and `get_final_result()`; `output_type` is what that reads the answer
        as, and is not sent: the session has its format.

        `tool_handlers` are functions by the name of the tool. One is called with the arguments,
        after the event that tells of its call was handed out, and what it returns is sent: text, a
        mapping, parts of content, or `None`. When one fails the model is told so, and no more.
        Then `on_tool_error` is told, or without it the exception is raised. A call that the server
        does not know yet is answered again after 0.1, 0.3 and 0.6 seconds.

        `idempotency_key` (or that of `extra_headers`) is the input's; answers of tools have their
        own.
        """
        from ...core.agents.session import SessionTurn
        from ..agents import AgentSessionStream, AsyncAgentSessionStream

        sender = plain(self, "stream")
        turn = SessionTurn[Any](
            sender,
            session_id,
            input=input,
            output_type=output_type,
            tool_handlers=tool_handlers,
            on_tool_error=on_tool_error,
            idempotency_key=idempotency_key,
            extra_headers=extra_headers,
            options={} if isinstance(timeout, Omit) else {"timeout": timeout},
        )
        if awaits(sender):
            return AsyncAgentSessionStream[Any](turn)
        return AgentSessionStream[Any](sender, turn)


class ArtifactsHelpers(Resource[M]):
    """What `Artifacts` offers beyond its endpoints."""

    __slots__ = ()

    @overload
    def for_result(self: Resource[Sync], result: AgentTurnResult[Any]) -> AgentResultArtifacts: ...
    @overload
    def for_result(
        self: Resource[Async], result: AgentTurnResult[Any]
    ) -> AsyncAgentResultArtifacts: ...
    def for_result(self: Resource[Any], result: AgentTurnResult[Any]) -> Any:
        """Return the files that the turn of `result` has left, to fetch by path; sends nothing."""
        from ..agents import AgentResultArtifacts, AsyncAgentResultArtifacts

        sender = plain(self, "for_result")
        kind = AsyncAgentResultArtifacts if awaits(sender) else AgentResultArtifacts
        return kind(sender, result.session_id, result.turn_id)
