"""What the script on the server grants: never more than the limit, by its own clock."""

from collections.abc import Callable
from math import inf
from typing import Any, Final, Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_openai.client.limits.redis_limits import Granted, RedisLimits
from api_openai.core.terms.rate_limits import RateLimits
from api_openai.policies import Amounts, Denied, Elsewhere, LocalLimits, Wait

from .conftest import Server

Algorithm = Literal["token bucket", "sliding window"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("token bucket", "sliding window")
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
TINY: Final = 0.01


def ask(
    state: RedisLimits, limit: Amounts, tokens: float = 0.0, latest: float = inf, scope: str = ""
) -> Wait | Denied:
    """Ask for a request, as a call does."""
    answer = state.reserve(limit, scope, tokens, 0.0, latest)
    return answer.ask() if isinstance(answer, Elsewhere) else answer


def granted(answer: Wait | Denied) -> Granted:
    assert isinstance(answer, Granted)
    return answer


def limit_of(algorithm: Algorithm, **amounts: Any) -> Amounts:
    chosen: dict[str, Any] = {"requests": 3, "seconds": 6, "algorithm": algorithm, **amounts}
    return Amounts(**chosen)


# One after the other


@each_algorithm
def test_grants_wait_their_turn(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm)
    waits = [granted(ask(state, limit)).seconds for _ in range(6)]
    each = [2, 4, 6] if algorithm == "token bucket" else [6, 6, 6]
    assert waits == pytest.approx([0, 0, 0, *each], abs=1e-4)
    refused = ask(state, limit, latest=1)
    assert isinstance(refused, Denied)
    assert refused.after is not None
    assert refused.after == pytest.approx(8 if algorithm == "token bucket" else 12, abs=1e-4)
    assert refused.reason.startswith("requests used up: 3 in 6 s, shared; the next fit in")
    still.move(6)
    assert granted(ask(state, limit)).seconds == pytest.approx(refused.after - 6, abs=1e-4)


@each_algorithm
def test_sharers_have_one_limit(still: Server, algorithm: Algorithm) -> None:
    limit = limit_of(algorithm)
    one, two, other = still.sharing("a"), still.sharing("a"), still.sharing("b")
    for state in (one, two, one):
        assert granted(ask(state, limit)).seconds == 0
    assert isinstance(ask(two, limit, latest=0), Denied)
    assert granted(ask(other, limit)).seconds == 0
    assert granted(ask(two, limit, scope="another")).seconds == 0


@each_algorithm
def test_what_never_fits_is_refused(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm, tokens=100)
    refused = ask(state, limit, tokens=101)
    assert refused == Denied("it takes 101 tokens, more than the 100 that may go at once")
    assert granted(ask(state, limit, tokens=100)).seconds == 0
    waits = granted(ask(state, limit, tokens=50)).seconds
    assert waits == pytest.approx(3 if algorithm == "token bucket" else 6, abs=1e-4)


@each_algorithm
def test_nobody_overtakes(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm, requests=10, tokens=100)
    ask(state, limit, tokens=100)
    large, small = (granted(ask(state, limit, tokens=each)) for each in (90, 1))
    assert float(small.moment) >= float(large.moment)


@each_algorithm
def test_a_hold_is_shared(still: Server, algorithm: Algorithm) -> None:
    limit = limit_of(algorithm)
    one, two = still.sharing(f"hold {algorithm}"), still.sharing(f"hold {algorithm}")
    one.hold(limit, "", 30, 0.0)
    assert granted(ask(one, limit)).seconds == pytest.approx(30, abs=1e-4)
    waits = granted(ask(two, limit))
    assert waits.seconds == pytest.approx(30, abs=1e-4)
    assert one.stats()[0].held_for == pytest.approx(30, abs=1e-4)
    still.move(10)
    moments = [float(granted(ask(two, limit)).moment) - still.now for _ in range(4)]
    assert moments[0] == pytest.approx(20, abs=1e-4)
    assert moments[1] >= 22 - 1e-4, "no more than the limit goes out when the hold is over"


@each_algorithm
def test_what_a_server_says_is_left_counts(still: Server, algorithm: Algorithm) -> None:
    limit = limit_of(algorithm, requests=10, tokens=1000)
    state = still.limits()
    said = RateLimits.of({"x-ratelimit-remaining-requests": "1"}, 0.0)
    assert said is not None
    state.learn(limit, "", said, 0.0)
    assert granted(ask(state, limit)).seconds == 0
    assert granted(ask(state, limit)).seconds > 0.5


@each_algorithm
def test_a_limit_that_a_server_tells(still: Server, algorithm: Algorithm) -> None:
    limit, state = Amounts(seconds=6, algorithm=algorithm), still.limits()
    assert granted(ask(state, limit)).seconds == 0
    fields = {"x-ratelimit-limit-requests": "2", "x-ratelimit-remaining-requests": "2"}
    said = RateLimits.of(fields, 0.0)
    assert said is not None
    state.learn(limit, "", said, 0.0)
    waits = [granted(ask(state, limit)).seconds for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert waits[2] > 2


@each_algorithm
def test_what_was_used_beyond_is_owed(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm, requests=None, tokens=100)
    first = granted(ask(state, limit, tokens=10))
    state.give_back(limit, "", 0, -90, 0.0, first)
    waits = granted(ask(state, limit, tokens=50)).seconds
    assert waits == pytest.approx(3 if algorithm == "token bucket" else 6, abs=1e-3)


@each_algorithm
def test_what_was_not_used_is_for_others(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm)
    grants = [granted(ask(state, limit)) for _ in range(3)]
    state.give_back(limit, "", 1, 0, 0.0, grants[2])
    assert [granted(ask(state, limit)).seconds > 0 for _ in range(2)] == [False, True]


@each_algorithm
def test_what_is_forgotten_is_as_new(still: Server, algorithm: Algorithm) -> None:
    state, limit = still.limits(), limit_of(algorithm)
    for _ in range(5):
        ask(state, limit)
    keys = still.redis.keys(f"{{{state.name}:*")
    assert keys
    for key in keys:
        assert 6_000 < still.redis.pttl(key) <= 13_100 + 1000


def test_a_clock_that_is_put_back(still: Server) -> None:
    for algorithm in ALGORITHMS:
        state, limit = still.limits(), limit_of(algorithm)
        for _ in range(3):
            ask(state, limit)
        still.move(-0.5)
        assert isinstance(ask(state, limit, latest=0), Denied)
        still.move(-3600)
        waits = granted(ask(state, limit)).seconds
        assert waits == pytest.approx(2 if algorithm == "token bucket" else 6, abs=1e-3)
        still.move(waits)
        assert granted(ask(state, limit)).seconds <= 2.001


# Whatever is asked


class Use(NamedTuple):
    """What was granted, and how much of it was used in the end."""

    moment: float
    requests: float
    tokens: float


def check(uses: list[Use], limit: Amounts, late: float = 0.0) -> None:
    """No stretch of time has more than the limit."""
    uses = sorted(uses)
    for kind, most in (("requests", limit.requests), ("tokens", limit.tokens)):
        if most is None:
            continue
        for first, one in enumerate(uses):
            total = 0.0
            for each in uses[first:]:
                total += getattr(each, kind)
                seconds = each.moment - one.moment
                if limit.algorithm == "token bucket":
                    allowed = max(1.0, most * limit.burst) + seconds * most / limit.seconds
                elif seconds < limit.seconds - 1e-5:
                    allowed = most
                else:
                    break
                assert total <= allowed + TINY, (kind, one, each, total, allowed)


AMOUNTS: Final = st.builds(
    Amounts,
    requests=st.none() | st.integers(1, 6).map(float),
    tokens=st.integers(10, 60).map(float),
    seconds=st.sampled_from([1.0, 5.0, 60.0]),
    algorithm=st.sampled_from(ALGORITHMS),
    burst=st.sampled_from([1.0, 0.5]),
).filter(lambda each: each.requests is None or each.requests * each.burst >= 1)
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 10), st.sampled_from([0.0, 1.0, inf])),
        st.tuples(st.just("move"), st.sampled_from([0.000001, 0.01, 0.3, 2.0, 20.0, 70.0])),
        st.tuples(st.just("unsent"), st.integers(0, 30)),
        st.tuples(st.just("less"), st.integers(0, 30)),
        st.tuples(st.just("hold"), st.sampled_from([0.5, 5.0])),
    ),
    max_size=40,
)
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(AMOUNTS, STEPS)
def test_never_more_than_the_limit(
    still: Server, limit: Amounts, steps: list[tuple[Any, ...]]
) -> None:
    name = still.limits().name
    sharers = [still.sharing(name), still.sharing(name)]
    open_: list[tuple[Granted, RedisLimits, float]] = []
    uses: list[Use] = []
    for number, (word, *rest) in enumerate(steps):
        state = sharers[number % 2]
        if word == "ask":
            tokens, latest = float(rest[0]), rest[1]
            answer = ask(state, limit, tokens, latest)
            if isinstance(answer, Granted):
                assert answer.seconds <= latest + 1e-5
                open_.append((answer, state, tokens))
        elif word == "move":
            still.move(rest[0])
        elif word == "hold":
            state.hold(limit, "", rest[0], 0.0)
        elif open_:
            grant, owner, tokens = open_.pop(rest[0] % len(open_))
            if word == "unsent":
                owner.give_back(limit, "", 1, tokens, 0.0, grant)
            else:
                owner.give_back(limit, "", 0, tokens / 2, 0.0, grant)
                uses.append(Use(float(grant.moment), 1, tokens / 2))
    uses += [Use(float(each.moment), 1, tokens) for each, _, tokens in open_]
    check(uses, limit)


