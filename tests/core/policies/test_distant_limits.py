"""A limit whose state is on another machine: what is taken there is given back once, or not at all."""

from typing import Any, Final

import pytest

from api_openai import PolicyRefusedError, Timeout
from api_openai.core.api.operations import models
from api_openai.core.call.policy import Asked, AttemptOutcome
from api_openai.core.policies.pace import Pace
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import APIConnectionError
from api_openai.policies import Amounts, Denied, Elsewhere, LimitStats, NotYet, RateLimit, Wait

from ...support.scripted import Script, exchange

OPERATION: Final = models.list_()
NOBODY: Final = NotYet(1.0, "nobody answers")
GRANT: Final = Wait(2.0, "a turn")


class Distant:
    """A state that grants or refuses elsewhere."""

    def __init__(self, answer: Wait | Denied) -> None:
        self.answer = answer
        self.given: list[tuple[float, float, Wait]] = []

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Elsewhere:
        return Elsewhere(lambda: self.answer)

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
        self.given.append((requests, tokens, granted))

    def hold(self, limit: Amounts, scope: str, seconds: float, now: float, /) -> None: ...

    def learn(self, limit: Amounts, scope: str, said: Any, now: float, /) -> None: ...

    def stats(self, now: float | None = None, /) -> tuple[LimitStats, ...]:
        return ()


def outcome(error: APIConnectionError | None, content: bytes | None = None) -> AttemptOutcome:
    status = None if error else 200
    return AttemptOutcome(OPERATION, Endpoint(), error, status, None, True, content=content)


def asked(state: Distant, **options: Any) -> Elsewhere:
    """What a limit over the state answers."""
    limit = RateLimit(requests=5, tokens=50, cost=lambda _: 10, state=state, **options)
    answer = limit.reserve(Asked(OPERATION, 1, 0.0))
    assert isinstance(answer, Elsewhere)
    return answer


def test_a_grant_is_used() -> None:
    state = Distant(GRANT)
    answer = asked(state, longest_wait=7.0)
    assert answer.ask() == Wait(2.0, "a turn", answer.place, 7.0)
    assert answer.place is not None
    answer.place.settle(outcome(None), 1.0)
    answer.place.settle(None, 1.0)
    assert state.given == []


def test_what_was_not_sent_is_given_back_once() -> None:
    state = Distant(GRANT)
    answer = asked(state)
    answer.ask()
    assert answer.place is not None
    for _ in range(2):
        answer.place.settle(outcome(APIConnectionError("refused", sent="no")), 1.0)
    assert state.given == [(1, 10, GRANT)]


def test_tokens_that_were_not_used_are_given_back() -> None:
    state = Distant(GRANT)
    answer = asked(state)
    answer.ask()
    assert answer.place is not None
    answer.place.settle(outcome(None, b'{"usage": {"total_tokens": 13}}'), 1.0)
    assert state.given == [(0, -3, GRANT)]


def test_a_refusal_gives_nothing_back() -> None:
    state = Distant(Denied("used up", 3.0))
    answer = asked(state)
    assert answer.ask() == Denied("used up", 3.0)
    assert answer.place is not None
    answer.place.settle(None, 1.0)
    assert state.given == []


@pytest.mark.parametrize("grant", [GRANT, Denied("used up")])
def test_a_call_that_is_given_up_while_it_asks(grant: Wait | Denied) -> None:
    """The grant comes when nobody wants it any more."""
    state = Distant(grant)
    answer = asked(state)
    assert answer.place is not None
    answer.place.settle(None, 1.0)
    assert state.given == []
    answer.ask()
    assert state.given == ([(1, 10, GRANT)] if isinstance(grant, Wait) else [])


