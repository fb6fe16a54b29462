"""Requests that were granted ahead, to be used by this process within a time, and who waits for some."""

from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Final

from ...core.call.policy import Denied, Wait

if TYPE_CHECKING:
    from ...core.call.policy import AttemptOutcome

__all__ = ["Granted", "InLine", "Lease", "Run"]

FEW: Final = 32
"""As many of a lease are always asked for."""


class Granted(Wait, frozen=True):
    """What the server has granted, and the moment of its clock at which it may be used."""

    moment: str = ""


class Run:
    """Requests with one moment."""

    __slots__ = ("due", "granted", "left", "until")

    def __init__(self, granted: Granted, left: int, due: float, until: float) -> None:
        self.granted = granted
        """How each is granted once it is due."""
        self.left = left
        self.due = due
        """When they may go out, by this process's clock: not before the server's moment."""
        self.until = until
        """When they may no more: not after the server's."""


class Lease:
    """What is leased of a scope, in the order of moments."""

    def __init__(self) -> None:
        self.runs: deque[Run] = deque()
        self.left = 0
        self.low = 0
        """How many are left when it is time to ask for more."""
        self._wanted = FEW
        self._asked = -inf

    def wanted(self, most: int, seconds: float, now: float, *, late: bool) -> int:
        """How many to ask for: more as long as they are used up soon, fewer where some were too late."""
        if late:
            self._wanted = max(FEW, self._wanted // 2)
        elif now - self._asked < seconds / 2:
            self._wanted = min(most, self._wanted * 2)
        self._asked = now
        return min(most, self._wanted)

    def add(self, runs: Sequence[tuple[str, int]], asked: float, came: float, until: float) -> None:
        """Add so many requests at each of some moments.

        `asked` and `came` are this process's clock at the question and at the answer, less the server's;
        `until` is how long each is good for.
        """
        for moment, count in runs:
            if not count:
                continue
            at = float(moment)
            granted = Granted(0.0, moment=moment)
            self.runs.append(Run(granted, count, at + came, at + asked + until))
            self.left += count

    def take(self, now: float, latest: float) -> Granted | None:
        """Return the next one that may be used, if that is within `latest` seconds."""
        for run in self.runs:
            if run.until > now:  # those that are late are given back when the server is asked
                wait = run.due - now
                if wait > 0 and (wait > latest or run.due > run.until):
                    return None
                self.left -= 1
                run.left -= 1
                if not run.left:
                    self.runs.remove(run)
                return run.granted if wait <= 0 else _later(run.granted, wait)
        return None

    def drop(self, now: float = inf) -> list[tuple[str, float, float]]:
        """Take out what can no more be used at `now`, as it is given back."""
        given: list[tuple[str, float, float]] = []
        while self.runs and self.runs[0].until <= now:
            run = self.runs.popleft()
            self.left -= run.left
            given.append((run.granted.moment, float(run.left), 0.0))
        return given


def _later(granted: Granted, wait: float) -> Granted:
    return Granted(wait, "requests used up: leased ahead", moment=granted.moment)


class InLine:
    """Who asks the server for a lease, or waits for the answer to another's question: a `Place`."""

    def __init__(self, latest: float, leave: "Callable[[InLine], None]") -> None:
        self.latest = latest
        self.ready = False
        """Whether there is an answer, or it is its turn to ask."""
        self.notify: Callable[[], object] | None = None
        self.begun = False
        """Whether its own question is under way."""
        self.answer: Wait | Denied | None = None
        """What came of another's question."""
        self._leave = leave

    def settle(self, outcome: "AttemptOutcome | None", now: float) -> None:
        """Leave the line."""
        self._leave(self)

    def wake(self) -> None:
        """Let it go on."""
        self.ready = True
        if self.notify is not None:
            self.notify()
