"""A pace: what a refusal means for all, how fast calls go out, and where they end."""

from collections import Counter
from functools import partial
from itertools import pairwise
from threading import Lock, Thread
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from api_openai.core.call.policy import Denied, Elsewhere, Policies, Wait
from api_openai.core.policies.pace import FULL, GROWTH, LEAST, Pace
from api_openai.core.policies.rate_limit import RateLimit

from ...support.calls import OK, carry_out, settings_with
from ...support.outcomes import SECONDS, Clock, asked, outcome
from ...support.port import ASKED, ScriptedPort
from .pacing import Simulation

FIRST_OF_400 = {"rows": 400, "workers": 400}


def refused(pace: Pace, now: float, status: int = 429, **known: Any) -> None:
    """Let the server refuse what went out just now; header fields have `_` for `-`."""
    code, headers = known.pop("code", ""), known
    pace.record(
        outcome(status, code=code, headers=headers, began=now, ended=now, wall=1e9 + now), now
    )


def answered(pace: Pace, count: int) -> None:
    pace.answers += count


def waits(pace: Pace, now: float) -> float:
    answer: Any = pace.reserve(asked(now))
    assert isinstance(answer, Wait)
    return answer.seconds


# Whole runs.


def test_a_run_of_which_nothing_is_known() -> None:
    run = Simulation(Pace(), **FIRST_OF_400)
    assert (run.done, run.early) == (400, 0)
    assert run.requests_per_row <= 1.5
    assert run.now <= 1.1 * 5.5, "one Retry-After, and the rest at the rate"
    assert run.pace.requests == run.pace.granted == run.sent
    assert run.pace.held == pytest.approx(2)


def test_a_run_with_a_known_rate() -> None:
    run = Simulation(Pace(limit=100.0), **FIRST_OF_400)
    assert (run.done, run.early, run.refused) == (400, 0, 0)
    assert run.now <= 1.1 * 3.5
    run = Simulation(Pace(limit=110.0), **FIRST_OF_400)
    assert (run.done, run.early) == (400, 0)
    assert run.requests_per_row <= 1.1


@pytest.mark.parametrize("latency", [0.001, 0.05, 0.5])
@pytest.mark.parametrize("workers", [1, 20, 200])
def test_runs_of_other_clients(workers: int, latency: float) -> None:
    run = Simulation(Pace(), 400, workers, latency=latency)
    assert (run.done, run.early) == (400, 0)
    assert run.requests_per_row <= 1.5


@pytest.mark.parametrize(
    ("rows", "server", "most", "slower"),
    [
        (4_000, {"rate": 100, "burst": 50}, 1.01, 1.2),
        (10_000, {"rate": 100, "burst": 50}, 1.01, 1.1),
        (1_000, {"rate": 8, "burst": 8}, 1.05, 1.15),
        (10_000, {"rate": 1000, "burst": 500}, 1.05, 2),
        (5_000, {"rate": 166, "burst": 100, "latency": 1.0}, 1.1, 1.4),
        (10_000, {"rate": 166, "burst": 5_000, "latency": 0.2}, 1.1, 1.3),
        (300, {"rate": 1, "burst": 60, "after": 20}, 1.1, 1.3),
    ],
)
def test_long_runs_find_the_rate(
    rows: int, server: dict[str, float], most: float, slower: float
) -> None:
    run = Simulation(Pace(), rows, 200, **server)
    assert (run.done, run.early) == (rows, 0)
    assert run.requests_per_row <= most
    assert run.now <= slower * (rows - server["burst"]) / server["rate"] + server.get("after", 2)


def test_a_server_without_a_limit_is_not_held_up() -> None:
    run = Simulation(Pace(), 40_000, 200, rate=1e9, burst=1e9)
    assert (run.refused, run.pace.rate, run.pace.held) == (0, None, 0)
    assert run.now <= 40_000 / 200 * 0.002 + 1, "but for the first moments"


@given(
    rate=st.floats(0.5, 500),
    burst=st.integers(1, 300),
    after=st.floats(0.05, 30),
    latency=st.floats(0.001, 2),
    workers=st.integers(1, 100),
    limit=st.none() | st.floats(0.5, 500),
)
@settings(max_examples=60)
def test_nothing_is_early_and_every_run_ends(
    rate: float, burst: int, after: float, latency: float, workers: int, limit: float | None
) -> None:
    pace = Pace(limit=limit)
    run = Simulation(pace, 200, workers, rate=rate, burst=burst, after=after, latency=latency)
    assert (run.done, run.early) == (200, 0)
    assert pace.requests == run.sent
    # A refusal stops all but those that are under way with it. Who asks for less than it takes until
    # there is room for one is asked too often.
    if rate * max(after, 1) >= 1:
        assert run.sent <= 200 * (1.5 + 200 / max(burst, 1)) + 2 * workers


