"""Tokens that are kept: when they are fetched, renewed, forgotten, and what happens if none comes."""

import pickle
from math import inf, nan
from typing import Any

import pytest

from api_openai import APIConnectionError, InternalServerError, OAuthError, OpenAIError, Secret
from api_openai.auth import FetchedToken, TokenAuth
from api_openai.core.call.run import run
from api_openai.core.request.auth import AuthContext, bearer

from ...support.tokens import NO_FIELDS, Context, late, unsigned


class Counted(TokenAuth):
    """Gives `t1`, `t2`, ...; `seconds` and failures are the test's."""

    def __init__(self, seconds: float = 3600, **options: Any) -> None:
        super().__init__(**options)
        self.seconds = seconds
        self.count = 0
        self.failures: list[Exception] = []

    async def fetch(self, context: AuthContext, /) -> FetchedToken:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return FetchedToken(Secret(f"t{self.count}"), self.seconds)


def token(auth: TokenAuth, context: Context) -> str:
    fields = run(auth.sign(unsigned(), context))
    value = fields["authorization"]
    assert isinstance(value, Secret)
    assert value.reveal().startswith("Bearer ")
    return value.reveal()[7:]


@pytest.mark.parametrize(
    ("seconds", "before", "renewed_at"),
    [(3600, 1200, 2400), (600, 1200, 300), (3600, 0, 3600), (10, 5, 5)],
    ids=["buffer", "half-of-its-life", "no-buffer", "short"],
)
def test_a_token_is_kept_until_shortly_before_its_end(
    seconds: float, before: float, renewed_at: float
) -> None:
    auth, context = Counted(seconds, renew_before=before), Context()
    begin = context.time
    assert token(auth, context) == "t1"
    context.time = begin + renewed_at - 0.001
    assert token(auth, context) == "t1"
    context.time = begin + renewed_at
    assert token(auth, context) == "t2"
    assert auth.count == 2


def test_one_without_an_end_is_kept() -> None:
    auth, context = Counted(inf), Context()
    assert token(auth, context) == "t1"
    context.time += 1e9
    assert token(auth, context) == "t1"


SERVER_DOWN = InternalServerError("down", status_code=503, headers=NO_FIELDS)
REFUSED = OAuthError("no", status_code=401, headers=NO_FIELDS)


@pytest.mark.parametrize("failure", [SERVER_DOWN, APIConnectionError("gone")], ids=["503", "gone"])
def test_one_that_still_has_time_is_used_while_the_server_is_out_of_order(
    failure: Exception,
) -> None:
    auth, context = Counted(), Context()
    begin = context.time
    token(auth, context)
    auth.failures = [failure, failure]
    context.time = begin + 2400
    assert token(auth, context) == "t1"
    context.time += 29.9
    assert token(auth, context) == "t1"
    assert auth.count == 2, "it is not asked at every call"
    context.time += 0.1
    assert token(auth, context) == "t1"
    assert auth.count == 3
    context.time += 30
    assert token(auth, context) == "t4"


def test_one_that_is_over_is_not_used() -> None:
    auth, context = Counted(), Context()
    token(auth, context)
    context.time += 3600
    auth.failures = [SERVER_DOWN]
    with pytest.raises(InternalServerError):
        token(auth, context)
    assert token(auth, context) == "t3"


def test_a_refusal_is_told_at_once() -> None:
    auth, context = Counted(), Context()
    token(auth, context)
    context.time += 2400
    auth.failures = [REFUSED]
    with pytest.raises(OAuthError):
        token(auth, context)


def test_a_caller_that_is_late_is_told_so() -> None:
    auth, context = Counted(), Context()
    token(auth, context)
    context.time += 2400
    context.hurried = True
    auth.failures = [late()]
    with pytest.raises(APIConnectionError, match="too late"):
        token(auth, context)


def test_a_token_that_was_refused_is_forgotten_once() -> None:
    auth, context = Counted(), Context()
    first = bearer(Secret(token(auth, context)))
    assert auth.refused(first) is False
    assert token(auth, context) == "t2"
    assert auth.refused(first) is False, "another attempt has told it already"
    assert token(auth, context) == "t2"
    assert Counted(again_on_401=True).refused(first) is True


@pytest.mark.parametrize("text", ["", "a b", "a\r\nx: y", "é", "\x7f"])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(OpenAIError, match="expected visible ASCII") as caught:
        FetchedToken(Secret(text), 1)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1, nan])
def test_what_is_no_time(seconds: float) -> None:
    with pytest.raises(OpenAIError, match="good for"):
        FetchedToken(Secret("t"), seconds)


@pytest.mark.parametrize("before", [-1, nan, inf, "5", True, None])
def test_what_is_no_buffer(before: Any) -> None:
    with pytest.raises(ValueError, match=r"renew_before=.*: expected seconds of 0 or more"):
        Counted(renew_before=before)


def test_a_fetch_that_returns_something_else_is_named() -> None:
    class Wrong(TokenAuth):
        async def fetch(self, context: AuthContext, /) -> Any:
            return "text"

    with pytest.raises(TypeError, match=r"Wrong.fetch\(\): expected a FetchedToken, got str"):
        token(Wrong(), Context())


def test_a_pickle_holds_no_token() -> None:
    auth, context = Counted(), Context()
    token(auth, context)
    data = pickle.dumps(auth)
    assert b"t1" not in data
    again: Counted = pickle.loads(data)
    assert token(again, context) == "t2"
    assert repr(again) == "<Counted>"


def test_a_child_process_does_not_wait_for_its_parent() -> None:
    """A fork in the middle of a fetch leaves who fetches behind."""
    auth, context = Counted(), Context()
    kept: Any = auth
    parent = auth.sign(unsigned(), Context())

    async def forked(_: AuthContext) -> FetchedToken:
        context.exclusive.forks += 1
        kept.fetch = type(auth).fetch.__get__(auth)
        assert token(auth, context) == "t1"
        raise OpenAIError("in the parent")

    kept.fetch = forked
    with pytest.raises(OpenAIError, match="in the parent"):
        run(parent)
    assert token(auth, context) == "t1"
