"""A server with a limit, workers that a `Pace` holds, and a clock that jumps: what a run would be like."""

import heapq
from collections.abc import Callable
from math import inf
from typing import Any, Final

from api_openai.core.call.policy import Denied, Wait
from api_openai.core.policies.pace import Pace

from ...support.outcomes import asked, outcome

Answer = Wait | Denied
ROUNDING: Final = 1e-9


class Simulation:
    """So many rows by so many workers, through a token bucket that refuses with `Retry-After`."""

    def __init__(
        self,
        pace: Pace,
        rows: int,
        workers: int,
        *,
        rate: float = 100.0,
        burst: float = 50.0,
        after: float = 2.0,
        latency: float = 0.002,
    ) -> None:
        self.pace = pace
        self.left = rows
        self.rate, self.burst, self.after = rate, burst, after
        self.half = latency / 2
        self.now = 0.0
        self.done = self.sent = self.early = self.refused = 0
        self.sends: list[float] = []
        self.open_again = -inf
        """What the client has been told, once it knows."""
        self._tokens, self._filled = burst, 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        for _ in range(workers):
            self._take()
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()

    @property
    def requests_per_row(self) -> float:
        return self.sent / self.done

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, event))

    def _take(self) -> None:
        if self.left:
            self.left -= 1
            self._ask(self.pace.reserve)

    def _ask(self, ask: Callable[[Any], Any]) -> None:
        answer: Answer = ask(asked(self.now))
        if isinstance(answer, Denied):
            return
        if answer.then is not None:
            then = answer.then
            self._after(answer.seconds, lambda: self._ask(then))
            return
        assert answer.seconds == 0
        began = self.now
        self.sends.append(began)
        self.early += began < self.open_again - ROUNDING
        self._after(self.half, lambda: self._arrives(began))

    def _arrives(self, began: float) -> None:
        self.sent += 1
        self._tokens = min(self.burst, self._tokens + (self.now - self._filled) * self.rate)
        self._filled = self.now
        if self._tokens >= 1:
            self._tokens -= 1
            self._after(self.half, self._answered)
        else:
            self.refused += 1
            self._after(self.half, lambda: self._is_refused(began))

    def _answered(self) -> None:
        self.pace.answers += 1
        self.done += 1
        self._take()

    def _is_refused(self, began: float) -> None:
        headers = {"retry_after": repr(self.after)}
        self.pace.record(outcome(429, headers=headers, began=began, ended=self.now), self.now)
        self.open_again = max(self.open_again, self.now + self.after)
        self._ask(self.pace.reserve)