def test_after_a_hold_calls_go_out_one_by_one() -> None:
    run = Simulation(Pace(), **FIRST_OF_400)
    resumed = [at for at in run.sends if at >= 2]
    assert len(resumed) > 300
    gaps = [b - a for a, b in pairwise(resumed)]
    assert min(gaps) >= 0.9 / 110


# One refusal.


def test_a_refusal_holds_all_until_then() -> None:
    pace = Pace()
    assert waits(pace, 0.0) == 0
    refused(pace, 0.1, retry_after="5")
    assert waits(pace, 0.2) == pytest.approx(4.9)
    assert waits(pace, 0.2) > 4.9, "one after the other"
    assert pace.held == 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "5"}, 5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after": "1e300"}, 3600),
        ({"retry_after": "1e-300"}, 0.001),
        ({"retry_after": "soon"}, 1),
        ({}, 1),
    ],
)
def test_how_long_a_refusal_holds(headers: dict[str, Any], seconds: float) -> None:
    pace = Pace()
    waits(pace, 0.0)
    refused(pace, 1.0, **headers)
    assert waits(pace, 1.0) == pytest.approx(seconds)


def test_a_date_holds_until_then() -> None:
    pace = Pace()
    waits(pace, 0.0)
    date: dict[str, Any] = {
        "date": "Sun, 06 Nov 1994 08:49:37 GMT",
        "retry_after": "Sun, 06 Nov 1994 08:49:57 GMT",
    }
    refused(pace, 1.0, **date)
    assert waits(pace, 1.0) == pytest.approx(20)


def test_an_unavailable_server_holds_all_and_does_not_slow_them_down_for_good() -> None:
    pace = Pace()
    waits(pace, 0.0)
    refused(pace, 100.0, 503, retry_after="5")
    assert pace.rate is None
    found = [waits(pace, 100.0) for _ in range(200)]
    assert found[0] == 5
    assert max(Counter(found).values()) <= 40, "not all at once, either"
    assert found[-1] < 6


def test_without_retry_after_only_a_429_holds() -> None:
    for status in (400, 500, 503):
        pace = Pace()
        waits(pace, 0.0)
        refused(pace, 1.0, status)
        assert waits(pace, 1.0) == 0


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_not_active"])
def test_what_waiting_does_not_mend_holds_nobody(code: str) -> None:
    pace = Pace()
    waits(pace, 0.0)
    refused(pace, 1.0, code=code, retry_after="60")
    assert waits(pace, 1.0) == 0
    assert (pace.rate, pace.held, pace.requests) == (None, 0, 1)


def test_a_second_refusal_of_those_that_were_under_way_holds_longer_and_slows_once() -> None:
    pace = Pace()
    for _ in range(100):
        waits(pace, 0.0)
    answered(pace, 90)
    refused(pace, 0.1, retry_after="2")
    assert pace.rate == pytest.approx(90 / (FULL + 0.1))
    pace.record(outcome(429, headers={"retry_after": "2"}, began=0.05, ended=0.3), 0.3)
    assert pace.rate == pytest.approx(150)
    assert waits(pace, 0.3) == pytest.approx(2)
    assert pace.held == pytest.approx(2.2), "what overlaps counts once"


def test_a_later_refusal_voids_the_turns_that_were_given() -> None:
    pace = Pace()
    waits(pace, 0.0)
    refused(pace, 0.0, retry_after="2")
    turns: list[Any] = [pace.reserve(asked(0.0)) for _ in range(50)]
    refused(pace, 2.0, retry_after="3")
    again: list[Any] = [each.then(asked(2.0 + each.seconds)) for each in turns[:2]]
    assert [each.seconds > 0 for each in again] == [True, True]
    assert again[0].seconds == pytest.approx(5 - 2 - turns[0].seconds)


def test_the_pace_is_what_came_in_since_the_last_refusal() -> None:
    pace = Pace()
    waits(pace, 0.0)
    answered(pace, 50)
    refused(pace, 0.2, retry_after="2")
    assert pace.rate == pytest.approx(50 / (FULL + 0.2))
    answered(pace, 440)
    refused(pace, 12.2, retry_after="2")
    assert pace.rate == pytest.approx(440 / 11)
    answered(pace, 10_000)
    refused(pace, 600.0, retry_after="2")
    rate = 10_000 / (600 - 12.2 - 1)
    assert pace.rate == pytest.approx(rate), "long quiet times count whole"


