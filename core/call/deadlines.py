"""The deadlines of a running call: its `Timeout`, counted from when it started."""

from collections.abc import Callable
from math import inf
from typing import Final

from ..request.timeout import Timeout
from ..terms.errors import APITimeoutError, Phase, Sent

__all__ = ["Deadlines"]


SLOWEST: Final = 16 * 1024
"""Bytes a second with which a peer that takes them steadily does not pause."""

MOST: Final = 256 * 1024
"""Bytes that are sent under one deadline at the most."""


class Deadlines:
    """The deadlines of one running call: the caller's limits, counted from when it started."""

    __slots__ = ("_event_by", "_now", "_phased", "timeout", "total_at")

    def __init__(self, timeout: Timeout, now: Callable[[], float]) -> None:
        self.timeout = timeout
        self._now = now
        limits = (timeout.connect, timeout.first_byte, timeout.idle)
        self._phased = limits != (None, None, None)
        self._event_by: float | None = None
        self.total_at = inf if timeout.total is None else now() + timeout.total

    @property
    def now(self) -> Callable[[], float]:
        """The clock of the call."""
        return self._now

    def until(self, phase: Phase) -> float:
        """Return when `phase` has to be over if it begins now, as a time of the backend's clock."""
        seconds = self.timeout.seconds(phase) if self._phased else None
        if seconds is None:
            return self.total_at
        if phase == "idle" and self._event_by is not None:
            return min(self._event_by, self.total_at)
        return min(self._now() + seconds, self.total_at)

    def left(self) -> float:
        """Return the seconds until the deadline of the whole call."""
        return self.total_at - self._now()

    def await_event(self) -> None:
        """Count the limit to pauses from now until the next call, whatever comes in between."""
        if self.timeout.idle is not None and not self.timeout.keepalives:
            self._event_by = self._now() + self.timeout.idle

    def at_once(self, size: int) -> int:
        """Return how many of `size` bytes are sent under one deadline.

        The limit is to a pause: a body that goes out steadily may take longer.
        """
        seconds = self.timeout.seconds("send")
        return (
            size if seconds is None else min(size, max(SLOWEST, min(int(seconds * SLOWEST), MOST)))
        )

    def briefly(self, seconds: float) -> "Deadlines":
        """Return deadlines of `seconds` from now in all, within these."""
        left = min(seconds, max(self.total_at - self._now(), 1e-9))
        return Deadlines(Timeout(idle=self.timeout.idle, total=left), self._now)

    def passed(self, phase: Phase, sent: Sent) -> APITimeoutError:
        """Make the error for a deadline that passed during `phase`, naming the one that fired."""
        limit = self.timeout.seconds(phase)
        if limit is None or self._now() >= self.total_at:
            limit = self.timeout.total
            text = f"Request timed out: not complete within {limit:g} s in all (while in {phase})"
            return APITimeoutError(text, phase="total", seconds=limit, sent=sent)
        text = f"Request timed out: {_WHAT[phase]} within {limit:g} s"
        return APITimeoutError(text, phase=phase, seconds=limit, sent=sent)


_WHAT: dict[Phase, str] = {
    "pool": "no free connection in the pool",
    "connect": "no connection",
    "send": "the peer took no more of the request",
    "first_byte": "no first byte of an answer",
    "idle": "no further byte of the answer",
}
