"""Runs the caller's handlers for an agent's function calls: each call once, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard

from ..api.operations import beta_agents as operations
from ..programs.callbacks import settled
from ..terms.errors import BadRequestError
from .tool_answers import AgentToolError, answer, arguments, is_too_early, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..api.types.beta_agents import AgentFunctionCallItem
    from ..programs.caller import Caller
    from .tool_answers import Document, Stage

    Handlers = Mapping[str, Callable[[dict[str, Any]], Any]]
    OnToolError = Callable[[AgentToolError], Any]

TOO_EARLY_SECONDS: Final = (0.1, 0.3, 0.6)
"""How long to wait before a tool's answer is sent again that came before the server was ready."""


class FunctionCalls:
    """Notes the calls that events tell of, and answers them by the handlers."""

    __slots__ = (
        "_caller",
        "_known",
        "_on_tool_error",
        "_options",
        "_waiting",
        "failure",
        "handlers",
    )

    def __init__(
        self,
        caller: Caller,
        handlers: Handlers,
        on_tool_error: OnToolError | None,
        options: Mapping[str, Any],
    ) -> None:
        self.handlers = handlers
        self.failure: Exception | None = None
        """Of a handler, where nobody was told of it."""
        self._caller = caller
        self._on_tool_error = on_tool_error
        self._options: dict[str, Any] = dict(options)
        self._known: set[tuple[str, str]] = set()
        self._waiting: tuple[str, AgentFunctionCallItem] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a call is to be answered before anything else is read."""
        return self._waiting is not None

    def note(self, event: Any, session_id: str) -> None:
        """Take the call that an event tells of, if it is new and one of ours."""
        if getattr(event, "type", None) != "agent.session.turn.item.added":
            return
        call = event.item
        if not _is_call(call) or call.name not in self.handlers:
            return
        key = (call.turn_id, call.call_id)
        if key not in self._known:
            self._known.add(key)
            self._waiting = (session_id, call)

    def drop(self) -> None:
        """Leave the call that waits to the caller."""
        self._waiting = None

    async def answer(self) -> None:
        """Call the handler of the call that waits, and send what it returns, or that it failed.

        Raises what the handler raises, unless somebody is told, and what sending raises.
        """
        if self._waiting is None:
            return
        (session_id, call), self._waiting = self._waiting, None
        stage: Stage = "arguments"
        failure: Exception | None = None
        try:
            given = arguments(call)
            stage = "execution"
            output = await self._settled(self.handlers[call.name](given))
            stage = "output"
            document = answer(call, output)
        except Exception as error:
            failure, document = error, refusal(call)
        await self._send(session_id, call, document)
        if failure is not None:
            await self._report(session_id, call, failure, stage)

    async def _report(
        self, session_id: str, call: AgentFunctionCallItem, failure: Exception, stage: Stage
    ) -> None:
        if self._on_tool_error is None:
            self.failure = failure
            raise failure
        failed = AgentToolError(
            error=failure,
            tool_name=call.name,
            session_id=session_id,
            turn_id=call.turn_id,
            call_id=call.call_id,
            stage=stage,
        )
        await self._settled(self._on_tool_error(failed))

    async def _settled(self, returned: object) -> object:
        return await settled(returned, self._caller.disk.asynchronous)

    async def _send(self, session_id: str, call: AgentFunctionCallItem, document: Document) -> None:
        key = self._caller.disk.token()  # the same each time: it is answered once
        for seconds in (*TOO_EARLY_SECONDS, None):
            try:
                await post(self._caller, session_id, document, key, self._options)
                break
            except BadRequestError as error:
                if seconds is None or not is_too_early(error, call.call_id):
                    raise
            await self._caller.clock.sleep(seconds)


def _is_call(item: object) -> TypeGuard[AgentFunctionCallItem]:
    """Whether an item is a call that can be answered: anything may stand where it should."""
    return getattr(item, "type", None) == "function_call" and all(
        isinstance(getattr(item, name, None), str) for name in ("name", "turn_id", "call_id")
    )


async def post(
    caller: Caller, session_id: str, document: Document, key: str, options: dict[str, Any]
) -> None:
    """Send one event to a session, under an idempotency key."""
    events: Any = [document]
    create = operations.sessions_events_create(
        session_id, events=events, idempotency_key=key, **options
    )
    await caller.perform(create)