@pytest.mark.parametrize(("retry_after", "rate"), [(None, 1.0), ("0.1", 1.0), ("4", 0.25)])
def test_a_pace_without_answers_is_one_for_each_wait(retry_after: str | None, rate: float) -> None:
    pace = Pace()
    said: dict[str, Any] = {} if retry_after is None else {"retry_after": retry_after}
    for at in (0.0, 10.0, 20.0):
        waits(pace, at)
        refused(pace, at, **said)
    assert pace.rate == rate


def test_it_grows_where_nothing_is_refused() -> None:
    pace = Pace()
    waits(pace, 0.0)
    answered(pace, 100)
    refused(pace, 0.1, retry_after="1")
    assert pace.rate == pytest.approx(100 / (FULL + 0.1))
    for second in range(2, 12):
        waits(pace, float(second))
    assert pace.rate == pytest.approx(100 / (FULL + 0.1) * (1 + GROWTH) ** 9.9)


def test_a_known_rate_is_never_exceeded() -> None:
    pace = Pace(limit=20.0)
    waits(pace, 0.0)
    answered(pace, 1000)
    refused(pace, 0.1, retry_after="1")
    for second in range(2, 100):
        waits(pace, float(second))
    assert pace.rate == 20


def test_a_rate_that_the_server_tells_is_taken() -> None:
    pace = Pace()
    waits(pace, 0.0)
    said: dict[str, Any] = {
        "x_ratelimit_limit_requests": "600",
        "x_ratelimit_remaining_requests": "0",
        "x_ratelimit_reset_requests": "60s",
    }
    refused(pace, 1.0, retry_after="2", **said)
    assert pace.rate == 10
    slow: dict[str, Any] = said | {
        "x_ratelimit_limit_requests": "1",
        "x_ratelimit_reset_requests": "1000000s",
    }
    refused(pace, 4.0, retry_after="2", **slow)
    assert pace.rate == LEAST


# Where it ends.


def test_stop_lets_nothing_more_through() -> None:
    pace = Pace()
    waits(pace, 0.0)
    refused(pace, 0.0, retry_after="2")
    turn: Any = pace.reserve(asked(0.0))
    pace.stop("enough")
    pace.stop("more than that")
    assert turn.then(asked(2.0)) == Denied("enough")
    assert pace.reserve(asked(3.0)) == Denied("enough")


def test_what_would_go_out_after_the_deadline_is_refused_at_once() -> None:
    pace = Pace(until=10.0)
    assert waits(pace, 0.0) == 0
    refused(pace, 1.0, retry_after="30")
    assert isinstance(pace.reserve(asked(1.0)), Denied)
    assert "deadline" in pace.stopped


def test_a_budget_is_never_exceeded() -> None:
    run = Simulation(Pace(most=100), 400, 50)
    assert (run.sent, run.pace.granted) == (100, 100)
    assert run.pace.stopped == "the budget of requests is spent"


def test_a_budget_is_never_exceeded_by_threads() -> None:
    pace, lock = Pace(most=1000), Lock()
    through: list[int] = []

    def work() -> None:
        while True:
            with lock:  # as the program of a call holds it
                answer: Any = pace.reserve(asked(0.0))
            while not isinstance(answer, Denied) and answer.then is not None:
                with lock:
                    answer = answer.then(asked(1e6))
            if isinstance(answer, Denied):
                return
            through.append(1)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == 1000


def test_what_was_not_sent_costs_nothing_of_a_budget() -> None:
    pace = Pace(most=2)
    for at in range(10):
        assert waits(pace, at) == 0
        pace.record(outcome(None, sent="no"), at)
        answer: Any = pace.reserve(asked(at + 0.5))
        answer.place.settle(None, at)  # another policy kept it
        answer.place.settle(None, at)
    assert (pace.granted, pace.requests, pace.stopped) == (0, 0, "")
    answer = pace.reserve(asked(20.0))
    answer.place.settle(outcome(200), 20.0)
    pace.record(outcome(None, sent="maybe"), 20.0)
    assert (pace.granted, pace.requests) == (1, 1)


# The rate limit within.


def test_the_limit_within_is_asked_when_its_time_has_come() -> None:
    pace = Pace(inner=RateLimit(requests=1, seconds=10))
    assert waits(pace, 0.0) == 0
    refused(pace, 0.0, retry_after="2")
    turn: Any = pace.reserve(asked(0.0))
    assert turn.seconds == 2
    inner: Any = turn.then(asked(2.0))
    assert inner.seconds == pytest.approx(8)
    assert inner.then(asked(10.0)) == Wait(0.0, place=inner.place)
    assert pace.granted == 2


