"""Heartbeat: when to ask a silent peer whether it is there, and when to give it up."""

from math import inf
from typing import Final

from ..terms.errors import APITimeoutError


class Heartbeat:
    """Decides about pings: one after `interval` seconds of silence, none where it is `None`.

    `timeout` is how long the peer may then go on being silent; whatever it says counts as life.
    Times are those of the backend's clock.
    """

    __slots__ = ("_asked", "_count", "_interval", "_pinged_at", "_timeout", "due", "latency")

    def __init__(self, interval: float | None, timeout: float | None, now: float) -> None:
        self._interval = interval
        self._timeout = timeout
        self._count = 0
        self._asked = False
        self._pinged_at = now
        self.latency: float | None = None
        """Seconds from the last ping that was answered to its pong."""
        self.due = inf if interval is None else now + interval
        """When `beat` will have something to say."""

    def beat(self, now: float) -> bytes | None:
        """Return the data of a ping if one is due; `APITimeoutError` if the last one brought nothing."""
        if now < self.due:
            return None
        if self._asked:
            raise APITimeoutError(
                f"no answer to a ping within {self._timeout:g} s",
                phase="idle",
                seconds=self._timeout,
                sent="answered",
            )
        return self.ping(now)

    def ping(self, now: float) -> bytes:
        """Return the data of a ping that goes out now."""
        self._count += 1
        self._pinged_at = now
        if self._interval is not None:
            self._asked = True
            self.due = inf if self._timeout is None else now + self._timeout
        return b"%d" % self._count

    def heard(self, now: float) -> None:
        """Note that something came."""
        if self._interval is not None:
            self._asked, self.due = False, now + self._interval

    def ponged(self, data: bytes, now: float) -> None:
        """Note a pong; the one of the last ping measures the round trip."""
        if self._count and data == b"%d" % self._count:
            self.latency = now - self._pinged_at


NO_HEARTBEAT: Final = Heartbeat(None, None, 0.0)
"""One for all sessions without: it asks nothing, and so it changes nothing."""
