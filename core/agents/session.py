"""The program that gives a session its input, follows the turn that comes of it, and answers calls.

`SessionTurn` is the same for every kind of caller; `client.agents` has its blocking and its async
face. It listens before it speaks: the events of the turn cannot be missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ..callbacks import settled
from ..errors import APIError, BadRequestError, StreamTruncatedError
from ..operations import beta_agents as operations
from ..sentinels import END, End
from .tools import AgentToolError, answer, arguments, is_too_early, refusal
from .turns import AgentTurnResult, TurnAccumulator, format_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..caller import Caller
    from ..model import Omit
    from ..params.beta_agents import AgentSessionInputMessageParam
    from ..stream import EventSource
    from ..structured.output import OutputFormat
    from ..timeout import Timeout
    from ..types.beta_agents import AgentFunctionCallItem, AgentSessionEvent
    from .tools import Document, Stage

T = TypeVar("T")

TOO_EARLY_SECONDS: Final = (0.1, 0.3, 0.6)
"""How long to wait before a tool's answer is sent again that came before the server was ready."""

_KEY: Final = "idempotency-key"


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
        self._format: OutputFormat[Any] | None = (
            None if output_type is None else format_of(output_type)
        )
        self._handlers = dict(tool_handlers or {})
        self._on_tool_error = on_tool_error
        headers = dict(extra_headers or {})
        given = [headers.pop(name) for name in [*headers] if name.lower() == _KEY]
        self._key: Any = (given or [idempotency_key])[-1] or None
        self._options: dict[str, Any] = {**options, "extra_headers": headers}
        self._source: EventSource[AgentSessionEvent] | None = None
        self._known = TurnAccumulator(session_id)
        self._call: AgentFunctionCallItem | None = None
        self._calls: set[tuple[str, str]] = set()
        self._failure: Exception | None = None
        self._begun = self._closed = False

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
        listen: Any = operations.sessions_events_stream(self._session_id, **self._options)
        stream = await self._caller.perform(listen)
        self._source = stream.source
        try:
            await self._send(self._input, self._key or self._caller.disk.token())
        except BaseException:
            self.abort()
            raise

    async def next(self) -> AgentSessionEvent | End:
        """Return the next event, the call of the one before answered; `END` after the turn's last."""
        source = self._source
        if source is None:
            raise RuntimeError("The stream has not begun: use it in a `with` block")
        if self._closed:
            return END
        try:
            if self._call is not None:
                call, self._call = self._call, None
                await self._answer(call)
            while (event := await source.next()) is not END:
                if self._known.receive(event):
                    break
            else:
                raise StreamTruncatedError(
                    f"The events of session {self._session_id} ended before its turn did",
                    received=source.received,
                )
        except BaseException:
            self.abort()
            raise
        if self._known.over:
            self.abort()
        else:
            self._call = self._to_answer(event)
        return event

    async def result(self) -> AgentTurnResult[T]:
        """Follow the turn to its end, and return its answer.

        Raises `AgentTurnResultError` (its cause, where events could not be read, says why), and
        `AgentOutputParseError` for an answer that does not fit `output_type`.
        """
        known = self._known
        try:
            known.check(self._handlers)
            while not known.over and await self.next() is not END:
                known.check(self._handlers)
        except APIError as error:
            if error is self._failure:
                raise
            raise known.error("observation_failed") from error
        finally:
            self.abort()
        found = known.result()
        return found if self._format is None else found.parse(self._format)

    def abort(self) -> None:
        """Listen no longer. The turn goes on at the server."""
        self._closed = True
        if self._source is not None:
            self._source.abort()

    def _to_answer(self, event: Any) -> AgentFunctionCallItem | None:
        if event.type != "agent.session.turn.item.added":
            return None
        call = event.item
        if getattr(call, "type", None) != "function_call" or call.name not in self._handlers:
            return None
        key = (call.turn_id, call.call_id)
        if key in self._calls:
            return None
        self._calls.add(key)
        found: AgentFunctionCallItem = call
        return found

    async def _answer(self, call: AgentFunctionCallItem) -> None:
        """Call a handler and send what it returns, or that it failed."""
        stage: Stage = "arguments"
        failure: Exception | None = None
        try:
            given = arguments(call)
            stage = "execution"
            output = await self._settled(self._handlers[call.name](given))
            stage = "output"
            document = answer(call, output)
        except Exception as error:
            failure, document = error, refusal(call)
        await self._send_answer(call, document)
        if failure is not None:
            await self._report(call, failure, stage)

    async def _report(self, call: AgentFunctionCallItem, failure: Exception, stage: Stage) -> None:
        if self._on_tool_error is None:
            self._failure = failure
            raise failure
        failed = AgentToolError(
            error=failure,
            tool_name=call.name,
            session_id=self._session_id,
            turn_id=call.turn_id,
            call_id=call.call_id,
            stage=stage,
        )
        await self._settled(self._on_tool_error(failed))

    async def _settled(self, returned: object) -> object:
        return await settled(returned, self._caller.disk.asynchronous)

    async def _send_answer(self, call: AgentFunctionCallItem, document: Document) -> None:
        key = self._caller.disk.token()  # the same each time: it is answered once
        for seconds in TOO_EARLY_SECONDS:
            if await self._taken(call, document, key):
                return
            await self._caller.clock.sleep(seconds)
        await self._send(document, key)

    async def _taken(self, call: AgentFunctionCallItem, document: Document, key: str) -> bool:
        try:
            await self._send(document, key)
        except BadRequestError as error:
            if is_too_early(error, call.call_id):
                return False
            raise
        return True

    async def _send(self, document: Document, key: str) -> None:
        events: Any = [document]
        create = operations.sessions_events_create(
            self._session_id, events=events, idempotency_key=key, **self._options
        )
        await self._caller.perform(create)


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
