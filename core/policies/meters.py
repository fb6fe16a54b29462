"""Meters: how much of a limit is used, and when the next amount fits.

Both kinds answer `wait_for(amount, now)` without taking anything, `take` it, and are given back what
was taken and not used. `now` never goes back, and an amount is taken at `now` plus its wait.
"""

from collections import deque
from math import inf

import msgspec

__all__ = ["Meter", "SlidingWindow", "TokenBucket"]


class TokenBucket(msgspec.Struct, tag="token bucket"):
    """A bucket of `capacity` that fills by `rate` a second; who takes more than is there waits for it.

    `at` is the moment of the latest amount, which may be yet to come: nobody comes before it, so that
    those who wait keep their order. Counted by moments, however long a wait was for other reasons, at
    most `capacity + rate * t` is used in any stretch of t seconds.
    """

    capacity: float
    rate: float
    level: float
    at: float

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until `amount` is there; infinitely many for more than the bucket holds."""
        if amount > self.capacity:
            return inf
        self._fill(now)
        return max(0.0, self.at - now) + max(0.0, (amount - self.level) / self.rate)

    def take_now(self, amount: float, now: float) -> bool:
        """Take it if it is there; say whether it was."""
        if now < self.at:
            return False
        level = self.level + (now - self.at) * self.rate
        if level > self.capacity:
            level = self.capacity
        self.at = now
        found = level >= amount
        self.level = level - amount if found else level
        return found

    def take(self, amount: float, now: float, wait: float) -> None:
        """Take it, `wait` seconds after `now`."""
        self._fill(now + wait)
        self.level -= amount

    def give(self, amount: float, now: float) -> None:
        """Take `amount` back; a negative one was used beyond what was taken."""
        self._fill(now)
        self.level = min(self.capacity, self.level + amount)

    def at_most(self, left: float, now: float) -> None:
        """Believe a server that says how much is left."""
        self._fill(now)
        self.level = min(self.level, left)

    def used(self, now: float) -> float:
        """How much of the capacity is not there; changes nothing."""
        level = self.level + max(0.0, now - self.at) * self.rate
        return self.capacity - min(self.capacity, level)

    def move(self, seconds: float) -> None:
        """Put its times back by so much."""
        self.at -= seconds

    def _fill(self, now: float) -> None:
        if now > self.at:
            self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
            self.at = now


class SlidingWindow(msgspec.Struct, tag="sliding window"):
    """At most `capacity` in any stretch of `seconds`, exactly, whatever came before."""

    capacity: float
    seconds: float
    taken: deque[list[float]] = msgspec.field(default_factory=deque[list[float]])
    """When and how much, oldest first; some of it may be yet to come."""
    total: float = 0.0

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until `amount` fits, after all that was taken before it."""
        if amount > self.capacity:
            return inf
        self._forget(now)
        when = max(now, self.taken[-1][0]) if self.taken else now
        total = self.total
        for then, much in self.taken:
            if then + self.seconds > when and total + amount <= self.capacity + TINY:
                break
            when = max(when, then + self.seconds)
            total -= much
        return when - now

    def take_now(self, amount: float, now: float) -> bool:
        """Take it if it fits; say whether it did."""
        fits = self.wait_for(amount, now) <= 0
        if fits:
            self.take(amount, now, 0.0)
        return fits

    def take(self, amount: float, now: float, wait: float) -> None:
        """Take it, `wait` seconds after `now`."""
        if amount:
            # What is over by then cannot matter to whoever comes later still.
            self._forget(now + wait)
            self.taken.append([now + wait, amount])
            self.total += amount

    def give(self, amount: float, now: float) -> None:
        """Take `amount` back from the latest; a negative one was used beyond what was taken."""
        if amount < 0:
            self.take(-amount, now, max(0.0, self.taken[-1][0] - now) if self.taken else 0.0)
            return
        while amount > 0 and self.taken:
            last = self.taken[-1]
            part = min(amount, last[1])
            last[1] -= part
            self.total -= part
            amount -= part
            if last[1] > 0:
                break
            self.taken.pop()

    def at_most(self, left: float, now: float) -> None:
        """Believe a server that says how much is left."""
        beyond = self.capacity - left - self.used(now)
        if beyond > 0:
            self.take(beyond, now, max(0.0, self.taken[-1][0] - now) if self.taken else 0.0)

    def used(self, now: float) -> float:
        """How much is taken of the window that ends `now`, or with the last that was taken."""
        return sum(much for then, much in [*self.taken] if then + self.seconds > now)

    def move(self, seconds: float) -> None:
        """Put its times back by so much."""
        for entry in self.taken:
            entry[0] -= seconds

    def _forget(self, now: float) -> None:
        taken = self.taken
        while taken and taken[0][0] + self.seconds <= now:
            self.total -= taken.popleft()[1]
        if not taken:
            self.total = 0.0


TINY = 1e-9
"""What sums of fractions may be off by."""

Meter = TokenBucket | SlidingWindow
