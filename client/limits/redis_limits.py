"""`RedisLimits`: how much of a rate limit is used, kept on Redis or Valkey for many processes."""

import json
import os
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from threading import Lock
from typing import Any, Final, Literal, NamedTuple, NoReturn, Self

from ...core.call.policy import Asked, Denied, Elsewhere, Wait
from ...core.policies import checks
from ...core.policies.limit_state import Amounts, LimitStats, NotYet
from ...core.terms.rate_limits import RateLimits
from . import redis_clients
from .leases import Granted, InLine, Lease
from .redis_clients import RedisClient, RedisScript
from .redis_script import SCRIPT

__all__ = ["Granted", "RedisClient", "RedisLimits"]

MOST_SCOPES: Final = 4096
"""Scopes that something is remembered of here; the server has them all."""
GRAINS: Final = 32
"""Parts of the time of a limit for which the script remembers how empty a bucket was."""
WHEN_LOST: Final = ("refuse", "go on", "wait")
PAUSE: Final = 1.0
"""Seconds after which a server that gave no answer is asked again, by those that wait for it."""
AHEAD: Final = 4
"""The next lease is asked for when one part in so many is left of the last: the others need not wait."""

WhenLost = Literal["refuse", "go on", "wait"]


class _Answer(NamedTuple):
    verdict: str
    why: str
    wait: float
    runs: list[tuple[str, int]]
    """Moments, and how many requests may go out at each."""
    now: float


class _Scope:
    """What is known here of a scope: what is to be told to the server, and what it said last."""

    def __init__(self) -> None:
        self.give: list[tuple[str, float, float]] = []
        self.hold_until = -inf
        self.left: dict[str, float] = {}
        self.learned: dict[str, float] = {}
        self.stats: LimitStats | None = None
        self.lease = Lease()
        self.asking: InLine | None = None
        """Who asks for the next lease."""
        self.line = deque[InLine]()
        """Who waits for what comes of that, first come first served."""
        self.lost = ""
        """Why there was no answer to the last question, if there was none."""
        self.limit: Amounts | None = None
        """What was asked for last, for who gives back at the end."""


