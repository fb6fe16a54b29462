"""`Reconnect`: whether and when a session whose connection was lost is opened again."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ..call.policy import Again, Stop
from ..json.dumpable import Dumpable

if TYPE_CHECKING:
    from ..api.session_options import ReconnectingEvent, ReconnectingOverrides

NO_CODE: Final = 1005
"""Stands for a close frame without a code (RFC 6455 section 7.4.1)."""
NO_CLOSE: Final = 1006
"""Stands for an end without a close frame."""
LOST: Final = frozenset({1001, NO_CODE, NO_CLOSE, 1011, 1012, 1013, 1014})
"""Codes after which another connection may do better: the server goes, restarts, or is gone."""

FINAL: Final = frozenset({400, 401, 403, 404, 405, 410, 422, 426})
"""Statuses of a refused handshake that the next one would get too."""


class Reconnect(msgspec.Struct, frozen=True, kw_only=True):
    """How a lost connection is opened again; without one it is not.

    After one of `codes` (1005 stands for a close without a code, 1006 for an end without a close),
    up to `max_attempts` times in a row, each after `initial_delay` seconds doubled each time, at most
    `max_delay`, less up to a quarter by chance. The count begins anew with the first event that is no
    greeting and no error. `replay` says whether what makes the session what it is (the last
    `session.update`, or `session.start`) is said again; events that had not been sent are sent. What
    may have been sent is not sent again. `on_reconnecting` is told before each wait, and may change
    the query and the header fields, or give up, as `ReconnectingOverrides` says.
    """

    max_attempts: int = 5
    initial_delay: float = 0.5
    max_delay: float = 8.0
    codes: frozenset[int] = LOST
    replay: bool = True
    on_reconnecting: "Callable[[ReconnectingEvent], ReconnectingOverrides | None] | None" = None

    def __post_init__(self) -> None:
        attempts = cast("object", self.max_attempts)
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 0:
            raise ValueError(f"max_attempts={attempts!r}: expected a number of 0 or more")
        for name in ("initial_delay", "max_delay"):
            value: object = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value < 1e9:
                raise ValueError(f"{name}={value!r}: expected seconds of 0 or more")
        if self.on_reconnecting is not None and not callable(self.on_reconnecting):
            raise TypeError(f"on_reconnecting={self.on_reconnecting!r}: expected a function")

    def decide(self, code: int, attempt: int, chance: float) -> Again | Stop:
        """Say whether the `attempt`-th try, counted from 1, is made after a close with `code`.

        `chance` is a random number in [0, 1).
        """
        if code not in self.codes:
            return Stop(f"close code {code} is not one to open a session again after")
        if attempt > self.max_attempts:
            return Stop(f"{self.max_attempts} attempts in a row were made")
        delay = min(self.initial_delay * 2.0 ** min(attempt - 1, 64), self.max_delay)
        seconds = delay * (1 - chance / 4)
        return Again(seconds, f"attempt {attempt} of {self.max_attempts} after close code {code}")

    def told(self, event: "ReconnectingEvent") -> Mapping[str, Any]:
        """Tell the caller, and return what is to be different; empty for nothing."""
        if self.on_reconnecting is None:
            return {}
        answer = cast("object", self.on_reconnecting(event))
        if answer is None:
            return {}
        if hasattr(answer, "__await__"):
            close = getattr(answer, "close", None)
            if close is not None:
                close()
            raise TypeError("on_reconnecting: expected a plain function, this one is to be awaited")
        if not isinstance(answer, Mapping):
            raise TypeError(f"on_reconnecting returned {answer!r}: expected a mapping or None")
        return cast("Mapping[str, Any]", answer)


class ReconnectedEvent(msgspec.Struct, Dumpable, frozen=True, kw_only=True):
    """Handed out among the server's events when a session's connection has been opened again.

    What the server said between the last event and the loss did not come, and may have been said.
    """

    attempts: int
    """How many tries it took."""
    close_code: int
    """Why the last connection ended; 1005 and 1006 as in `Reconnect`."""
    reason: str
    """The same in words."""
    unsure_events: tuple[str | bytes, ...] = ()
    """Events of this side that the server may not have received: nothing was heard after them."""
    resent_events: int = 0
    """How many events that had not been sent were sent now."""
    type: str = "reconnected"
