"""Requests that were granted ahead, to be used by this process within a time."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Lease", "Leased"]


class Leased(NamedTuple):
    """One request: the server's moment of it, and the times of this process's clock."""

    moment: str
    due: float
    """When it may go out: counted from the answer, so that it is not before the server's moment."""
    until: float
    """When it may no more: counted from the question, so that it is not after the server's."""


class Lease:
    """What is leased of a scope, in the order of moments."""

    def __init__(self) -> None:
        self.granted: deque[Leased] = deque()

    def add(self, moments: Iterable[str], asked: float, came: float, seconds: float) -> None:
        """Add what was granted at these moments, which are good for so many seconds.

        `asked` and `came` are this process's clock at the question and at the answer, less the server's.
        """
        late = asked + seconds
        for moment in moments:
            at = float(moment)
            self.granted.append(Leased(moment, at + came, at + late))

    def take(self, now: float, latest: float) -> Leased | None:
        """Return the next one that may be used, if that is within `latest` seconds."""
        for index, each in enumerate(self.granted):
            if each.until > now:  # those that are late are given back when the server is asked
                if each.due - now > latest or each.due > each.until:
                    return None
                del self.granted[index]
                return each
        return None

    def drop_late(self, now: float) -> list[tuple[str, float, float]]:
        """Take out what can no more be used, as it is given back."""
        late: list[tuple[str, float, float]] = []
        while self.granted and self.granted[0].until <= now:
            late.append((self.granted.popleft().moment, 1.0, 0.0))
        return late

    def drop(self) -> list[tuple[str, float, float]]:
        """Take out everything, as it is given back."""
        all_ = [(each.moment, 1.0, 0.0) for each in self.granted]
        self.granted.clear()
        return all_
