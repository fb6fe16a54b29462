"""The course of a call under policies: what it runs over, and what has become of it so far."""

from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from ..request.operation import Operation
from .deadlines import Deadlines
from .policy import Asked, Policies
from .settings import Settings
from .trace import Tracer
from .wire import Wire

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint
    from ..terms.errors import Attempt


class Course(msgspec.Struct):
    """One call, its attempts, and what policies are told of the next."""

    wire: Wire
    settings: Settings
    operation: Operation[Any, Any]
    deadlines: Deadlines
    tracer: Tracer
    key: str | None
    """Of its `Idempotency-Key`."""
    policies: Policies
    started: float
    attempts: "list[Attempt]" = []
    """Those that have ended, in the order of their ends."""
    turns: int = 0
    """How many were begun."""
    retries: int = 0
    """How often `Retry` said to try again."""
    tried: "tuple[Endpoint, ...]" = ()
    """The endpoints of the attempts since then, and those that the breaker refused."""

    def asked(self, now: float | None = None) -> Asked:
        """What policies are told of an attempt that may be made now."""
        clock, deadlines = self.wire.clock, self.deadlines
        return Asked(
            self.operation,
            self.turns + 1,
            clock.steady() if now is None else now,
            inf if deadlines.total_at == inf else deadlines.left(),
            self.retries,
            self.tried,
            clock.random,
        )

    def explain(self, number: int, reason: str, waits: float | None = None) -> None:
        """Say why the call went on or stopped after an attempt that is listed.

        One that was signed anew after a 401 is listed twice: the last is meant.
        """
        for place in reversed(range(len(self.attempts))):
            each = self.attempts[place]
            if each.number == number:
                self.attempts[place] = each._replace(reason=reason, waits=waits)
                return
