"""One turn of an agent's session: its end, its messages and its result.

    agent.session.turn.created -> items -> turn.completed | failed | cancelled -> session idle

The turn is the first that no subagent has. The session is done with it when it is idle after the
turn's end, or has failed, or its budget is spent. Before the turn begins, the stream may tell that
the session is idle: that is the state it was in.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeGuard, TypeVar

import msgspec

from ..json.model_methods import texts
from ..json.values import is_object, is_sendable_text, items
from ..structured.output_format import OutputFormat, OutputMisfitError
from ..terms.errors import OpenAIError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..api.types.beta_agents import AgentSessionMessage, RequiredAction, Turn

T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K")

Reason = Literal["failed", "cancelled", "requires_action", "incomplete", "observation_failed"]
RECENT: Final = 1024
"""How many event ids are remembered; the server may deliver an event again, soon after."""

_ENDS: Final = frozenset(
    f"agent.session.turn.{end}" for end in ("completed", "failed", "cancelled")
)


class AgentTurnResult(msgspec.Struct, Generic[T_co], frozen=True, kw_only=True):
    """A turn that was completed, and the messages that are its answer, without commentary."""

    turn: Turn
    messages: list[AgentSessionMessage]
    output_parsed: T_co | None = None
    """The answer as a value, where a type for it was given."""

    @property
    def session_id(self) -> str:
        """The session."""
        return self.turn.session_id

    @property
    def turn_id(self) -> str:
        """The turn."""
        return self.turn.id

    @property
    def output_text(self) -> str:
        """All texts of the answer, one after another."""
        return "".join(self._texts())

    def parse(self, output_type: type[K] | OutputFormat[K]) -> AgentTurnResult[K]:
        """Return the result with the answer read as `output_type`.

        Takes what structured outputs take elsewhere. Raises `AgentOutputParseError`, which has
        this result, for an answer without a text, or with one that does not fit.
        """
        wanted = format_of(output_type)
        try:
            values = [wanted.read(text) for text in self._texts()]
        except OutputMisfitError as error:
            raise AgentOutputParseError(
                f"The answer does not fit its type: {error}", self
            ) from None
        if not values:
            raise AgentOutputParseError("The answer has no text", self)
        return AgentTurnResult(turn=self.turn, messages=self.messages, output_parsed=values[0])

    def _texts(self) -> list[str]:
        return [text for each in self.messages for text in texts(each.content)]


def format_of(output_type: Any) -> OutputFormat[Any]:
    """Return a type, a JSON schema or an `OutputFormat` as the last."""
    if _is_format(output_type):
        return output_type
    return OutputFormat.of(output_type, name="output")  # an agent is told no name


def _is_format(value: object) -> TypeGuard[OutputFormat[Any]]:
    return isinstance(value, OutputFormat)


class AgentOutputParseError(OpenAIError):
    """A turn was completed and its answer is not of the type that was asked for; see `result`."""

    def __init__(self, message: str, result: AgentTurnResult[Any]) -> None:
        super().__init__(message)
        self.result = result


class AgentTurnResultError(OpenAIError):
    """There is no completed turn to return.

    `reason` is `failed` or `cancelled` (so is the turn), `requires_action` (of `required_actions`,
    one is for the caller to take), `incomplete` (the session stopped before the turn was completed)
    or `observation_failed` (its events could not be read; the turn may go on). `turn` and
    `messages` are what was known by then.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        session_id: str | None,
        turn: Turn | None = None,
        messages: list[AgentSessionMessage] | None = None,
        required_actions: list[RequiredAction] | None = None,
    ) -> None:
        super().__init__(f"The turn has no result: {reason.replace('_', ' ')}")
        self.reason: Reason = reason
        self.session_id = session_id
        self.turn = turn
        self.turn_id = None if turn is None else turn.id
        self.messages = messages or []
        self.required_actions = required_actions or []