class RedisLimits:
    """The `state` of a `RateLimit` that processes and machines share, by a server of theirs.

    `client` is a blocking client of the packages `redis` or `valkey`, which sends nothing again by
    itself; `from_url` makes one. All that have the same `name` there share, scope by scope, and should
    have the same `RateLimit`. Each call asks the server once, before it is sent: under asyncio and trio
    in a worker thread. Time is the server's.

    `when_lost` says what becomes of a call when there is no answer: `"refuse"` ends it unsent, `"go on"`
    lets it through, `"wait"` asks again every second, up to the deadline of the call and the `longest_wait`
    of its limit. An answer that is lost on its way counts as taken.

    With `lease` more than one request is taken at a time, at most so many and as many as fit within
    `lease_seconds`; up to 32, and more where they are used up in half of that time. The next calls of this process ask nobody; one of them asks for more when a quarter is left, and those that
    find nothing meanwhile wait for its answer. The limit is lowered by what may be held back for so long,
    so that it is kept all the same. A limit of tokens has no leases, for each call takes its own number.
    Raises `ValueError` for settings out of their range and for a client that sends again, and `TypeError`
    for what is no blocking client.

    `close`, or the end of a `with`, gives back what is leased and was not used.
    """

    def __init__(
        self,
        client: RedisClient,
        name: str,
        *,
        when_lost: WhenLost,
        lease: int = 1,
        lease_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance] (callers without types)
            raise ValueError(
                f"RedisLimits name={name!r}: expected a text that sharers have in common"
            )
        checks.one_of("RedisLimits", "when_lost", when_lost, WHEN_LOST)
        checks.count("RedisLimits", "lease", lease, least=1)
        checks.seconds("RedisLimits", "lease_seconds", lease_seconds, above=True)
        redis_clients.check(client)
        self.name = name
        self.when_lost = when_lost
        self.lease = lease
        self.lease_seconds = lease_seconds
        self._script: RedisScript = client.register_script(SCRIPT)
        self._own: Any = None
        """The client, where it was made here."""
        self._clock = clock
        self._begin()

    @classmethod
    def from_url(
        cls,
        url: str,
        name: str,
        *,
        when_lost: WhenLost,
        timeout: float,
        lease: int = 1,
        lease_seconds: float = 1.0,
    ) -> "RedisLimits":
        """Make the client too, of `redis://`, `rediss://` or `unix://`, by the package `redis`.

        It waits `timeout` seconds at most for a connection, and for an answer. `valkey://` and
        `valkeys://` take the package `valkey`. `ImportError` where the package is not installed.
        """
        checks.seconds("RedisLimits", "timeout", timeout, above=True)
        client = redis_clients.connected(url, timeout)
        made = cls(client, name, when_lost=when_lost, lease=lease, lease_seconds=lease_seconds)
        made._own = client
        return made

    def close(self) -> None:
        """Give back what is leased and was not used, and close the connections that `from_url` made.

        Where the server gives no answer, it gets nothing back: what was granted goes by there in its time.
        A call that comes later begins anew.
        """
        try:
            for scope, known in [*self._scopes.items()]:
                with self._lock:
                    known.give += known.lease.drop()
                if known.give and known.limit is not None:
                    self._send(scope, self._asked(known.limit, known, 0.0, inf)[1] | {"count": 0})
        except Exception as error:
            if not redis_clients.is_lost(error):
                raise
        finally:
            if self._own is not None:
                self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Wait | Denied | Elsewhere:
        """Take one request and `tokens` from what is leased here, or say how to ask for them."""
        if self.lease > 1 and limit.tokens is not None:
            raise ValueError(
                f"RedisLimits lease={self.lease}: expected 1 with a limit of tokens, "
                "of which each call takes its own number"
            )
        known = self._of(scope)
        known.limit = limit
        if self.lease == 1:
            return Elsewhere(partial(self._fetch, limit, scope, known, tokens, latest))
        return self._leased(limit, scope, known, latest)

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
        """Note what was not used; the server is told when it is asked the next time."""
        if isinstance(granted, Granted) and granted.moment:
            known = self._of(scope)
            with self._lock:
                known.give.append((granted.moment, requests, tokens))

    def hold(self, limit: Amounts, scope: str, seconds: float, now: float, /) -> None:
        """Let nothing through for so long; others learn it when the server is asked the next time."""
        known = self._of(scope)
        with self._lock:
            known.hold_until = max(known.hold_until, self._clock() + seconds)
            known.give += known.lease.drop()

    def learn(self, limit: Amounts, scope: str, said: RateLimits, now: float, /) -> None:
        """Believe a server that says what is left; its limit counts where the caller has set none."""
        known = self._of(scope)
        with self._lock:
            for name, left, most in (
                ("r", said.remaining_requests, said.limit_requests),
                ("t", said.remaining_tokens, said.limit_tokens),
            ):
                if left is not None:
                    known.left[name] = min(float(left), known.left.get(name, inf))
                if most:
                    known.learned[name] = float(most)

    def stats(self, now: float | None = None, /) -> tuple[LimitStats, ...]:
        """How much of each scope is used, by all who share it, as the server said last."""
        return tuple(each.stats for each in [*self._scopes.values()] if each.stats is not None)

    def __reduce__(self) -> NoReturn:
        raise TypeError("RedisLimits: it holds connections; make one in each process")

    # Asking.

    def _leased(
        self, limit: Amounts, scope: str, known: _Scope, latest: float
    ) -> Wait | Denied | Elsewhere:
        """Take one of those that are leased; or ask for more, or wait for who does."""
        with self._lock:
            lease = known.lease
            if lease.left > lease.low or known.asking is not None or known.lost:
                granted = lease.take(self._clock(), latest)
                if granted is not None:
                    return granted
            who = InLine(latest, partial(self._leave, known))
            if known.asking is None:
                known.asking = who
                return Elsewhere(partial(self._ask, limit, scope, known, who), who)
            known.line.append(who)
        then = partial(self._answered, limit, scope, known, who)
        return Wait(0.0, "the server of the shared limit is being asked", who, then=then)

    def _answered(
        self, limit: Amounts, scope: str, known: _Scope, who: InLine, asked: Asked
    ) -> Wait | Denied | Elsewhere:
        """What came of another's question; or it is this one's turn to ask."""
        with self._lock:
            answer, who.answer = who.answer, None
        return answer or Elsewhere(partial(self._ask, limit, scope, known, who), who)

    def _ask(self, limit: Amounts, scope: str, known: _Scope, who: InLine) -> Wait | Denied:
        """Ask for the next lease, for one and all that wait for it."""
        who.begun = True
        try:
            return self._fetch(limit, scope, known, 0.0, who.latest)
        finally:
            self._pass_on(known)

    def _leave(self, known: _Scope, who: InLine) -> None:
        """Go away from the line; what has been granted meanwhile is for others."""
        with self._lock:
            if who in known.line:
                known.line.remove(who)
            elif isinstance(who.answer, Granted):
                known.give.append((who.answer.moment, 1.0, 0.0))
                who.answer = None
        if known.asking is who and not who.begun:
            self._pass_on(known)

    def _pass_on(self, known: _Scope) -> None:
        """Give those in line what there is; who comes next asks for more."""
        woken: list[InLine] = []
        with self._lock:
            known.asking = None
            while known.line and known.asking is None:
                who = known.line.popleft()
                who.answer = known.lease.take(self._clock(), who.latest)
                if who.answer is None and known.lost:
                    who.answer = self._lost(known.lost, who.latest)
                elif who.answer is None:
                    known.asking = who
                woken.append(who)
        for who in woken:
            who.wake()

    def _fetch(
        self, limit: Amounts, scope: str, known: _Scope, tokens: float, latest: float
    ) -> Wait | Denied:
        meters, asked = self._asked(limit, known, tokens, latest)
        began = self._clock()
        try:
            raw = self._send(scope, asked)
        except Exception as error:
            if not redis_clients.is_lost(error):
                raise
            with self._lock:  # debts once more, if need be; what was given back may have been taken
                known.give += [each for each in asked.get("give", ()) if min(each[1:]) < 0]
                known.lost = f"{_LOST} ({type(error).__name__}: {error})"
                granted = known.lease.take(self._clock(), latest)
            return granted or self._lost(known.lost, latest)
        said = self._read(scope, known, raw)
        if said.verdict == "granted":
            why = self._why(meters, limit, said)
            return self._keep(
                known, said, Granted(said.wait, why, moment=said.runs[0][0]), began, latest
            )
        with self._lock:
            known.lease.low = 0
            granted = known.lease.take(self._clock(), latest)
        if granted is not None:
            return granted
        if said.verdict == "never":
            what, most = _WORDS[said.why], meters[said.why]["cap"]
            amount = 1.0 if said.why == "r" else tokens
            return Denied(f"it takes {amount:g} {what}, more than the {most:g} that may go at once")
        why = self._why(meters, limit, said)
        return Denied(f"{why}; the next fit in {said.wait:.3g} s", said.wait)

    def _send(self, scope: str, asked: dict[str, Any]) -> Any:
        tag = f"{{{self.name}:{scope}}}"
        return self._script(keys=[tag, f"{tag}:r", f"{tag}:t"], args=[json.dumps(asked)])

    def _asked(
        self, limit: Amounts, known: _Scope, tokens: float, latest: float
    ) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
        """What the script is told: the meters, what is wanted, and what has been noted since."""
        with self._lock:
            now = self._clock()
            late = known.lease.drop(now)
            count = known.lease.wanted(self.lease, self.lease_seconds, now, late=bool(late))
            give, known.give = known.give + late, []
            left, known.left = known.left, {}
            hold = known.hold_until - now
        requests = limit.requests or known.learned.get("r")
        meters: dict[str, dict[str, float]] = {}
        if requests is not None:
            meters["r"] = self._meter(limit, requests)
        if limit.tokens is not None:
            meters["t"] = self._meter(limit, limit.tokens)
        asked: dict[str, Any] = {
            **meters,
            "amount": tokens,
            "count": count,
            "life": self.lease_seconds,
        }
        if latest < inf:
            asked["latest"] = max(0.0, latest)
        if give:
            asked["give"] = give
        if left:
            asked["left"] = left
        if hold > 0:
            asked["hold"] = hold
        return meters, asked

    def _meter(self, limit: Amounts, most: float) -> dict[str, float]:
        """One kind of amount, lowered by what may be used `lease_seconds` after it was granted."""
        late = self.lease_seconds if self.lease > 1 else 0.0
        if limit.algorithm == "sliding window":
            return {"cap": most, "span": limit.seconds + late}
        rate = most / limit.seconds
        capacity = max(1.0, most * limit.burst) - rate * late
        if capacity < 1:
            raise ValueError(
                f"RedisLimits lease_seconds={self.lease_seconds!r}: expected less than what fills the "
                f"burst of {capacity + rate * late:g} requests, of which one at least has to be left"
            )
        return {"cap": capacity, "rate": rate, "grain": limit.seconds / GRAINS}

    def _read(self, scope: str, known: _Scope, raw: Any) -> _Answer:
        verdict, why, wait, now, requests, tokens, held, runs = redis_clients.text_of(raw).split(
            "\n"
        )
        known.lost = ""
        known.stats = LimitStats(
            scope=scope,
            requests_used=float(requests) if requests else None,
            tokens_used=float(tokens) if tokens else None,
            held_for=float(held),
        )
        moments = [run.partition("*") for run in runs.split()]
        found = [(moment, int(count)) for moment, _, count in moments]
        return _Answer(verdict, why, float(wait or 0), found, float(now))

    def _keep(
        self, known: _Scope, answer: _Answer, first: Granted, began: float, latest: float
    ) -> Granted:
        """Keep what was leased, but for the first that there is: that is for who has asked."""
        if self.lease == 1:
            return first
        with self._lock:
            now = self._clock()
            granted = known.lease.take(now, latest)
            if granted is None:
                granted = first
                answer.runs[0] = (first.moment, answer.runs[0][1] - 1)
            at = answer.now
            known.lease.add(answer.runs, began - at, now - at, self.lease_seconds)
            known.lease.low = sum(count for _, count in answer.runs) // AHEAD
        return granted

    def _why(self, meters: dict[str, dict[str, float]], limit: Amounts, answer: _Answer) -> str:
        if not answer.wait:
            return ""
        if answer.why == "held":
            return "the server asked to be left alone"
        if answer.why not in meters:
            return "others who share the limit are before it"
        most = meters[answer.why]["cap"]
        return f"{_WORDS[answer.why]} used up: {most:g} in {limit.seconds:g} s, shared"

    def _lost(self, reason: str, latest: float) -> Wait | Denied:
        if self.when_lost == "go on":
            return Wait(0.0, f"went on: {reason}")
        if self.when_lost == "refuse" or latest <= 0:
            return Denied(reason)
        return NotYet(min(PAUSE, latest), reason)

    # What is known here.

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._scopes: dict[str, _Scope] = {}

    def _of(self, scope: str) -> _Scope:
        if self._process != os.getpid():
            self._begin()  # a fork: what was leased is the parent's
        known = self._scopes.get(scope)
        if known is None:
            if len(self._scopes) >= MOST_SCOPES:
                self._scopes.pop(next(iter(self._scopes)), None)
            known = self._scopes.setdefault(scope, _Scope())
        return known


_WORDS: Final = {"r": "requests", "t": "tokens"}
_LOST: Final = "the server of the shared limit gave no answer"
