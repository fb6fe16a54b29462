"""How much of a rate limit is used: in the memory of this process, or wherever a `LimitState` has it."""

from math import inf
from typing import Any, Literal, Protocol

import msgspec

from ..call.policy import Denied, Elsewhere, Wait
from ..terms.rate_limits import RateLimits
from .meters import Meter, SlidingWindow, TokenBucket
from .steady_time import SteadyState

__all__ = ["Amounts", "LimitState", "LimitStats", "LocalLimits"]

MOST_SCOPES = 4096
"""Scopes that are kept; of more than that, the one used longest ago is forgotten."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """How much of what may be used in which time."""

    requests: float | None = None
    tokens: float | None = None
    seconds: float = 60.0
    algorithm: Literal["token bucket", "sliding window"] = "token bucket"
    burst: float = 1.0


class LimitStats(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a limit is used."""

    scope: str
    requests_used: float | None = None
    """Of the limit, as far as it has not come free again; `None` where there is no such limit."""
    tokens_used: float | None = None
    under_way: int = 0
    in_line: int = 0
    held_for: float = 0.0
    """Seconds for which a server has asked to be left alone."""


class NotYet(Wait, frozen=True):
    """Nothing is taken, for nobody could be asked: ask again after `seconds`."""


class LimitState(Protocol):
    """Where it is kept how much of a limit is used: in memory, or on a server for many machines.

    What answers `Elsewhere` is given back to from any thread, the one that asks included.
    """

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Wait | Denied | Elsewhere:
        """Take one request and `tokens` for `scope`; `Denied` for a wait of more than `latest` seconds.

        What `Elsewhere` asks may answer `NotYet`. A `Wait` with `then` grants nothing yet: its `place` is
        one in a line, and `then` says what came of it. A place is settled when the call is given up.
        """
        ...

    def give_back(
        self,
        limit: Amounts,
        scope: str,
        requests: float,
        tokens: float,
        now: float,
        granted: Wait,
        /,
    ) -> None:
        """Give back what was not used of what `granted` took; negative is what was used beyond."""
        ...

    def hold(self, limit: Amounts, scope: str, seconds: float, now: float, /) -> None:
        """Let nothing through for so long."""
        ...

    def learn(self, limit: Amounts, scope: str, said: RateLimits, now: float, /) -> None:
        """Believe a server that says what is left."""
        ...

    def stats(self, now: float | None = None, /) -> tuple[LimitStats, ...]:
        """How much of each scope is used, as far as it is known here."""
        ...


class Granted(Wait, frozen=True, kw_only=True):
    """What was taken, and for which time."""

    at: float