class TurnAccumulator:
    """What the events of a session say of one turn."""

    __slots__ = (
        "_ended",
        "_ids",
        "_messages",
        "_order",
        "_session_failed",
        "actions",
        "over",
        "session_id",
        "turn",
    )

    def __init__(self, session_id: str | None = None) -> None:
        self.session_id = session_id
        """The session; where it was not given, that of the first event that has one."""
        self.turn: Turn | None = None
        """The turn as the server last said; `None` before it begins."""
        self.actions: list[RequiredAction] = []
        """What the session waits for."""
        self.over = False
        """Whether no event follows that belongs to the turn."""
        self._ended = False
        self._session_failed = False
        self._messages: dict[str | None, tuple[int, AgentSessionMessage]] = {}
        self._ids: set[str] = set()
        self._order: deque[str] = deque()

    @property
    def messages(self) -> list[AgentSessionMessage]:
        """The messages of the answer that are complete, in the order of the answer."""
        return [each for _, each in sorted(self._messages.values(), key=lambda pair: pair[0])]

    def receive(self, event: Any) -> bool:
        """Take an event; return whether it is one that did not come before."""
        if not self._is_new(getattr(event, "event_id", None)):
            return False
        if self.session_id is None:
            self.session_id = _session_of(event)
        kind = getattr(event, "type", None)
        if isinstance(kind, str) and not self.over:
            self._take(kind, event)
        return True

    def _take(self, kind: str, event: Any) -> None:
        if kind == "agent.session.turn.created":
            if self.turn is None and _is_turn(event.turn) and event.turn.subagent_id is None:
                self.turn = event.turn
        elif kind in _ENDS:
            if self.turn is not None and event.turn_id == self.turn.id:
                self.turn = event.turn if _is_turn(event.turn) else self.turn
                self.actions, self._ended = [], True
        elif kind == "agent.session.turn.item.done":
            self._item(event)
        elif kind == "agent.session.in_progress":
            self.actions = []
        elif kind == "agent.session.requires_action":
            self.actions = items(getattr(event.session, "required_actions", None))
        elif kind == "agent.session.failed":
            self._session_failed = self.over = True
        elif kind == "agent.session.idle":
            self.over = self._ended
        elif kind == "agent.session.budget_reached" and _id_of_session(event) == self.session_id:
            self.over = self._ended or self.turn is None

    def _is_new(self, name: object) -> bool:
        if not isinstance(name, str):
            return True
        if name in self._ids:
            return False
        if len(self._order) == RECENT:
            self._ids.remove(self._order.popleft())
        self._order.append(name)
        self._ids.add(name)
        return True

    def _item(self, event: Any) -> None:
        item, index = event.item, event.output_index
        if (
            self.turn is not None
            and _is_message(item)
            and item.turn_id == self.turn.id
            and item.status == "completed"
            and item.phase != "commentary"
            and (item.id is None or is_sendable_text(item.id))
        ):
            self._messages[item.id] = (index if isinstance(index, int) else 0, item)

    def check(self, handled: Collection[str] | Mapping[str, object] = ()) -> None:
        """Raise `AgentTurnResultError` where there can be no result any more.

        `handled` are the names of the functions that are answered without the caller.
        """
        status = None if self.turn is None else self.turn.status
        if self._session_failed or status == "failed":
            raise self.error("failed")
        if status == "cancelled":
            raise self.error("cancelled")
        for each in self.actions:
            name = getattr(each, "name", None)
            called = getattr(each, "type", None) == "function_call" and isinstance(name, str)
            if not called or name not in handled:
                raise self.error("requires_action")

    def result(self) -> AgentTurnResult[Any]:
        """Return the turn and its answer; raises `AgentTurnResultError` if it was not completed."""
        self.check()
        if self.turn is None or self.turn.status != "completed":
            raise self.error("incomplete")
        return AgentTurnResult(turn=self.turn, messages=self.messages)

    def error(self, reason: Reason) -> AgentTurnResultError:
        """The error for what is known so far."""
        return AgentTurnResultError(
            reason,
            session_id=self.session_id,
            turn=self.turn,
            messages=self.messages,
            required_actions=list(self.actions),
        )


def _is_turn(value: object) -> TypeGuard[Turn]:
    """Whether a server's turn is one: anything may stand where it should."""
    from ..api.types.beta_agents import Turn

    return isinstance(value, Turn) and is_sendable_text(value.id)


def _is_message(value: object) -> TypeGuard[AgentSessionMessage]:
    from ..api.types.beta_agents import AgentSessionAssistantMessage, AgentSessionMessage

    return isinstance(value, AgentSessionMessage | AgentSessionAssistantMessage)


def _session_of(event: Any) -> str | None:
    found = getattr(event, "session_id", None) or _id_of_session(event)
    return found if is_sendable_text(found) else None


def _id_of_session(event: Any) -> object:
    """The session of an event; in one whose type the description lacks it is a JSON object."""
    session = getattr(event, "session", None)
    return session.get("id") if is_object(session) else getattr(session, "id", None)