@quick
@given(
    st.sampled_from(ALGORITHMS),
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.01, 0.5, 2.0, 9.0]),
            st.integers(1, 30),
            st.sampled_from([0.0, 1.0, inf]),
        ),
        max_size=40,
    ),
)
def test_as_in_memory(
    still: Server, algorithm: Algorithm, steps: list[tuple[float, int, float]]
) -> None:
    """With one kind of amount, and nothing given back, both states answer alike."""
    limit = Amounts(tokens=60, seconds=10, algorithm=algorithm)
    shared, local = still.limits(), LocalLimits()
    for seconds, tokens, latest in steps:
        still.move(seconds)
        here = local.reserve(limit, "", tokens, still.now, latest)
        there = ask(shared, limit, tokens, latest)
        if isinstance(there, Denied):
            assert isinstance(here, Denied)
            assert (here.after or 0) == pytest.approx(there.after or 0, abs=1e-3)
        else:
            assert isinstance(here, Wait)
            assert here.seconds == pytest.approx(there.seconds, abs=1e-3)


# Leases


def test_a_lease_saves_questions(still: Server) -> None:
    limit = Amounts(requests=100, seconds=10)
    state = still.limits(lease=10, lease_seconds=1)
    asked = count_scripts(still.redis)
    for _ in range(28):
        assert granted(ask(state, limit)).seconds == 0
    assert count_scripts(still.redis) - asked == 3
    assert granted(ask(state, limit)).seconds == 0
    assert count_scripts(still.redis) - asked == 4, "more is asked for before all is used"
    still.move(1.5)
    ask(state, limit)
    asked = count_scripts(still.redis)
    still.move(1.5)
    ask(state, limit)
    assert count_scripts(still.redis) - asked == 1, "what was leased is too old"


