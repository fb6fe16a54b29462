"""The course of a call under policies: what it runs over, and what has become of it so far."""

from typing import TYPE_CHECKING, Any

from ..request.operation import Operation
from .deadlines import Deadlines
from .policy import Asked
from .settings import Settings
from .trace import Tracer
from .wire import Wire

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint
    from ..terms.errors import Attempt


class Course:
    """One call, its attempts, and what policies are told of the next."""

    __slots__ = (
        "attempts",
        "clock",
        "deadlines",
        "exclusive",
        "key",
        "operation",
        "policies",
        "retries",
        "settings",
        "started",
        "tracer",
        "tried",
        "turns",
        "whole",
        "wire",
    )

    def __init__(
        self,
        wire: Wire,
        settings: Settings,
        operation: Operation[Any, Any],
        deadlines: Deadlines,
        tracer: Tracer,
        *,
        whole: bool,
    ) -> None:
        self.wire = wire
        self.clock = wire.clock
        self.exclusive = wire.tasks.exclusive
        self.settings = settings
        self.policies = settings.policies
        self.operation = operation
        self.deadlines = deadlines
        self.tracer = tracer
        self.whole = whole
        self.started = wire.clock.now()
        self.key = self._idempotency_key()
        self.attempts: list[Attempt] = []
        """Those that have ended, in the order of their ends."""
        self.turns = 0
        """How many were begun."""
        self.retries = 0
        """How often `Retry` said to try again."""
        self.tried: tuple[Endpoint, ...] = ()
        """The endpoints of the attempts since then."""

    def asked(self, number: int) -> Asked:
        """What policies are told of an attempt that may be made now."""
        clock = self.clock
        return Asked(
            self.operation,
            number,
            clock.steady(),
            self.deadlines.left(),
            clock.random(),
            self.retries,
            self.tried,
        )

    def _idempotency_key(self) -> str | None:
        """One key for all attempts of a call that may be sent twice."""
        policies = self.policies
        if self.operation.method != "POST":
            return None
        if policies.retry is None and policies.failover is None and policies.hedge is None:
            return None
        return self.wire.files.token()
