"""Fairness: how often a connection lets other tasks of its event loop run."""

from typing import Final

OPERATIONS: Final = 32
"""Operations in a row that had nothing to wait for, before other tasks get a turn."""


class TakesTurns:
    """A connection counts its operations since it last waited, or let others run."""

    __slots__ = ("_operations",)

    def __init__(self) -> None:
        self._operations = 0

    def begin_turn(self) -> None:
        """Begin anew: the connection waits."""
        self._operations = 0

    def turn_is_over(self) -> bool:
        """Count an operation; whether others are to run now, with which a new turn begins."""
        self._operations += 1
        if self._operations < OPERATIONS:
            return False
        self._operations = 0
        return True
