"""`TokenAuth`: a bearer token that is fetched when it is needed, kept, and renewed before it ends."""

import copy
from abc import ABC, abstractmethod
from functools import partial
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..json.values import type_of
from ..request.auth import AuthContext, Fields, UnsignedRequest, bearer
from ..terms.errors import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError
from ..terms.secret import Secret

if TYPE_CHECKING:
    from ..request.auth import Bell

__all__ = ["FetchedToken", "TokenAuth"]

RENEW_BEFORE: Final = 1200.0
"""Seconds before its end from which on a token is renewed; at most half of its life."""


RENEW_AGAIN: Final = 30.0
"""Seconds until the next try, where a token could not be renewed and still has time."""


_VISIBLE: Final = frozenset(range(0x21, 0x7F))


class FetchedToken(msgspec.Struct, frozen=True):
    """A token, and for how many seconds from now it is good."""

    text: Secret
    seconds: float = inf

    def __post_init__(self) -> None:
        if not _is_visible(self.text):
            raise OpenAIError("the token that was fetched is none: expected visible ASCII")
        if not self.seconds > 0:
            raise OpenAIError(f"the token that was fetched is good for {self.seconds:g} s")


def _is_seconds(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isfinite(value) and value >= 0


def _is_visible(token: Secret) -> bool:
    raw = token.unaudited().encode("utf-8", "replace")
    return bool(raw) and _VISIBLE.issuperset(raw)


class _Kept(msgspec.Struct, frozen=True):
    text: Secret
    renew_at: float
    ends_at: float


class TokenAuth(ABC):
    """A bearer token from a server of tokens, by a `fetch` of ten lines.

    One of many concurrent callers fetches, whatever threads and event loops they are in, and the
    others wait for it. A token that still has time is used while another is fetched, and for 30
    seconds more where the server of tokens is out of order. What fails for the one fails for those
    that wait; where its caller gives up, the next of them fetches.

    `renew_before`: seconds before its end from which on a token is renewed, at most half of its
    life. `again_on_401`: whether a request that is answered 401 is sent once more, with a new
    token. A pickle holds no token.
    """

    field = "authorization"

    def __init__(self, *, renew_before: float = RENEW_BEFORE, again_on_401: bool = False) -> None:
        if not _is_seconds(renew_before):
            raise ValueError(f"renew_before={renew_before!r}: expected seconds of 0 or more")
        self.renew_before = renew_before
        self.again_on_401 = again_on_401
        self._forget()

    def _forget(self) -> None:
        self._token: _Kept | None = None
        self._flight: _Flight | None = None

    @abstractmethod
    async def fetch(self, context: AuthContext, /) -> FetchedToken:
        """Fetch a token."""
        ...

    async def sign(self, request: UnsignedRequest, context: AuthContext, /) -> Fields:
        """Return the `Authorization` field, with the token there is or a new one."""
        return bearer(await self.token(context))

    def refused(self, fields: Fields, /) -> bool:
        """Forget the token with which a request was answered 401."""
        token = self._token
        if token is not None and fields == {
            "authorization": Secret(f"Bearer {token.text.unaudited()}")
        }:
            self._token = None
        return self.again_on_401

    async def token(self, context: AuthContext, /) -> Secret:
        """Return the token there is, or fetch one."""
        while True:
            with context.exclusive:
                now, token, flight = context.steady(), self._token, self._flight
                if flight is not None and flight.forks != context.exclusive.forks:
                    flight = None  # who fetches is in the parent process
                usable = token is not None and now < token.ends_at
                if token is not None and (now < token.renew_at or (flight and usable)):
                    return token.text
                if flight is None:
                    flight = self._flight = _Flight(context.exclusive.forks)
                    break
                bell = context.bell()
                flight.bells.append(bell)
            await context.wait(bell)
            if flight.failure is not None:
                raise _copied(flight.failure)
        return await self._fetched(flight, context)

    async def _fetched(self, flight: "_Flight", context: AuthContext) -> Secret:
        try:
            token = await self.fetch(context)
            if type_of(token) is not FetchedToken:
                name, kind = type(self).__name__, type(token).__name__
                raise TypeError(f"{name}.fetch(): expected a FetchedToken, got {kind}")
            now, before = context.steady(), min(self.renew_before, token.seconds / 2)
            kept = _Kept(token.text, now + token.seconds - before, now + token.seconds)
            if flight is self._flight:
                self._token = kept
        except Exception as error:
            # A caller that ran out of its own time says nothing of the server: the next one asks.
            if isinstance(error, APITimeoutError) and context.hurried:
                raise
            if (old := self._still_good(error, context)) is not None:
                return old
            flight.failure = _copied(error)
            raise
        finally:
            context.exclusive.soon(partial(self._landed, flight))
        return kept.text

    def _landed(self, flight: "_Flight") -> None:
        """Let those that wait go on; within the lock."""
        if self._flight is flight:
            self._flight = None
        for bell in flight.bells:
            bell.ring()

    def _still_good(self, error: Exception, context: AuthContext) -> Secret | None:
        """The token there is, for a while, where the server of tokens is out of order."""
        passing = isinstance(error, APIConnectionError) or (
            isinstance(error, APIStatusError)
            and (error.status_code >= 500 or error.status_code in (408, 429))
        )
        now, token = context.steady(), self._token
        if not passing or token is None or now >= token.ends_at:
            return None
        again_at = min(now + RENEW_AGAIN, token.ends_at)
        self._token = msgspec.structs.replace(token, renew_at=again_at)
        return token.text

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _OF_A_RUN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _copied(error: Exception) -> Exception:
    """The same error without its traceback: each that waits raises one of its own."""
    try:
        return copy.copy(error)
    except Exception:  # one that cannot be copied is shared
        return error


_OF_A_RUN: Final = ("_token", "_flight")


class _Flight:
    """One fetching: who waits for it, and how it failed."""

    __slots__ = ("bells", "failure", "forks")

    def __init__(self, forks: int) -> None:
        self.forks = forks
        self.bells: list[Bell] = []
        self.failure: Exception | None = None
