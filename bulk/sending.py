"""`carried_out`: one request of many, sent until it has ended, whatever became of it."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeGuard

import msgspec

from ..core.policies import checks
from ..core.policies.retry import Retry
from ..core.terms.errors import (
    APIError,
    APIStatusError,
    Attempt,
    OpenAIError,
    PolicyRefusedError,
)
from .rows import Request, Usage, answered, failed

if TYPE_CHECKING:
    from ..core.call import policy
    from ..core.policies.pace import Pace
    from ..core.request.operation import Operation
    from ..core.terms.effects import Clock

__all__ = ["Carrier", "Ended", "carried_out", "retry_of"]

REFUSED_AGAIN: Final = 1.0
"""Seconds after which a row is tried again that the caller's own policy refused without saying when."""
BEGUN: Final = 10
"""How often a row is begun that fails, and whose next try a policy refuses, or that never fits a limit."""


class Carrier(Protocol):
    """A client, as a single row needs it."""

    def fetch(self, operation: "Operation[Any, Any]", /) -> Coroutine[Any, Any, Any]:
        """Send an operation, and return its `Reply`."""
        ...

    @property
    def clock(self) -> "Clock":
        """Time and waiting."""
        ...


class Ended(msgspec.Struct):
    """What became of a request: its row, and its tokens or else what it failed with."""

    row: bytes
    usage: Usage | None
    error: str
    answered: bool = False
    """Whether the server answered, and with no error."""


async def carried_out(carrier: Carrier, request: Request, id: str, pace: "Pace") -> Ended | None:
    """Send one request, and return what came of it; nothing where `pace` was stopped before it did."""
    earlier: tuple[Attempt, ...] = ()
    begun = 0
    while True:
        try:
            reply = await carrier.fetch(request.operation)
        except (OpenAIError, OSError, ValueError) as error:
            if _was_refused(error):
                if pace.stopped:
                    return None
                begun += _counts(error)
                if begun < BEGUN:
                    earlier += error.attempts[:-1]
                    await _wait(carrier.clock, getattr(error, "after", None), pace.until)
                    continue
            if isinstance(error, APIError):
                error.attempts = earlier + error.attempts
            return Ended(failed(request.key, id, error), None, _name_of(error))
        row, usage = answered(request, id, reply)
        return Ended(row, usage, "ResponseDecodeError", True)


async def _wait(clock: "Clock", seconds: float | None, until: float) -> None:
    """Wait before a row is tried again, not beyond the end of the run."""
    left = max(0.0, until - clock.steady())
    await clock.sleep(min(REFUSED_AGAIN if seconds is None else seconds, left))


def _was_refused(error: Exception) -> TypeGuard[APIError]:
    """Whether there would have been another try, if a policy had let it go out."""
    if not isinstance(error, APIError) or not error.attempts:
        return False
    return error.attempts[-1].outcome == "not sent"


def _counts(error: APIError) -> bool:
    """Whether that may be how it stays: a row that never fits a limit, or that opens the circuit."""
    if isinstance(error, PolicyRefusedError):
        return error.policy == "rate_limit" and error.after is None
    return True


def retry_of(who: str, retries: "int | policy.Retry") -> "policy.Retry":
    """A number of retries as the policy that it means for rows: each may have been executed before."""
    if not isinstance(retries, int):
        if not hasattr(retries, "judge"):
            raise TypeError(f"{who} retries={retries!r}: expected a whole number or a Retry")
        return retries
    checks.count(who, "retries", retries)
    return Retry(retries, maybe_executed=True, longest_asked=3600.0)


def _name_of(error: Exception) -> str:
    return str(error.status_code) if isinstance(error, APIStatusError) else type(error).__name__
