"""A limit whose state is on another machine: what is taken there is given back once, or not at all."""

from typing import Any, Final

import pytest

from api_openai.core.api.operations import models
from api_openai.core.call.policy import Asked, AttemptOutcome
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import APIConnectionError
from api_openai.policies import Amounts, Denied, Elsewhere, LimitStats, RateLimit, Wait

OPERATION: Final = models.list_()
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
