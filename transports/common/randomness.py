"""Random numbers and characters, and the date: of the operating system."""

import os
import time


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
    return os.urandom(24).hex()


def four_bytes() -> bytes:
    """Return four bytes that nobody can guess."""
    return os.urandom(4)


def fraction() -> float:
    """Return a random number from 0 up to but not including 1.

    Of the system, not of `random`: that module takes longer to import than this package.
    """
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)
