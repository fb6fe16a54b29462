"""Reads the events of a session: answers its calls and collects the result of its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..answers.source import EventSource
from ..api.type_names import codec_of
from ..api.types.beta_agents import AgentSessionEvent
from ..terms.errors import APIError, StreamTruncatedError
from ..terms.sentinels import END, NEED_DATA, End, NeedData
from .function_calls import FunctionCalls
from .turn import AgentTurnResult, TurnAccumulator

if TYPE_CHECKING:
    from ..call.reply import Reply
    from ..call.settings import Settings
    from ..programs.caller import Caller
    from .turn_answer import TurnAnswer

T = TypeVar("T")


class TurnSource(EventSource[AgentSessionEvent], Generic[T]):
    """Typed events of a session; a call that has a handler is answered before the next is read.

    With `only_turn` there are no events but those up to the turn's end, none of them twice, and it
    is an error where they end before.
    """

    __slots__ = ("_calls", "_format", "_only_turn", "_turn")

    def __init__(
        self, reply: Reply, answer: TurnAnswer, settings: Settings, caller: Caller
    ) -> None:
        super().__init__(reply, answer, codec_of(answer.type), settings)
        self._ahead = 1  # each may be a call, answered before the next
        self._turn = TurnAccumulator(answer.session_id)
        self._calls = FunctionCalls(caller, answer.handlers, answer.on_tool_error, answer.options)
        self._format = answer.format
        self._only_turn = answer.session_id is not None

    def pull(self) -> AgentSessionEvent | NeedData | End:
        """Return the next event out of what has been read, unless a call waits for its answer."""
        if self._calls.waiting:
            return NEED_DATA
        while (event := super().pull()) is not NEED_DATA and event is not END:
            if self._turn.receive(event) or not self._only_turn:
                return self._noted(event)
        if event is END:
            self._check_end()
        return event

    async def next(self) -> AgentSessionEvent | End:
        """Answer the call of the event before, if it waits, and return the next event."""
        try:
            await self._calls.answer()
        except BaseException:
            self.abort()
            raise
        return await super().next()

    def abort(self) -> None:
        """Listen no longer. The turn goes on at the server, and a call that waits is not answered."""
        self._calls.drop()
        super().abort()

    async def result(self) -> AgentTurnResult[T]:
        """Follow the turn to its end, and return its answer.

        Raises `AgentTurnResultError` (its cause, where events could not be read, says why), and
        `AgentOutputParseError` for an answer that does not fit its type.
        """
        turn, handlers = self._turn, self._calls.handlers
        try:
            turn.check(handlers)
            while not turn.over and await self.next() is not END:
                turn.check(handlers)
        except APIError as error:
            if error is self._calls.failure:
                raise
            raise turn.error("observation_failed") from error
        finally:
            self.abort()
        found: AgentTurnResult[Any] = turn.result()
        return found if self._format is None else found.parse(self._format)

    def _noted(self, event: AgentSessionEvent) -> AgentSessionEvent:
        if self._only_turn and self._turn.over:
            self.abort()
        elif self._turn.session_id:
            self._calls.note(event, self._turn.session_id)
        return event

    def _check_end(self) -> None:
        if self._only_turn and not (self._turn.over or self._closed):
            self.abort()
            raise StreamTruncatedError(
                f"The events of session {self._turn.session_id} ended before its turn did",
                received=self.received,
            )
