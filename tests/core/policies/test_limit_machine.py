"""Rate limits against a list of what went out: never too much, never later than it has to be."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from api_openai.core.call.policy import Asked, Denied, Elsewhere, Wait
from api_openai.core.policies.limit_state import Granted, LocalLimits
from api_openai.core.policies.rate_limit import HeldPlace, RateLimit

from ...support.outcomes import SECONDS, Clock, asked, outcome

Ask = Callable[[], Wait | Denied | Elsewhere]
PERIOD = 10.0
TINY = 1e-6


@dataclass(eq=False)
class Used:
    """One reservation as the model knows it."""

    at: float
    tokens: float
    place: HeldPlace | None
    """`None` once it is settled."""
    requests: float = 1.0
    kept: float = 0.0
    """Tokens, if what was given back when their time had come counts as used."""
    kept_requests: float = 1.0
    then: Callable[[Asked], Wait | Denied | Elsewhere] | None = None
    """What it is counted with, if it stood in line."""
    until: float = inf
    """When it may go out at the latest, by its place in line."""

    @property
    def slot(self) -> bool:
        """Whether it holds a slot."""
        return self.place is not None and self.place.ready


def bucket_time(
    entries: list[tuple[float, float]], amount: float, now: float, most: float
) -> float:
    """When `amount` is there, of a bucket that was full at the beginning of time."""
    rate, level, at = most / PERIOD, most, -inf
    for when, much in entries:
        level = min(most, level + (when - at) * rate) - much
        at = when
    after = max(now, at)
    if at > -inf:
        level = min(most, level + (after - at) * rate)
    return after + max(0.0, amount - level) / rate


def window_time(
    entries: list[tuple[float, float]], amount: float, now: float, most: float
) -> float:
    """When `amount` fits into the window that ends then, after all others."""
    after = max([now, *(when for when, _ in entries)])
    times = sorted({after, *(when + PERIOD for when, _ in entries if when + PERIOD > after)})
    for time in times:
        if (
            sum(much for when, much in entries if when > time - PERIOD + TINY) + amount
            <= most + TINY
        ):
            return time
    raise AssertionError("it never fits")


class LimitMachine(RuleBasedStateMachine):
    """Calls that come, wait, go out, are given up, and cost less than was thought."""

    @initialize(
        requests=st.none() | st.integers(1, 4),
        tokens=st.none() | st.sampled_from((10.0, 25.0)),
        algorithm=st.sampled_from(("token bucket", "sliding window")),
        concurrency=st.none() | st.integers(1, 3),
        refuses=st.booleans(),
        longest=st.sampled_from((inf, 5.0, 100.0)),
    )
    def begin(
        self,
        requests: int | None,
        tokens: float | None,
        algorithm: Any,
        concurrency: int | None,
        refuses: bool,
        longest: float,
    ) -> None:
        if requests is None and tokens is None:
            requests = 2
        self.cost = 1.0
        self.limit = RateLimit(
            requests=requests,
            tokens=tokens,
            seconds=PERIOD,
            algorithm=algorithm,
            concurrency=concurrency,
            when_full="refuse" if refuses else "wait",
            longest_wait=longest,
            cost=lambda operation: self.cost,
        )
        self.clock = Clock()
        self.late = 0.0
        """Seconds in which a bucket may have filled that would have been full."""
        self.used: list[Used] = []
        self.line: list[Used] = []
        self.rung: list[Used] = []

    @property
    def moment(self) -> float:
        """The time that counts: what the state has seen, where the clock is behind that."""
        return max(self.state.latest, self.clock.now)

    @property
    def state(self) -> LocalLimits:
        state = self.limit.state
        assert isinstance(state, LocalLimits)
        return state

    def entries(self, what: str, *, least: bool) -> list[tuple[float, float]]:
        """When and how much was used; with `least` what was given back does not count."""
        found: list[tuple[float, float]] = []
        for each in self.used:
            if each.at == -inf:  # it stands in line, or was given up there
                continue
            if what == "requests":
                much = each.requests if least else each.kept_requests
            else:
                much = each.tokens if least else each.kept
            if much:
                found.append((each.at, much))
        return sorted(found)

    def expected(self, amounts: dict[str, float], *, least: bool) -> float:
        """When the next call goes out, at least or at most."""
        timed = window_time if self.limit.algorithm == "sliding window" else bucket_time
        times = [self.moment]
        for what, amount in amounts.items():
            most: float = getattr(self.limit, what)
            if amount > most:
                return inf
            times.append(timed(self.entries(what, least=least), amount, self.moment, most))
        return max(times)

    @rule(
        cost=st.sampled_from((0.0, 1.0, 4.0, 10.0, 26.0)),
        left=st.sampled_from((inf, 3.0, 0.0, 30.0)),
    )
    def comes(self, cost: float, left: float) -> None:
        limit, clock = self.limit, self.clock
        self.cost = cost
        latest = 0.0 if limit.when_full == "refuse" else min(left, limit.longest_wait)
        holders = sum(each.slot for each in self.used)
        full = limit.concurrency is not None and holders >= limit.concurrency
        tokens = 0.0 if limit.tokens is None else cost
        if not full:
            self.granted(lambda: limit.reserve(asked(clock.now, left=left)), tokens, latest)
            return
        answer = limit.reserve(asked(clock.now, left=left))
        if latest <= 0:
            assert isinstance(answer, Denied)
            return
        assert isinstance(answer, Wait)
        place = answer.place
        assert isinstance(place, HeldPlace)
        assert (answer.seconds, place.ready, place.granted) == (0, False, None)
        used = Used(-inf, tokens, place, requests=0, kept=0, kept_requests=0)
        used.then, used.until = answer.then, clock.now + limit.longest_wait
        self.line.append(used)
        place.notify = lambda: self.rung.append(used)
        self.used.append(used)

    def granted(self, ask: Ask, tokens: float, latest: float, used: Used | None = None) -> bool:
        """Ask for a grant, and see that it is neither too early nor too late."""
        limit = self.limit
        amounts: dict[str, float] = {}
        if limit.requests is not None:
            amounts["requests"] = 1.0
        if limit.tokens is not None:
            amounts["tokens"] = tokens
        soonest = self.expected(amounts, least=True) - self.moment
        longest = self.expected(amounts, least=False) - self.moment
        answer = ask()
        if isinstance(answer, Denied):
            assert longest >= latest - TINY, answer
            assert answer.reason
            if soonest < inf and answer.after is not None:
                assert soonest - TINY - self.late <= answer.after <= longest + TINY
            return False
        assert isinstance(answer, Wait)
        assert soonest - TINY - self.late <= answer.seconds <= longest + TINY
        assert answer.seconds <= latest + TINY
        place = answer.place
        assert isinstance(place, HeldPlace)
        assert isinstance(place.granted, Granted)
        assert place.ready
        if used is None:
            used = Used(0.0, tokens, place)
            self.used.append(used)
        used.at, used.tokens, used.kept = place.granted.at, tokens, tokens
        used.requests = used.kept_requests = 1.0
        return True

    @precondition(lambda self: any(each.place for each in self.used))
    @rule(
        data=st.data(),
        how=st.sampled_from(("never sent", "not sent", "answered", "broken")),
        share=st.sampled_from((0.0, 0.5, 1.0)),
    )
    def ends(self, data: st.DataObject, how: str, share: float) -> None:
        used = data.draw(st.sampled_from([each for each in self.used if each.place]))
        place = used.place
        assert place is not None
        before, now = place.ready, self.clock.now
        if used in self.line:
            if how != "never sent":
                return  # it has not been out
            self.line.remove(used)
        content = None
        if how == "never sent":
            place.settle(None, now)
        elif how == "not sent":
            place.settle(outcome(None, sent="no"), now)
        elif how == "answered":
            spent = int(used.tokens * share)
            content = b'{"usage": {"total_tokens": %d}}' % spent
            place.settle(outcome(200, content=content), now)
            place.settle(None, now)  # does nothing
            self.give(used, requests=0, tokens=used.tokens - spent)
        elif how == "broken":
            place.settle(outcome(None, sent="maybe"), now)
        if before and how in ("never sent", "not sent"):
            self.give(used, requests=1, tokens=used.tokens)
        used.place = None
        place.notify = None
        if before and self.line and self.limit.concurrency is not None:
            first = self.line.pop(0)
            assert self.rung == [first], "the first in line is told, once"
            assert first.slot
            self.rung.clear()
            self.counted(first)
        assert not self.rung

    def counted(self, used: Used) -> None:
        """One that stood in line has a slot: only now is it counted."""
        place, then = used.place, used.then
        assert place is not None
        assert then is not None
        latest = max(0.0, used.until - self.clock.now)
        tokens = used.tokens
        if not self.granted(lambda: then(asked(self.clock.now)), tokens, latest, used):
            used.tokens = used.requests = 0.0
            place.settle(None, self.clock.now)
            used.place = None
            if self.line:
                first = self.line.pop(0)
                assert self.rung == [first]
                self.rung.clear()
                self.counted(first)

    def give(self, used: Used, requests: float, tokens: float) -> None:
        used.requests -= requests
        used.tokens -= tokens
        if used.at > self.moment:  # nothing of it was ever there
            used.kept_requests -= requests
            used.kept -= tokens
        elif self.limit.algorithm == "token bucket":
            self.late += self.moment - used.at

    @rule(seconds=SECONDS)
    def goes_on(self, seconds: float) -> None:
        self.clock.go(seconds)

    @precondition(lambda self: hasattr(self, "limit") and not any(u.place for u in self.used))
    @rule()
    def moves_to_another_machine(self) -> None:
        """The state is taken to a machine whose clock has just begun."""
        self.pickled()
        before = self.state.latest
        if before < 10:
            return
        self.clock.restart()
        self.limit.state.give_back(self.limit, "", 0, 0, self.clock.now, Wait(0))
        assert self.moment == self.clock.now
        for each in self.used:
            each.at -= before - self.moment

    @rule()
    def pickled(self) -> None:
        self.state.by_scope = pickle.loads(pickle.dumps(self.state)).by_scope

    @invariant()
    def never_too_much(self) -> None:
        """In no stretch of time goes out more than was agreed."""
        if not hasattr(self, "limit"):
            return
        for what in ("requests", "tokens"):
            most: float | None = getattr(self.limit, what)
            if most is None:
                continue
            entries = self.entries(what, least=True)
            for number, (begin, _) in enumerate(entries):
                total = 0.0
                for when, much in entries[number:]:
                    total += much
                    if self.limit.algorithm == "sliding window":
                        allowed = most if when < begin + PERIOD - TINY else inf
                    else:
                        allowed = most + (when - begin + self.late) * most / PERIOD
                    assert total <= allowed + TINY, f"{total} of {allowed} {what}"

    @invariant()
    def never_too_many(self) -> None:
        if not hasattr(self, "limit"):
            return
        limit = self.limit
        if limit.concurrency is None:
            return
        holders = sum(each.slot for each in self.used)
        assert holders <= limit.concurrency
        assert not self.line or holders == limit.concurrency
        for stats in limit.stats(self.clock.now):
            assert (stats.under_way, stats.in_line) == (holders, len(self.line))


TestLimit = LimitMachine.TestCase
TestLimit.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
