"""The timeouts of httpx, which has one for each phase, together with those of the caller's own."""

from collections.abc import Mapping
from functools import lru_cache
from math import inf
from typing import Any

from ...core.request.timeout import Timeout
from ...core.terms.errors import Phase

__all__ = ["timeout_of"]

_SHORTEST = 1e-6
"""Seconds of a timeout of 0: over as soon as there is anything to wait for."""


class PhaseTimeout(Timeout, frozen=True, kw_only=True):
    """Limits to each phase on its own: waiting for a place, and each pause of sending, have theirs."""

    pool: float | None = None
    send: float | None = None

    def seconds(self, phase: Phase) -> float | None:
        match phase:
            case "pool":
                return self.pool
            case "send":
                return self.send
            case _:
                return super().seconds(phase)


def timeout_of(own: Timeout, asked: Mapping[str, Any] | None) -> Timeout:
    """The shorter of two in each phase; `asked` is `extensions["timeout"]` of a request."""
    if not asked:
        return own
    return _joined(
        own, asked.get("connect"), asked.get("read"), asked.get("write"), asked.get("pool")
    )


@lru_cache(maxsize=64)
def _joined(
    own: Timeout,
    connect: float | None,
    read: float | None,
    write: float | None,
    pool: float | None,
) -> Timeout:
    limits = PhaseTimeout(
        connect=_shorter(own.connect, connect),
        first_byte=_shorter(own.first_byte, read),
        idle=_shorter(own.idle, read),
        total=own.total,
        pool=_shorter(own.connect, pool),
        send=_shorter(own.idle, write),
    )
    if limits.connect is None and (limits.pool is not None or limits.send is not None):
        # Where no phase of a call has a limit, none is asked for.
        return _joined(own, inf, read, write, pool)
    return limits


def _shorter(own: float | None, asked: float | None) -> float | None:
    if asked is None:
        return own
    asked = max(asked, _SHORTEST)
    return asked if own is None else min(own, asked)
