"""Agents as blocking and async callers see them: a turn as a stream, and what it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ...core.agents import artifacts
from ...core.answers.stream import AsyncStream, Controlled, Stream
from ...core.api.operations.beta_agents import sessions_artifacts_content
from ...core.api.types.beta_agents import AgentSessionEvent
from ...core.programs.ids import id_of
from ...core.terms.closing import AsyncClosing, Closing
from ...core.terms.sentinels import END

if TYPE_CHECKING:
    from os import PathLike
    from typing import Unpack

    from ...core.agents.session_turn import SessionTurn
    from ...core.agents.turn import AgentTurnResult
    from ...core.agents.turn_source import TurnSource
    from ...core.answers.binary import BinaryContent
    from ...core.answers.stream import Drive
    from ...core.api.types.beta_agents import SessionArtifact
    from ...core.request.options import Options
    from ..sending.sender import Sender

T = TypeVar("T")


class _Turn(Controlled, Generic[T]):
    __slots__ = ("_turn",)

    _turn: SessionTurn[T]

    @property
    def source(self) -> TurnSource[T]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._turn.source


class AgentSessionStream(Closing, _Turn[T]):
    """The events of one turn, from an input to the end of its turn; a context manager.

    Entering sends: is the session idle, what are its events, here is the input. Iterating gives
    the events; a call of a function that has a handler is answered before the event after it.
    Leaving, or `close`, stops listening, and nothing else: the turn goes on at the server.
    """

    __slots__ = ("_sender",)

    def __init__(self, sender: Sender, turn: SessionTurn[T]) -> None:
        self._sender = sender
        self._turn = turn

    def __enter__(self) -> Self:
        self._sender.run(self._turn.open())
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AgentSessionEvent:
        event: Any = self._sender.run(self._turn.source.next())
        if event is END:
            raise StopIteration
        found: AgentSessionEvent = event
        return found

    def until_done(self) -> None:
        """Read the events to the turn's end, and answer the calls among them."""
        for _ in self:
            pass

    def with_result_collection(self) -> Self:
        """Return the stream itself: what belongs to the result is always kept."""
        return self

    def get_final_result(self) -> AgentTurnResult[T]:
        """Read on to the turn's end, and return its answer.

        Raises `AgentTurnResultError` where there is none, and `AgentOutputParseError` for one that
        does not fit `output_type`.
        """
        result: AgentTurnResult[T] = self._sender.run(self._turn.source.result())
        return result

    def close(self) -> None:
        """Stop listening; the turn goes on."""
        self._turn.abort()


class AsyncAgentSessionStream(AsyncClosing, _Turn[T]):
    """`AgentSessionStream` with `async with` and `async for`; handlers may be async."""

    __slots__ = ()

    def __init__(self, turn: SessionTurn[T]) -> None:
        self._turn = turn

    async def __aenter__(self) -> Self:
        await self._turn.open()
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AgentSessionEvent:
        event = await self._turn.source.next()
        if event is END:
            raise StopAsyncIteration
        return event

    async def until_done(self) -> None:
        """Read the events to the turn's end, and answer the calls among them."""
        async for _ in self:
            pass

    def with_result_collection(self) -> Self:
        """Return the stream itself: what belongs to the result is always kept."""
        return self

    async def get_final_result(self) -> AgentTurnResult[T]:
        """Read on to the turn's end, and return its answer; errors as in a blocking client."""
        return await self._turn.source.result()

    async def close(self) -> None:
        """Stop listening; the turn goes on."""
        self._turn.abort()


class AgentSessionEventStream(Stream[AgentSessionEvent], Generic[T]):
    """The events of a session that is created, up to the end of the server's answer.

    A call of a function that has a handler is answered before the event after it is read. Closing
    stops listening, and nothing else: the turn goes on at the server.
    """

    __slots__ = ("_drive", "_followed")

    def __init__(self, source: TurnSource[T], drive: Drive) -> None:
        super().__init__(source, drive)
        self._drive = drive
        self._followed = source

    def with_result_collection(self) -> Self:
        """Return the stream itself: what belongs to the result is always kept."""
        return self

    def get_final_result(self) -> AgentTurnResult[T]:
        """Read on to the end of the first turn, close the stream, and return the turn's answer.

        Raises `AgentTurnResultError` where there is none (without `input` no turn begins), and
        `AgentOutputParseError` for one that does not fit `output_type`.
        """
        result: AgentTurnResult[T] = self._drive(self._followed.result())
        return result


class AsyncAgentSessionEventStream(AsyncStream[AgentSessionEvent], Generic[T]):
    """`AgentSessionEventStream` with `async with` and `async for`; handlers may be async."""

    __slots__ = ("_followed",)

    def __init__(self, source: TurnSource[T]) -> None:
        super().__init__(source)
        self._followed = source

    def with_result_collection(self) -> Self:
        """Return the stream itself: what belongs to the result is always kept."""
        return self

    async def get_final_result(self) -> AgentTurnResult[T]:
        """Read on to the end of the first turn; errors as in a blocking client."""
        return await self._followed.result()


class _Artifacts:
    __slots__ = ("_sender", "_session_id", "_turn_id")

    def __init__(self, sender: Sender, session_id: str, turn_id: str) -> None:
        self._sender = sender
        self._session_id = session_id
        self._turn_id = turn_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of turn {self._turn_id}>"

    def _find(self, path: str, options: Options) -> Any:
        program = artifacts.find(self._sender, self._session_id, self._turn_id, path, **options)
        return self._sender.run(program)

    def _content(self, path: str, options: Options) -> Any:
        program = artifacts.content(self._sender, self._session_id, self._turn_id, path, **options)
        return self._sender.run(program)

    def _open(self, artifact: SessionArtifact, options: Options) -> Any:
        operation = sessions_artifacts_content(
            id_of(artifact), session_id=self._session_id, **options
        )
        return self._sender.deliver(operation, "streaming")


class AgentResultArtifacts(_Artifacts):
    """The files that one turn has left, by path."""

    __slots__ = ()

    def content(self, path: str, **options: Unpack[Options]) -> BinaryContent:
        """Fetch a file: the session's artifacts are listed for its id, then it is asked for.

        Raises `ValueError` where the turn has left none at `path`, or more than one.
        """
        found: BinaryContent = self._content(path, options)
        return found

    def download(
        self, path: str, *, to: str | PathLike[str], **options: Unpack[Options]
    ) -> SessionArtifact:
        """Write a file to `to` as it arrives; errors as `content`, and `OSError`."""
        found: SessionArtifact = self._find(path, options)
        with self._open(found, options) as response:
            response.stream_to_file(to)
        return found


class AsyncAgentResultArtifacts(_Artifacts):
    """`AgentResultArtifacts` of an async client."""

    __slots__ = ()

    async def content(self, path: str, **options: Unpack[Options]) -> BinaryContent:
        """Fetch a file: the session's artifacts are listed for its id, then it is asked for.

        Raises `ValueError` where the turn has left none at `path`, or more than one.
        """
        found: BinaryContent = await self._content(path, options)
        return found

    async def download(
        self, path: str, *, to: str | PathLike[str], **options: Unpack[Options]
    ) -> SessionArtifact:
        """Write a file to `to` as it arrives; errors as `content`, and `OSError`."""
        found: SessionArtifact = await self._find(path, options)
        async with self._open(found, options) as response:
            await response.stream_to_file(to)
        return found