def count_scripts(redis: Any) -> int:
    return int(redis.info("commandstats")["cmdstat_evalsha"]["calls"])


@quick
@given(
    st.sampled_from(ALGORITHMS),
    st.integers(2, 12),
    st.lists(
        st.one_of(
            st.tuples(st.just("ask"), st.sampled_from([0.0, 0.2, inf])),
            st.tuples(st.just("move"), st.sampled_from([0.01, 0.2, 0.6, 3.0])),
            st.tuples(st.just("unsent"), st.integers(0, 30)),
        ),
        max_size=60,
    ),
)
def test_never_more_than_the_limit_with_leases(
    still: Server, algorithm: Algorithm, lease: int, steps: list[tuple[str, Any]]
) -> None:
    """By the time at which each is used, and not by the moment of its grant."""
    limit = Amounts(requests=8, seconds=4, algorithm=algorithm)
    name = still.limits().name
    sharers = [still.sharing(name, lease=lease, lease_seconds=0.5) for _ in range(2)]
    open_: list[tuple[Granted, RedisLimits, float]] = []
    for number, (word, much) in enumerate(steps):
        state = sharers[number % 2]
        if word == "ask":
            answer = ask(state, limit, latest=much)
            if isinstance(answer, Granted):
                assert answer.seconds <= much + 1e-5
                open_.append((answer, state, still.now + answer.seconds))
        elif word == "move":
            still.move(much)
        else:
            waiting = [each for each in open_ if each[2] > still.now]
            if waiting:
                unsent = waiting[int(much) % len(waiting)]
                open_.remove(unsent)
                unsent[1].give_back(limit, "", 1, 0.0, 0.0, unsent[0])
    check([Use(when, 1, 0) for _, _, when in open_], limit)


