"""Time as the state of a policy sees it: it stands still rather than go back."""

from typing import Final

import msgspec

__all__ = ["JITTER", "SteadyState"]

JITTER: Final = 1.0
"""Seconds that threads may be apart which have read the clock one after the other."""


class SteadyState(msgspec.Struct):
    """A state that has times in it."""

    latest: float = 0.0
    """The latest time that it has seen."""

    def moment(self, now: float) -> float:
        """Return the time that counts: `now`, unless that is before what was seen.

        A state that comes out of a pickle may have been made on another machine, or before this one
        was started: its times are moved then, so that what was a minute ago is so still.
        """
        if now >= self.latest:
            self.latest = now
        elif now < self.latest - JITTER:
            self.move(self.latest - now)
            self.latest = now
        return self.latest

    def move(self, seconds: float) -> None:
        """Put all times back by so much, but for the latest."""
