"""Policies in the program of a call: when they are asked, what they are told, what follows."""

from typing import TYPE_CHECKING, Any

import pytest

from api_openai.core.call.policy import Again, Denied, Listens, Policies, Wait
from api_openai.core.http.body import IterableBody
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, InternalServerError

from ...support.calls import (
    BUSY,
    ENDPOINT,
    OK,
    POST,
    RecordingPolicies,
    carry_out,
    fails,
    policies_of,
    settings_with,
)
from ...support.port import ASKED, Asked, Pause, ScriptedPort

if TYPE_CHECKING:
    from api_openai.core.call.trace import TraceEvent


def test_policies_are_asked_in_their_order() -> None:
    other = Endpoint("http://other.test")
    ear = RecordingPolicies(Again(2.5, "busy"), endpoints=[ENDPOINT, other])
    port = ScriptedPort([BUSY], [OK])
    reply = carry_out(port, settings=settings_with(policies=policies_of(ear)))
    before = ["reserve", "routes 1", "allow api.test"]
    failed = [*["record"] * 4, "judge 1"]
    after = ["reserve", "routes 2", "allow other.test"]
    assert ear.heard == [*before, *failed, *after, *["record"] * 4]
    assert port.sleeps == [2.5]
    assert [attempt.outcome for attempt in reply.attempts] == ["answered 503", "answered 200"]
    assert [attempt.endpoint for attempt in reply.attempts] == [
        "http://api.test:80",
        "http://other.test:80",
    ]
    assert reply.attempts[0].reason == "busy"


def test_a_policy_is_told_what_happened() -> None:
    ear = RecordingPolicies()
    port = ScriptedPort([BUSY])
    port.chance = 0.25
    fails(port, settings=settings_with(policies=policies_of(ear), timeout=Timeout(total=7)))
    (outcome,) = ear.outcomes
    assert outcome.status == 503
    assert outcome.headers is not None
    assert outcome.headers["retry-after"] == "1"
    assert isinstance(outcome.error, InternalServerError)
    assert outcome.replayable
    assert outcome.operation is POST
    assert (ear.left, ear.chance) == (7, 0.25)


@pytest.mark.parametrize(("wants", "told"), [(True, 2), (False, 0), ("failures", 1)])
def test_a_policy_says_what_it_wants_to_be_told_of(wants: Listens, told: int) -> None:
    class Judge(RecordingPolicies):
        listens = wants

    ear = Judge(Again(0))
    settings = settings_with(policies=Policies(retry=ear))
    reply = carry_out(ScriptedPort([BUSY, ASKED, OK]), settings=settings)
    assert ear.heard == [*["record"] * (told > 0), "judge 1", *["record"] * (told > 1)]
    assert [each.outcome for each in reply.attempts] == ["answered 503", "answered 200"]


def test_an_error_lists_its_attempts() -> None:
    ear = RecordingPolicies(Again(1), Again(1))
    port = ScriptedPort(APIConnectionError("refused", sent="no"), [BUSY, ASKED, b""])
    error = fails(port, settings=settings_with(policies=policies_of(ear)))
    assert isinstance(error, APIConnectionError)
    assert [attempt.number for attempt in error.attempts] == [1, 2, 3]
    outcomes = [attempt.outcome for attempt in error.attempts]
    assert outcomes[:2] == ["not sent: refused", "answered 503"]
    assert outcomes[2].startswith("no answer: ")
    assert error.attempts[-1].reason == "enough"


def test_attempts_take_the_time_they_take() -> None:
    ear = RecordingPolicies(Again(100))
    port = ScriptedPort([Pause(2), BUSY, ASKED, Pause(3), OK])
    reply = carry_out(port, settings=settings_with(policies=policies_of(ear)))
    assert [attempt.seconds for attempt in reply.attempts] == [2, 3]


@pytest.mark.parametrize("once", [True, False])
def test_only_a_body_that_replays_is_sent_again(once: bool) -> None:
    pieces = [b"a", b"b"]
    operation = Operation[Any, Any](
        name="put",
        method="PUT",
        path="/x",
        answer=JsonAnswer(object),
        body=IterableBody(iter(pieces) if once else pieces, "body"),
    )
    ear = RecordingPolicies(Again(0))
    end = Asked(b"0\r\n\r\n")
    port = ScriptedPort([end, BUSY, end, OK])
    settings = settings_with(policies=policies_of(ear))
    if once:
        error = fails(port, operation, settings)
        assert isinstance(error, APIStatusError)
        assert error.attempts[0].reason == "the request's body cannot be sent twice"
        assert not ear.outcomes[0].replayable
    else:
        carry_out(port, operation, settings)
        assert port.conns[0].sent.count(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n") == 2


def test_all_attempts_of_a_call_have_one_idempotency_key() -> None:
    ear = RecordingPolicies(Again(0), Again(0))
    port = ScriptedPort([BUSY, ASKED, BUSY, ASKED, OK, ASKED, OK])
    settings = settings_with(policies=policies_of(ear))
    carry_out(port, settings=settings)
    carry_out(port, settings=settings)
    keys = [
        line.split(b": ")[1]
        for line in bytes(port.conns[0].sent).split(b"\r\n")
        if line.lower().startswith(b"idempotency-key")
    ]
    assert len(keys) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


def test_no_idempotency_key_without_retries() -> None:
    port = ScriptedPort([OK])
    carry_out(port)
    assert b"idempotency-key" not in port.conns[0].sent.lower()


def test_the_rate_limit_makes_a_call_wait() -> None:
    ear = RecordingPolicies()
    ear.place = Wait(3, "full")
    events: list[TraceEvent] = []
    port = ScriptedPort([OK])
    carry_out(port, settings=settings_with(policies=policies_of(ear), trace=events.append))
    assert port.sleeps == [3]
    assert [event.detail for event in events if event.kind == "policy.wait"] == ["full"]


@pytest.mark.parametrize("who", ["place", "allowed"])
def test_what_a_policy_refuses_is_not_sent(who: str) -> None:
    ear = RecordingPolicies()
    setattr(ear, who, Denied("no quota"))
    port = ScriptedPort()
    error = fails(port, settings=settings_with(policies=policies_of(ear)))
    assert isinstance(error, APIConnectionError)
    assert (error.sent, error.operation) == ("no", "chat.create")
    assert "no quota" in str(error)
    assert port.log == []


def test_a_call_that_is_no_failure_is_not_judged() -> None:
    ear = RecordingPolicies(Again(0))
    carry_out(ScriptedPort([OK]), settings=settings_with(policies=policies_of(ear)))
    assert not any(word.startswith("judge") for word in ear.heard)