@pytest.mark.parametrize(
    ("limit", "match"),
    [
        (Amounts(requests=10, tokens=10), r"lease=5: expected 1 with a limit of tokens"),
        (Amounts(requests=60, burst=0.05), r"lease_seconds=3: expected less"),
    ],
)
def test_leases_that_cannot_be(still: Server, limit: Amounts, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        ask(still.limits(lease=5, lease_seconds=3), limit)


# Settings


def made(redis: Any, **options: Any) -> Callable[[], RedisLimits]:
    chosen: dict[str, Any] = {"name": "n", "when_lost": "refuse", **options}
    return lambda: RedisLimits(redis, chosen.pop("name"), **chosen)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"name": ""}, "name=''"),
        ({"when_lost": "hang"}, "when_lost='hang': expected one of 'refuse', 'go on', 'wait'"),
        ({"lease": 0}, "lease=0"),
        ({"lease": 2, "lease_seconds": 0}, "lease_seconds=0"),
    ],
)
def test_settings_out_of_range(still: Server, options: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        made(still.redis, **options)()


@each_algorithm
def test_what_is_given_back_late_may_be_worth_nothing(still: Server, algorithm: Algorithm) -> None:
    """Had it not been granted, the bucket would have been full meanwhile, and no fuller."""
    state, limit = still.limits(), Amounts(tokens=10, seconds=10, algorithm=algorithm)
    unused = granted(ask(state, limit, tokens=10))
    still.move(9)
    others = granted(ask(state, limit, tokens=9))
    state.give_back(limit, "", 1, 10, 0.0, unused)
    last = granted(ask(state, limit, tokens=10))
    check([Use(float(each.moment), 0, n) for each, n in ((others, 9), (last, 10))], limit)
    assert last.seconds > 8


def test_what_is_given_back_of_a_bucket_in_use_is_worth_it_all(still: Server) -> None:
    state, limit = still.limits(), Amounts(tokens=600, seconds=60)
    grants = [granted(ask(state, limit, tokens=60)) for _ in range(10)]
    for _ in range(40):
        still.move(6)
        grants.append(granted(ask(state, limit, tokens=60)))
    state.give_back(limit, "", 0, 50, 0.0, grants[-5])
    assert granted(ask(state, limit, tokens=50)).seconds == 0
    assert granted(ask(state, limit, tokens=50)).seconds == pytest.approx(5, abs=1e-3)


def test_leases_of_two_who_use_them_at_once(still: Server) -> None:
    limit = Amounts(requests=100, seconds=10)
    one, two = (still.sharing("leases", lease=100, lease_seconds=0.5) for _ in range(2))
    uses = [Use(still.now, 1, 0) for _ in range(isinstance(ask(one, limit), Granted))]
    still.move(0.499)
    for state in (one, two):
        while isinstance(ask(state, limit, latest=0), Granted):
            uses.append(Use(still.now, 1, 0))
    check(uses, limit)
    assert 90 < len(uses) <= 106