class _Used(msgspec.Struct):
    requests: Meter | None
    tokens: Meter | None
    not_before: float = -inf
    fits: Amounts | None = None
    """The limit whose amounts the meters have; others that share them bring their own."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Used, (self.requests, self.tokens, self.not_before)

    def fit(self, limit: Amounts, now: float) -> None:
        """Measure what is used by the amounts of `limit` from now on."""
        self.fits = limit
        if limit.requests is not None:
            self.requests = _fitted(self.requests, limit, limit.requests, now)
        if limit.tokens is not None:
            self.tokens = _fitted(self.tokens, limit, limit.tokens, now)


class LocalLimits(SteadyState):
    """The default state of a `RateLimit`: in memory, gone with the process; it pickles."""

    by_scope: dict[str, _Used] = msgspec.field(default_factory=dict[str, _Used])

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Wait | Denied:
        """Take one request and `tokens` for `scope`, or say why they do not fit."""
        now = self.moment(now)
        used = None if scope else self.by_scope.get(scope)
        if used is None:
            used = self._of(limit, scope, now)
        if used.fits is not limit:
            used.fit(limit, now)
        requests = used.requests
        if used.not_before <= now and (requests is None or requests.take_now(1.0, now)):
            if used.tokens is None or used.tokens.take_now(tokens, now):
                return Granted(0.0, at=now)
            if requests is not None:
                requests.give(1.0, now, now)
        return self._later(limit, used, tokens, now, latest)

    def _later(
        self, limit: Amounts, used: _Used, tokens: float, now: float, latest: float
    ) -> Wait | Denied:
        """Take what does not fit now for when it does, unless that is too late."""
        wait, why = max(0.0, used.not_before - now), "the server asked to be left alone"
        for meter, amount, what in (
            (used.requests, 1.0, "requests"),
            (used.tokens, tokens, "tokens"),
        ):
            if meter is None:
                continue
            needs = meter.wait_for(amount, now)
            if needs == inf:
                return Denied(
                    f"it takes {amount:g} {what}, more than the {meter.capacity:g} that may go at once"
                )
            if needs > wait:
                wait, why = needs, f"{what} used up: {meter.capacity:g} in {limit.seconds:g} s"
        if wait > latest:
            return Denied(f"{why}; the next fit in {wait:.3g} s", wait)
        if used.requests is not None:
            used.requests.take(1.0, now, wait)
        if used.tokens is not None:
            used.tokens.take(tokens, now, wait)
        return Granted(wait, why if wait else "", at=now + wait)

    def give_back(
        self,
        limit: Amounts,
        scope: str,
        requests: float,
        tokens: float,
        now: float,
        granted: Wait,
        /,
    ) -> None:
        """Give back what was not used of what `granted` took; negative is what was used beyond."""
        now = self.moment(now)
        used = self.by_scope.get(scope)
        if used is None:
            return
        at = granted.at if isinstance(granted, Granted) else now
        if requests and used.requests is not None:
            used.requests.give(requests, now, at)
        if tokens and used.tokens is not None:
            used.tokens.give(tokens, now, at)

    def hold(self, limit: Amounts, scope: str, seconds: float, now: float, /) -> None:
        """Let nothing through for so long."""
        now = self.moment(now)
        used = self._of(limit, scope, now)
        used.not_before = max(used.not_before, now + seconds)

    def learn(self, limit: Amounts, scope: str, said: RateLimits, now: float, /) -> None:
        """Believe a server that says what is left; its limit counts where the caller has set none."""
        now = self.moment(now)
        used = self._of(limit, scope, now)
        if said.remaining_requests is not None:
            if used.requests is None and said.limit_requests:
                used.requests = _meter(limit, float(said.limit_requests), now)
            if used.requests is not None:
                used.requests.at_most(float(said.remaining_requests), now)
        if said.remaining_tokens is not None:
            if used.tokens is None and said.limit_tokens and limit.tokens is not None:
                used.tokens = _meter(limit, float(said.limit_tokens), now)
            if used.tokens is not None:
                used.tokens.at_most(float(said.remaining_tokens), now)

    def stats(self, now: float | None = None, /) -> tuple[LimitStats, ...]:
        """How much of each scope is used, as of `now` or of the last call."""
        at = self.latest if now is None else max(now, self.latest)
        return tuple(
            LimitStats(
                scope=scope,
                requests_used=None if used.requests is None else used.requests.used(at),
                tokens_used=None if used.tokens is None else used.tokens.used(at),
                held_for=max(0.0, used.not_before - at),
            )
            for scope, used in [*self.by_scope.items()]
        )

    def move(self, seconds: float) -> None:
        """Put all times back by so much."""
        for used in self.by_scope.values():
            used.not_before -= seconds
            for meter in (used.requests, used.tokens):
                if meter is not None:
                    meter.move(seconds)

    def _of(self, limit: Amounts, scope: str, now: float) -> _Used:
        """The meters of a scope; a limit that has scopes has the one used last at the end."""
        used = self.by_scope.pop(scope, None)  # and back in at the end: the first rests longest
        if used is None:
            if len(self.by_scope) >= MOST_SCOPES:
                del self.by_scope[next(iter(self.by_scope))]
            used = _Used(
                None if limit.requests is None else _meter(limit, limit.requests, now),
                None if limit.tokens is None else _meter(limit, limit.tokens, now),
            )
        self.by_scope[scope] = used
        return used


def _fitted(old: Meter | None, limit: Amounts, most: float, now: float) -> Meter:
    """A meter with the amounts of `limit`, and as much used as `old` has."""
    new = _meter(limit, most, now)
    if isinstance(old, TokenBucket) and isinstance(new, TokenBucket):
        old.resize(new.capacity, new.rate, now)
        return old
    if isinstance(old, SlidingWindow) and isinstance(new, SlidingWindow):
        old.capacity, old.seconds = new.capacity, new.seconds
        return old
    used = 0.0 if old is None else old.used(now)
    if used > 0:
        new.take(used, now, 0.0)
    return new


def _meter(limit: Amounts, most: float, now: float) -> Meter:
    if limit.algorithm == "sliding window":
        return SlidingWindow(most, limit.seconds)
    capacity = max(1.0, most * limit.burst)
    return TokenBucket(capacity, most / limit.seconds, capacity, now)
