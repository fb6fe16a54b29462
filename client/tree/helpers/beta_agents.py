"""Helpers of `beta_agents`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ....core.agents import followed_creation as following
from ....core.terms.omit import Omit, is_omitted, omit
from ...binding.helpers import Helpers
from ...binding.methods import EndpointMethod
from ...binding.program_method import ProgramMethod, plain
from ...binding.resource import M, Resource
from .. import agent_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from typing import Literal, Unpack

    from ....core.agents.tool_answers import AgentToolError
    from ....core.agents.turn import AgentTurnResult
    from ....core.api.params.beta_agents import (
        AgentSessionInputMessageParam,
        InputContentParam,
        SessionCreateParams,
    )
    from ....core.api.types.beta_agents import AgentSession
    from ....core.request.timeout import Timeout
    from ....core.structured.output_format import OutputFormat
    from ....core.terms.secret import Secret
    from ...answers.agent_streams import (
        AgentResultArtifacts,
        AgentSessionEventStream,
        AgentSessionStream,
    )
    from ...sending.modes import Sync

    Input = str | Iterable[AgentSessionInputMessageParam]
    ToolOutput = str | Mapping[str, Any] | Iterable[InputContentParam] | None
    ToolHandlers = Mapping[str, Callable[[dict[str, Any]], ToolOutput]]
    AsyncToolHandlers = Mapping[
        str,
        Callable[[dict[str, Any]], ToolOutput] | Callable[[dict[str, Any]], Awaitable[ToolOutput]],
    ]
    OnToolError = Callable[[AgentToolError], None]
    AsyncOnToolError = Callable[[AgentToolError], Awaitable[None] | None]

    class FollowParams(SessionCreateParams, total=False):
        """Keywords of `create` with a stream."""

        tool_handlers: ToolHandlers | Omit | None
        on_tool_error: OnToolError | Omit | None

    class AsyncFollowParams(SessionCreateParams, total=False):
        """Keywords of `create` with a stream, of an async client."""

        tool_handlers: AsyncToolHandlers | Omit | None
        on_tool_error: AsyncOnToolError | Omit | None


T = TypeVar("T")


class FilesHelpers(Helpers[M]):
    """What `Files` offers beyond its endpoints."""

    __slots__ = ()

    prepare = ProgramMethod(agent_files.prepare)
    prepare_directory = ProgramMethod(agent_files.prepare_directory)
    upload = ProgramMethod(agent_files.upload)


class SessionsHelpers(Helpers[M]):
    """What `Sessions` offers beyond its endpoints."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def create(
            self,
            *,
            stream: Literal[False] | None = None,
            output_type: Any = None,
            **options: Unpack[SessionCreateParams],
        ) -> AgentSession: ...
        @overload
        def create(
            self,
            *,
            stream: Literal[True],
            output_type: None = None,
            **options: Unpack[FollowParams],
        ) -> AgentSessionEventStream[None]: ...
        @overload
        def create(
            self,
            *,
            stream: Literal[True],
            output_type: type[T] | OutputFormat[T],
            **options: Unpack[FollowParams],
        ) -> AgentSessionEventStream[T]: ...
        @overload
        def create(
            self,
            *,
            stream: Literal[True],
            output_type: Mapping[str, Any],
            **options: Unpack[FollowParams],
        ) -> AgentSessionEventStream[Any]: ...
        @overload
        def create(
            self,
            *,
            stream: bool,
            output_type: Any = None,
            **options: Unpack[FollowParams],
        ) -> AgentSession | AgentSessionEventStream[Any]: ...
        def create(self, **options: Any) -> Any:
            """Create a session: `POST /agents/sessions`; plain, or with `stream=True` its events."""
    else:
        create = EndpointMethod(following.sessions_create)

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
        extra_headers: Mapping[str, str | Secret | Omit | None] | None = None,
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
        extra_headers: Mapping[str, str | Secret | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AgentSessionStream[T]: ...
    @overload
    def stream(
        self: Resource[Sync],
        session_id: str,
        *,
        input: Input,
        output_type: Mapping[str, Any],
        tool_handlers: ToolHandlers | None = None,
        on_tool_error: OnToolError | None = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Secret | Omit | None] | None = None,
        timeout: float | Timeout | Omit | None = omit,
    ) -> AgentSessionStream[Any]: ...
    def stream(
        self: Resource[Any],
        session_id: str,
        *,
        input: Any,
        output_type: Any = None,
        tool_handlers: Any = None,
        on_tool_error: Any = None,
        idempotency_key: str | Omit = omit,
        extra_headers: Mapping[str, str | Secret | Omit | None] | None = None,
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
        from ....core.agents.session_turn import SessionTurn
        from ...answers.agent_streams import AgentSessionStream, AsyncAgentSessionStream

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
            options={} if is_omitted(timeout) else {"timeout": timeout},
        )
        if sender.asynchronous:
            return AsyncAgentSessionStream[Any](turn)
        return AgentSessionStream[Any](sender, turn)


class ArtifactsHelpers(Helpers[M]):
    """What `Artifacts` offers beyond its endpoints."""

    __slots__ = ()

    def for_result(self: Resource[Sync], result: AgentTurnResult[Any]) -> AgentResultArtifacts:
        """Return the files that the turn of `result` has left, to fetch by path; sends nothing."""
        from ...answers.agent_streams import AgentResultArtifacts, AsyncAgentResultArtifacts

        sender = plain(self, "for_result")
        kind: Any = AsyncAgentResultArtifacts if sender.asynchronous else AgentResultArtifacts
        artifacts: AgentResultArtifacts = kind(sender, result.session_id, result.turn_id)
        return artifacts
