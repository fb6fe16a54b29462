"""Watching a request of httpx: which phase it is in, until when, and whether an answer has begun.

httpcore tells of each step (its `trace` extension), and asks the request for its timeouts at each.
It has one timeout for every read, so an answer that comes drop by drop would never be late. So a
stream that is opened under a watch bounds each of its reads by the deadline of whoever reads.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING, Any, Final

from ...core.call.backend import DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

    from ...core.call.deadlines import Deadlines
    from ...core.terms.errors import Phase, Sent

_current: Final[ContextVar[Watch | None]] = ContextVar("watch", default=None)

_SHORTEST: Final = 1e-6
"""Seconds of a timeout that has passed before it began: 0 would mean something else to a socket."""
_CONNECTING: Final = frozenset(
    {"connect_tcp", "connect_unix_socket", "setup_socks5_connection", "start_tls"}
)


class Watch:
    """One request and its answer; `asynchronous` says how its client calls and is called."""

    def __init__(
        self,
        deadlines: Deadlines,
        now: Callable[[], float],
        configured: Mapping[str, float | None],
        *,
        asynchronous: bool,
    ) -> None:
        self._deadlines = deadlines
        self._now = now
        self._configured = configured  # of the client, for phases to which the call sets no limit
        self._asynchronous = asynchronous
        self._phase: Phase | None = None
        self._sent: Sent = "maybe"
        self._one_exchange = False
        self._token: Token[Watch | None]
        self.deadline = deadlines.total_at
        """When the phase that is under way has to be over."""
        self._opened: Callable[[], Any] = _no_stream
        self.moved: Callable[[float], object] = _nothing
        """Called with the deadline when it changes."""
        self.seconds: dict[str, float | None] = {}
        """The timeouts of the request, as httpx's transports look them up while it runs."""
        for name in ("pool", "connect", "write", "read"):
            until = deadlines.until(_PHASES[name])
            left = None if until == inf else max(until - now(), _SHORTEST)
            self.seconds[name] = self._limit(name, _PHASES[name], left)

    @property
    def phase(self) -> Phase:
        """The phase under way; of a transport that tells nothing, the likeliest."""
        return self._phase or "first_byte"

    @property
    def sent(self) -> Sent:
        """How far the request has got."""
        return self._sent

    @property
    def trace(self) -> Callable[[str, dict[str, Any]], object]:
        """What httpcore calls at each step."""
        return self._step_async if self._asynchronous else self._step_blocking

    async def _step_async(self, name: str, info: dict[str, Any]) -> None:
        if (left := self._step(name, info)) is not None:
            with suppress(Exception):
                await left.aclose()

    def _step_blocking(self, name: str, info: dict[str, Any]) -> None:
        if (left := self._step(name, info)) is not None:
            with suppress(Exception):
                left.close()

    def _step(self, name: str, info: dict[str, Any]) -> Any:
        """Take note of a step: `http11.send_request_headers.started` and its like.

        Return a stream that is to be closed: where a handshake of TLS is cancelled, or interrupted,
        httpcore leaves the connection open.
        """
        layer, _, step = name.partition(".")
        what, _, state = step.partition(".")
        if state == "complete":
            if what in _CONNECTING:
                self._bound(info.get("return_value"))
            return None
        if what == "start_tls" and state == "failed":
            return self._opened()
        if state != "started" or getattr(info.get("request"), "method", b"") == b"CONNECT":
            return None  # asking a proxy for a tunnel is a part of connecting
        if what in _CONNECTING:
            if self._phase != "connect":
                self._sent = "no"
                self._begin("connect", "connect", "read", "write")
            if "timeout" in info:  # of this step alone, and it is one of several
                info["timeout"] = self._left(self.deadline)
        elif what == "send_request_headers":
            self._sent = "maybe"
            self._begin("send", "write")
        elif what == "receive_response_headers":
            self._one_exchange = layer == "http11"
            self._begin("first_byte", "read")
        return None

    def _begin(self, phase: Phase, *names: str) -> None:
        self._phase = phase
        until = self._deadlines.until(phase)
        # `send` is the longest pause, which httpcore keeps to by itself.
        self.deadline = self._deadlines.total_at if phase == "send" else until
        for name in names:
            self.seconds[name] = self._limit(name, phase, self._left(until))
        self.moved(self.deadline)

    def _limit(self, name: str, phase: Phase, left: float | None) -> float | None:
        """The seconds that the call leaves to a phase, or the client's, if these are fewer."""
        own = self._configured.get(name)
        if own is None or self._deadlines.timeout.seconds(phase) is not None:
            return left
        return own if left is None else min(own, left)

    def answered(self) -> None:
        """Take note that the head of the answer is there."""
        self._sent = "answered"

    def part(self, deadlines: Deadlines) -> float:
        """Begin to wait for a part of the body, and return until when."""
        self._deadlines = deadlines
        self._begin("idle", "read")
        return self.deadline

    def _left(self, deadline: float) -> float | None:
        if deadline == inf:
            return None
        seconds = deadline - self._now()
        if seconds <= 0:
            raise DeadlinePassed
        return seconds

    def _came(self, data: bytes) -> bytes:
        # What comes on a connection of many exchanges (HTTP/2) may be about another.
        if data and self._one_exchange and self._phase == "first_byte":
            self._sent = "answered"
        return data

    def _bound(self, stream: Any) -> None:
        """Have a new stream of httpcore's keep to deadlines when it reads."""
        plain: Any = getattr(stream.__class__, "read", None)
        if plain is None:
            return
        here = self._opened = weakref.ref(stream)  # no cycle: the socket goes with it

        async def read_async(max_bytes: int, timeout: float | None = None) -> Any:
            data: bytes = await plain(here(), max_bytes, timeout)
            watch = _current.get()
            return data if watch is None else watch._came(data)

        def read(max_bytes: int, timeout: float | None = None) -> Any:
            watch = _current.get()
            if watch is None:
                return plain(here(), max_bytes, timeout)
            left = watch._left(watch.deadline)
            if left is not None and (timeout is None or left < timeout):
                timeout = left
            data: bytes = plain(here(), max_bytes, timeout)
            return watch._came(data)

        stream.read = read_async if self._asynchronous else read

    def __enter__(self) -> None:
        """Be the watch of what reads in this thread or task."""
        self._token = _current.set(self)

    def __exit__(self, *exc: object) -> None:
        _current.reset(self._token)


_PHASES: Final[dict[str, Phase]] = {
    "pool": "pool",
    "connect": "connect",
    "write": "send",
    "read": "first_byte",
}


def _nothing(deadline: float) -> None:
    """Nobody waits for another deadline."""


def _no_stream() -> None:
    """Nothing has been opened yet."""