def test_a_hold_counts_for_those_that_wait_for_the_limit_within() -> None:
    pace = Pace(inner=RateLimit(requests=1, seconds=10))
    waits(pace, 0.0)
    inner: Any = pace.reserve(asked(1.0))
    assert inner.seconds == 9
    refused(pace, 5.0, retry_after="20")
    held: Any = inner.then(asked(10.0))
    assert held.seconds == pytest.approx(15)
    assert pace.granted == 1
    assert held.then(asked(25.0)).seconds == 0
    assert pace.granted == 2


def test_a_stop_counts_for_those_too() -> None:
    pace = Pace(inner=RateLimit(requests=1, seconds=10))
    waits(pace, 0.0)
    inner: Any = pace.reserve(asked(1.0))
    pace.stop("enough")
    assert inner.then(asked(10.0)) == Denied("enough")


def test_a_refusal_of_the_limit_within_costs_nothing() -> None:
    pace = Pace(inner=RateLimit(requests=1, seconds=10, when_full="refuse"), most=2)
    waits(pace, 0.0)
    assert isinstance(pace.reserve(asked(1.0)), Denied)
    assert (pace.granted, pace.stopped) == (1, "")


def test_places_in_line_of_the_limit_within_go_through() -> None:
    limit = RateLimit(requests=100, concurrency=1)
    pace = Pace(inner=limit)
    first: Any = pace.reserve(asked(0.0))
    line: Any = pace.reserve(asked(0.1))
    assert (line.seconds, line.place.ready) == (0, False)
    first.place.settle(outcome(200), 1.0)
    assert line.place.ready
    found = line.then(asked(1.0))
    assert (found.seconds, found.place) == (0, line.place)
    line.place.settle(outcome(200), 2.0)
    assert limit.stats()[0].under_way == 0


class FarAway:
    """A limit on another machine."""

    def __init__(self, answer: Wait | Denied) -> None:
        self.answer = answer
        self.heard = 0

    def reserve(self, _: Any) -> Elsewhere:
        return Elsewhere(lambda: self.answer)

    def record(self, _: Any, __: float) -> None:
        self.heard += 1


def test_a_limit_on_another_machine() -> None:
    inner = FarAway(Wait(3.0, "over there"))
    pace = Pace(inner=inner)
    answer: Any = pace.reserve(asked(0.0))
    found = answer.ask()
    assert (found.seconds, found.reason, pace.granted) == (3, "over there", 0)
    refused(pace, 1.0, retry_after="9")
    assert inner.heard == 1
    held = found.then(asked(3.0))
    assert held.seconds == pytest.approx(7)
    held.then(asked(10.0))
    assert pace.granted == 1
    inner.answer = Denied("not there either")
    answer = pace.reserve(asked(20.0))
    assert answer.ask() == inner.answer


def test_slots_are_given_back_by_calls_that_were_spaced() -> None:
    limit = RateLimit(concurrency=1, tokens=1000)
    pace = Pace(inner=limit)
    port = ScriptedPort([OK, ASKED, OK])
    options = settings_with(policies=Policies(rate_limit=pace))
    waits_for = pace.reserve(asked(port.time))
    assert isinstance(waits_for, Wait)
    assert waits_for.place is not None
    waits_for.place.settle(None, port.time)
    refused(pace, port.time, retry_after="2")
    for _ in range(2):
        carry_out(port, settings=options)
    [stats] = limit.stats()
    assert (stats.under_way, stats.in_line) == (0, 0)


# Clocks.


@given(
    st.lists(
        st.tuples(
            SECONDS,
            st.sampled_from(("ask", "answer", "refuse", "busy", "lost", "given up", "turn")),
        ),
        max_size=80,
    ),
    st.none() | st.floats(0.1, 100),
)
def test_whatever_happens_it_stays_a_pace(
    steps: list[tuple[float, str]], limit: float | None
) -> None:
    pace, clock, line = Pace(limit=limit), Clock(), list[Any]()
    for seconds, what in steps:
        clock.go(seconds)
        now = clock.now
        timed: Any = partial(outcome, began=now, ended=now)
        match what:
            case "ask":
                line.append(pace.reserve(asked(now)))
            case "turn" if line:
                answer = line.pop()
                if answer.then is not None:
                    line.append(answer.then(asked(now)))
            case "answer":
                pace.record(timed(200), now)
            case "refuse":
                pace.record(timed(429, headers={"retry_after": "2"}), now)
            case "busy":
                pace.record(timed(503, headers={"retry_after": "1e-30"}), now)
            case "lost":
                pace.record(timed(None), now)
            case _:
                pace.record(timed(abandoned=True), now)
        assert pace.rate is None or LEAST <= pace.rate <= (limit or 50_000) or pace.rate == limit
        assert pace.held >= 0
        assert all(each.seconds >= 0 for each in line)