def test_slots_are_this_process_s_own() -> None:
    state = Distant(GRANT)
    limit = RateLimit(requests=5, concurrency=1, state=state)
    first, second = (limit.reserve(Asked(OPERATION, 1, 0.0)) for _ in range(2))
    assert isinstance(first, Elsewhere)
    assert isinstance(second, Wait)
    assert first.place is not None
    assert second.place is not None
    assert [first.place.ready, second.place.ready] == [True, False]
    first.place.settle(None, 1.0)
    assert second.place.ready
    assert second.then is not None
    then = second.then(Asked(OPERATION, 1, 1.0))
    assert isinstance(then, Elsewhere), "who has a slot asks the other machine"
    assert isinstance(found := then.ask(), Wait)
    assert found.place is second.place


class Silent(Distant):
    """A state that nobody answers for, so many times."""

    def __init__(self, times: int, answer: Wait | Denied = GRANT) -> None:
        super().__init__(answer)
        self.times = times
        self.asked: list[float] = []

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Elsewhere:
        self.asked.append(latest)
        return Elsewhere(lambda: NOBODY if len(self.asked) <= self.times else self.answer)


def listed(state: Distant, timeout: Timeout | None = None, **options: Any) -> Any:
    limit = RateLimit(requests=5, state=state, **options)
    script = Script(exchange({"object": "list", "data": []}), rate_limit=limit)
    listing: Any = script.client.models.with_raw_response.list(timeout=timeout)
    return script.run(listing)


def test_a_call_waits_until_somebody_answers() -> None:
    """As long as it takes: there are no frames for each time."""
    state = Silent(2000)
    (attempt,) = listed(state).attempts
    assert len(state.asked) == 2001
    assert attempt.held == pytest.approx(2002)
    assert attempt.admitted.startswith("nobody answers; waited 1 s")
    assert state.given == []


def test_it_waits_as_long_as_the_limit_says() -> None:
    state = Silent(3, Denied("used up"))
    with pytest.raises(PolicyRefusedError, match="used up"):
        listed(state, longest_wait=2.5)
    assert state.asked == pytest.approx([2.5, 1.5, 0.5, 0.0])


def test_it_waits_no_longer_than_its_deadline() -> None:
    with pytest.raises(PolicyRefusedError, match="nobody answers, and the deadline is in"):
        listed(Silent(9), timeout=Timeout(total=3.5))


def test_one_that_is_given_up_while_it_waits_gives_nothing_back() -> None:
    state = Silent(1)
    answer = asked(state)
    found = answer.ask()
    assert isinstance(found, Wait)
    assert found.then is not None
    assert answer.place is not None
    answer.place.settle(None, 1.0)
    assert state.given == []


class OpenedAtOnce:
    """A place in a line that another thread has made ready before anybody could wait for it."""

    ready = True
    notify: Any = None
    settled = 0

    def settle(self, outcome: AttemptOutcome | None, now: float) -> None:
        self.settled += 1


class Lined(Distant):
    """A state that has calls stand in a line first."""

    def __init__(self, answer: Wait | Denied) -> None:
        super().__init__(answer)
        self.place = OpenedAtOnce()
        self.heard = 0

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Any:
        def then(_: Asked) -> Wait | Denied:
            self.heard += 1
            return self.answer

        return Wait(0.0, "in line", self.place, then=then)


@pytest.mark.parametrize("paced", [False, True])
def test_what_came_of_a_line_is_heard_though_it_is_over_already(paced: bool) -> None:
    state = Lined(Denied("none is left"))
    limit: Any = RateLimit(requests=5, state=state)
    script = Script(rate_limit=Pace(inner=limit) if paced else limit)
    listing: Any = script.client.models.with_raw_response.list()
    with pytest.raises(PolicyRefusedError, match="none is left"):
        script.run(listing)
    assert state.heard == 1


def test_a_call_that_gives_up_in_line_leaves_it() -> None:
    state = Lined(GRANT)
    answer = RateLimit(requests=5, state=state).reserve(Asked(OPERATION, 1, 0.0))
    assert isinstance(answer, Wait)
    assert answer.place is not None
    answer.place.settle(None, 0.0)
    assert state.place.settled == 1
    assert state.given == []
