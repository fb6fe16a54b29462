"""`RateLimit`: so many requests and tokens in a time, so many calls at once."""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, Literal

import msgspec

from ..call.policy import Asked, AttemptOutcome, Denied, Elsewhere, Place, Wait
from ..request.operation import Operation
from ..terms.rate_limits import RateLimits
from ..terms.retry_after import asked_wait
from . import checks
from .limit_state import MOST_SCOPES, Amounts, LimitState, LimitStats, LocalLimits, NotYet
from .slots import Slots
from .token_counts import estimated_tokens, used_tokens

__all__ = ["RateLimit"]

Cost = Callable[[Operation[Any, Any]], float]
Scope = Callable[[Operation[Any, Any]], str]


class RateLimit(Amounts, frozen=True, kw_only=True, eq=False):
    """Holds calls back so that no more go out than were agreed.

    At most `requests` and `tokens` in `seconds`, and `concurrency` calls at once (a stream counts until
    it is over). `token bucket` fills steadily and lets `burst`, a share of the limit, through at once;
    `sliding window` never lets more than the limit through in any `seconds`. A call that does not fit
    waits, up to its deadline and `longest_wait` seconds, or with `when_full="refuse"` is refused at
    once: a `PolicyRefusedError`, unsent. Who waits is served in the order of coming; who stands in line
    behind `concurrency` is counted once his turn has come.

    Tokens are counted by `cost(operation)`: by default a quarter of the characters of the JSON body,
    and the most that may be generated, if the request says so. What the answer says was used takes
    their place when it has been read whole. `scope(operation)` names the limit that applies to a call,
    such as its model; by default all share one. With `learns` the server's `x-ratelimit-*` and
    `retry-after` count too. `ValueError` for settings out of their range.
    """

    concurrency: int | None = None
    when_full: Literal["wait", "refuse"] = "wait"
    longest_wait: float = inf
    learns: bool = False
    cost: Cost = estimated_tokens
    scope: Scope | None = None
    state: LimitState = msgspec.field(default_factory=LocalLimits)
    """How much is used; limits may share it, each with amounts of its own."""
    slots: dict[str, Slots] = msgspec.field(default_factory=dict[str, Slots])
    """The calls under way, by scope; always this process's own."""

    def __post_init__(self) -> None:
        if not self.learns and (self.requests, self.tokens, self.concurrency) == (None,) * 3:
            raise ValueError(
                "RateLimit requests, tokens, concurrency, learns: expected one of them at least"
            )
        for name in ("requests", "tokens"):
            if getattr(self, name) is not None:
                checks.seconds("RateLimit", name, getattr(self, name), above=True)
        if self.concurrency is not None:
            checks.count("RateLimit", "concurrency", self.concurrency, least=1)
        checks.seconds("RateLimit", "seconds", self.seconds, above=True)
        if self.longest_wait != inf:
            checks.seconds("RateLimit", "longest_wait", self.longest_wait)
        checks.share("RateLimit", "burst", self.burst)
        if self.requests is not None and self.requests < 1:
            raise ValueError(
                f"RateLimit requests={self.requests!r}: expected 1 or more; fewer are a matter of seconds"
            )
        if self.requests is not None and self.requests * self.burst < 1:
            raise ValueError(
                f"RateLimit burst={self.burst!r}: expected a share of {self.requests:g} requests that "
                "one of them fits into"
            )
        kinds = ("token bucket", "sliding window")
        checks.one_of("RateLimit", "algorithm", self.algorithm, kinds)
        checks.switch("RateLimit", "learns", self.learns)
        for name in ("cost", "scope"):
            value = getattr(self, name)
            if not callable(value) and (name, value) != ("scope", None):
                raise TypeError(f"RateLimit {name}={value!r}: expected a function of an operation")
        checks.one_of("RateLimit", "when_full", self.when_full, ("wait", "refuse"))

    def reserve(self, asked: Asked, /) -> Wait | Denied | Elsewhere:
        """Take a place for one attempt: when it may go out, or why it may not."""
        operation = asked.operation
        scope = "" if self.scope is None else self.scope(operation)
        tokens = 0.0 if self.tokens is None else self.cost(operation)
        if not tokens >= 0:  # not a number would be in the bucket for good
            raise ValueError(f"RateLimit cost: expected 0 tokens or more, and it said {tokens!r}")
        refuses = self.when_full == "refuse"
        latest = 0.0 if refuses else min(asked.left, self.longest_wait)
        place = HeldPlace(self, scope, tokens)
        if self.concurrency is not None:
            place.slots = slots = self.slots.get(scope) or self._slots(scope)
            place.ready = False
            if slots.most != self.concurrency:
                slots.hold(self.concurrency)
            if slots.busy >= slots.most:
                if latest <= 0:
                    return Denied(f"{slots.most} calls are under way, which is the limit")
                # Counted when it has a slot: counted now, it might go out with those of later.
                slots.enter(place)
                until = asked.now + self.longest_wait
                return Wait(0.0, "", place, self.longest_wait, partial(place.count, until))
        answer = place.grant(asked.now, latest)
        if place.slots is not None and not isinstance(answer, Denied):
            place.slots.enter(place)
        return answer

    def _slots(self, scope: str) -> Slots:
        if len(self.slots) >= MOST_SCOPES:
            for unused in [each for each, slots in self.slots.items() if slots.unused]:
                del self.slots[unused]
        self.slots[scope] = slots = Slots(self.concurrency or 1)
        return slots

    @property
    def listens(self) -> bool:
        """Whether it wants to be told how attempts end."""
        return self.learns

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn what the server says of its limits."""
        if outcome.headers is None:
            return
        scope = "" if self.scope is None else self.scope(outcome.operation)
        said = RateLimits.of(outcome.headers, outcome.wall)
        if said is not None:
            self.state.learn(self, scope, said, now)
        if outcome.status == 429:
            seconds = asked_wait(outcome.headers, outcome.wall)
            if seconds:
                self.state.hold(self, scope, seconds, now)

    def stats(self, now: float | None = None) -> tuple[LimitStats, ...]:
        """How much of each scope is used at `now`, as of the last call without it."""
        found = {each.scope: each for each in self.state.stats(now)}
        for scope, slots in [*self.slots.items()]:
            known = found.get(scope) or LimitStats(scope=scope)
            found[scope] = msgspec.structs.replace(
                known, under_way=slots.busy, in_line=len(slots.line)
            )
        return tuple(found.values())


class HeldPlace(msgspec.Struct, eq=False):
    """What one attempt has taken: a request, its tokens, a slot."""

    limit: RateLimit
    scope: str
    tokens: float
    slots: Slots | None = None
    ready: bool = True
    """Whether its turn among those under way has come."""
    notify: Callable[[], object] | None = None
    over: bool = False
    granted: Wait | None = None
    """What the state has granted; `None` where it has refused, or not answered yet."""
    line: Place | None = None
    """Where it stands with the state, until that has granted it something."""
    first: dict[None, str] | None = None
    """With another machine, what came first, the grant or the end; who comes second gives back."""

    def grant(self, now: float, latest: float) -> Wait | Denied | Elsewhere:
        """Take a request and its tokens, at most `latest` seconds from `now`."""
        limit = self.limit
        answer = limit.state.reserve(limit, self.scope, self.tokens, now, latest)
        return self._said(answer, now, now + latest)

    def _said(
        self, answer: Wait | Denied | Elsewhere, now: float, until: float
    ) -> Wait | Denied | Elsewhere:
        """What the state's answer means for the attempt."""
        if isinstance(answer, Denied):
            return answer
        if isinstance(answer, Elsewhere):
            self.first = {}
            self.line = answer.place
            return Elsewhere(partial(self.ask, answer.ask, now, until), self)
        longest = self.limit.longest_wait
        if isinstance(answer, NotYet):
            return Wait(answer.seconds, answer.reason, self, longest, partial(self.count, until))
        if answer.then is not None:
            self.line = line = answer.place
            place = None if line is None else Behind(self, line)
            then = partial(self.come, answer.then, until)
            return Wait(answer.seconds, answer.reason, place, longest, then)
        self.granted, self.line = answer, None
        return Wait(answer.seconds, answer.reason, self, longest)

    def come(
        self, then: Callable[[Asked], Wait | Denied | Elsewhere], until: float, asked: Asked
    ) -> Wait | Denied | Elsewhere:
        """Hear what came of the line that the state has let it stand in."""
        return self._said(then(asked), asked.now, until)

    def count(self, until: float, asked: Asked) -> Wait | Denied | Elsewhere:
        """Take them now that there is a slot, for a time up to `until`."""
        return self.grant(asked.now, max(0.0, min(asked.left, until - asked.now)))

    def settle(self, outcome: AttemptOutcome | None, now: float) -> None:
        """Give back the slot, and what of the limit was not used; does nothing the second time."""
        if self.over:
            return
        self.over = True
        if self.slots is not None:
            self.slots.leave(self)
        if self.line is not None:
            self.line.settle(outcome, now)
        if self.first is None or self.first.setdefault(None, "end") == "grant":
            self._give_back(outcome, now)

    def ask(self, ask: Callable[[], Wait | Denied], now: float, until: float) -> Wait | Denied:
        """Ask another machine for the grant: in another thread than `settle`, without a lock."""
        answer = ask()
        if isinstance(answer, Denied):
            return answer
        if isinstance(answer, NotYet):
            again = partial(self.count, until)
            return Wait(answer.seconds, answer.reason, self, self.limit.longest_wait, again)
        self.granted = answer
        if self.first is not None and self.first.setdefault(None, "grant") == "end":
            self._give_back(None, now)
        return Wait(answer.seconds, answer.reason, self, self.limit.longest_wait)

    def _give_back(self, outcome: AttemptOutcome | None, now: float) -> None:
        """Give back what of the limit was not used, if it was granted at all."""
        limit, granted = self.limit, self.granted
        if granted is None:
            return
        if outcome is None or (outcome.error is not None and outcome.sent == "no"):
            limit.state.give_back(limit, self.scope, 1, self.tokens, now, granted)
        elif limit.tokens is not None and outcome.content is not None:
            used = used_tokens(outcome.content)
            if used is not None and used != self.tokens:
                limit.state.give_back(limit, self.scope, 0, self.tokens - used, now, granted)


class Behind:
    """The place of an attempt that stands in line with the state: ready when that says so."""

    def __init__(self, place: HeldPlace, line: Place) -> None:
        self._place = place
        self._line = line

    @property
    def ready(self) -> bool:
        """Whether it need not stand there any longer."""
        return self._line.ready

    @property
    def notify(self) -> Callable[[], object] | None:
        """Called once it is ready."""
        return self._line.notify

    @notify.setter
    def notify(self, value: Callable[[], object] | None) -> None:
        self._line.notify = value

    def settle(self, outcome: AttemptOutcome | None, now: float) -> None:
        """Give back what the attempt has."""
        self._place.settle(outcome, now)
