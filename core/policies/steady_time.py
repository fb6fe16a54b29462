"""Time as the state of a policy sees it: it stands still rather than go back."""

from math import inf
from typing import Final

__all__ = ["JITTER", "step_back"]

JITTER: Final = 1.0
"""Seconds that threads may be apart which have read the clock one after the other."""


def step_back(latest: float, now: float) -> float:
    """Return by how much the clock was put back since `latest`; 0 where it was not.

    A state that comes out of a pickle may have been made on another machine, or before this one was
    started: its times are moved, so that what was a minute ago is so still.
    """
    return latest - now if -inf < now < latest - JITTER else 0.0
