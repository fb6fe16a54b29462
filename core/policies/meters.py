"""Meters: how much of a limit is used, and when the next amount fits.

Both kinds answer `wait_for(amount, now)` without taking anything, `take` it at `now` plus a wait, and
are given back what was taken and not used. `now` never goes back. What was told to wait keeps its
time, whatever comes free before it: nobody who comes later goes ahead of it or with it.
"""

from collections import deque
from math import inf

import msgspec

__all__ = ["Meter", "SlidingWindow", "TokenBucket"]


class TokenBucket(msgspec.Struct, tag="token bucket"):
    """A bucket of `capacity` that fills by `rate` a second; who takes more than is there waits for it.

    In any stretch of t seconds at most `capacity + rate * t` is used. What is given back was missing
    meanwhile, and the bucket filled where it would have been full: by that more may go out, once.
    """

    capacity: float
    rate: float
    level: float
    at: float
    ahead: deque[list[float]] = msgspec.field(default_factory=deque[list[float]])
    """When and how much will be taken by those who wait, in their order."""
    last_level: float = 0.0
    """What is in the bucket once the last of those has taken its part; below 0 when more was used."""

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until `amount` is there; infinitely many for more than the bucket holds."""
        if amount > self.capacity:
            return inf
        self._fill(now)
        if not self.ahead:
            return max(0.0, (amount - self.level) / self.rate)
        last = self.ahead[-1][0]
        return last - now + max(0.0, (amount - self.last_level) / self.rate)

    def take_now(self, amount: float, now: float) -> bool:
        """Take it if it is there and nobody waits; say whether it was."""
        if self.ahead:
            return False
        level = self.level
        if now > self.at:
            level += (now - self.at) * self.rate
            if level > self.capacity:
                level = self.capacity
            self.at = now
        found = level >= amount
        self.level = level - amount if found else level
        return found

    def take(self, amount: float, now: float, wait: float) -> None:
        """Take it, `wait` seconds after `now`."""
        self._fill(now)
        if wait <= 0:
            self.level -= amount
        elif amount:
            last, level = now, self.level
            if self.ahead:
                last, level = self.ahead[-1][0], self.last_level
            when = max(now + wait, last)
            self.last_level = self._later(level, when - last) - amount
            self.ahead.append([when, amount])

    def give(self, amount: float, now: float, at: float) -> None:
        """Take back of what was taken for the time `at`; a negative amount was used beyond that."""
        if not self.ahead and at <= self.at:
            level = self.level + amount
            self.level = level if level < self.capacity else self.capacity
            return
        self._fill(now)
        if at > now and amount > 0:
            _take_out(self.ahead, at, amount)
        else:
            self.level = min(self.capacity, self.level + amount)
        self._count()

    def at_most(self, left: float, now: float) -> None:
        """Believe a server that says how much is left."""
        self._fill(now)
        self.level = min(self.level, left)
        self._count()

    def used(self, now: float) -> float:
        """How much of the capacity is not there, or promised; changes nothing."""
        level = self._later(self.level, max(0.0, now - self.at))
        return self.capacity - level + sum(much for _, much in [*self.ahead])

    def resize(self, capacity: float, rate: float, now: float) -> None:
        """Hold another amount, and fill at another rate, from now on; what is used stays used."""
        self._fill(now)
        self.level += capacity - self.capacity
        self.capacity, self.rate = capacity, rate
        self._count()

    def move(self, seconds: float) -> None:
        """Put its times back by so much."""
        self.at -= seconds
        for entry in self.ahead:
            entry[0] -= seconds

    def _later(self, level: float, seconds: float) -> float:
        return min(self.capacity, level + seconds * self.rate)

    def _fill(self, now: float) -> None:
        ahead = self.ahead
        while ahead and ahead[0][0] <= now:
            when, amount = ahead.popleft()
            self.level = self._later(self.level, max(0.0, when - self.at)) - amount
            self.at = max(self.at, when)
        if now > self.at:
            self.level = self._later(self.level, now - self.at)
            self.at = now

    def _count(self) -> None:
        """Follow the level through all that is promised."""
        level, at = self.level, self.at
        for when, amount in self.ahead:
            level = self._later(level, when - at) - amount
            at = when
        self.last_level = level


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
            self._forget(now)
            self.taken.append([now + wait, amount])
            self.total += amount

    def give(self, amount: float, now: float, at: float) -> None:
        """Take back of what was taken for the time `at`; a negative amount was used beyond that."""
        self._forget(now)
        if amount < 0:
            self.take(-amount, now, max(0.0, self.taken[-1][0] - now) if self.taken else 0.0)
        else:
            self.total -= _take_out(self.taken, at, amount)

    def at_most(self, left: float, now: float) -> None:
        """Believe a server that says how much is left."""
        beyond = self.capacity - left - self.used(now)
        if beyond > 0:
            self.take(beyond, now, max(0.0, self.taken[-1][0] - now) if self.taken else 0.0)

    def used(self, now: float) -> float:
        """How much is taken of the window that ends `now`, or is promised."""
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
MOMENT = 1e-6
"""Seconds that times may be off by, which are kept since the start of a machine."""


def _take_out(taken: deque[list[float]], at: float, amount: float) -> float:
    """Take `amount` out of the entry of the time `at`, or those before it; return how much was there.

    An older one in its place is on the safe side: it would have come free sooner.
    """
    left = amount
    for entry in reversed(taken):
        if left <= 0:
            break
        if entry[0] <= at + MOMENT:
            part = min(left, entry[1])
            entry[1] -= part
            left -= part
    kept = [entry for entry in taken if entry[1] > 0]
    if len(kept) < len(taken):
        taken.clear()
        taken.extend(kept)
    return amount - left


Meter = TokenBucket | SlidingWindow
