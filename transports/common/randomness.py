"""Random numbers and characters, and the date: of the operating system."""

import os
import time
from typing import Final


class SystemRandom:
    """The random numbers and characters of a backend, and the clocks that are the machine's own."""

    def steady(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def random(self) -> float:
        return fraction()

    def token(self) -> str:
        return token()

    @staticmethod
    def mask() -> bytes:
        return four_bytes()


def token() -> str:
    """Return 48 random hexadecimal digits."""
    while True:
        try:
            return _tokens.pop()
        except IndexError:  # the system is asked for many at once: each time costs as much
            digits = os.urandom(24 * AT_ONCE).hex()
            _tokens.extend(digits[i : i + 48] for i in range(0, 48 * AT_ONCE, 48))


def four_bytes() -> bytes:
    """Return four bytes that nobody can guess."""
    return os.urandom(4)


def fraction() -> float:
    """Return a random number from 0 up to but not including 1.

    Of the system, not of `random`: that module takes longer to import than this package.
    """
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)


AT_ONCE: Final = 64
_tokens: list[str] = []

if hasattr(os, "register_at_fork"):  # a child would give out the same
    os.register_at_fork(after_in_child=_tokens.clear)
