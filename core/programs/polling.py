"""Polls an object of the API until it is over.

`Poll` decides when to look next, and is told the time; `until` is the program that looks and waits.
The pause is the caller's, else the one that the server asks for with each answer
(`openai-poll-after-ms`), else a default that the method documents.

A state that this version does not know is neither an end nor an error: the next look will tell.
"""

from __future__ import annotations

from collections import deque
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

import msgspec

from ..json.provenance import meta
from ..request.asked import asked
from ..request.options import for_each_call
from ..terms.errors import Attempt, PollTimeoutError
from ..terms.omit import Omit, is_omitted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ..request.endpoint import Endpoint
    from ..request.operation import Operation
    from ..request.options import Options
    from ..terms.effects import Clock

T = TypeVar("T")

PAUSE: Final = 1.0
"""Seconds between two looks where neither the caller nor the server says how many."""

HINT: Final = "openai-poll-after-ms"

MOST_LISTED: Final = 100
"""Looks that an error lists, the latest."""

LONGEST_HINT: Final = 300.0
"""Seconds between two looks at the most, whatever a server asks for."""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """How often to look, and for how long; all times in seconds."""

    pause: float | None = None
    """Between two looks; `None` leaves it to the server."""
    default: float = PAUSE
    """Where the server does not say."""
    longest: float | None = None
    """How long to wait in all; `None` is without end."""

    @classmethod
    def of(
        cls,
        pause_ms: float | Omit | None,
        longest: float | Omit | None,
    ) -> Poll:
        """Make one of what most methods take; `ValueError` for what is no time."""
        pause = _time("poll_interval_ms", pause_ms)
        return cls(
            pause=None if pause is None else pause / 1000,
            longest=_time("max_wait_seconds", longest),
        )

    @classmethod
    def every(
        cls, pause: float | Omit | None, longest: float | Omit | None, default: float
    ) -> Poll:
        """Make one of what methods take that count the pause in seconds."""
        return cls(
            pause=_time("poll_interval", pause),
            longest=_time("max_wait_seconds", longest),
            default=default,
        )

    def after(self, headers: Mapping[str, str] | None, waited: float) -> float | None:
        """Say how long to wait for the next look, after one whose answer has these header fields.

        `waited` is how long it has been since the first. The last look is when the time is over,
        and `None` is the answer to that one.
        """
        left = inf if self.longest is None else self.longest - waited
        if left <= 0:
            return None
        return min(self._pause(headers), left)

    def _pause(self, headers: Mapping[str, str] | None) -> float:
        if self.pause is not None:
            return self.pause
        hint = "" if headers is None else headers.get(HINT, "")
        if not (hint.isascii() and hint.isdigit()):
            return self.default
        return min(int(hint[:12]) / 1000, LONGEST_HINT)


def _time(name: str, value: float | Omit | None) -> float | None:
    if value is None or is_omitted(value):
        return None
    number = cast("object", value)
    if isinstance(number, bool) or not (
        isinstance(number, int | float) and isfinite(number) and number >= 0
    ):
        raise ValueError(f"{name}={value!r}: expected a time, 0 or more")
    return value


def ended(statuses: Collection[str]) -> Callable[[Any], bool]:
    """Whether what is seen has one of `statuses`; what else a server says is none."""

    def over(seen: Any) -> bool:
        return isinstance(seen.status, str) and seen.status in statuses

    return over


class Looker(Protocol):
    """What it takes to look and wait; every caller has it."""

    async def perform(self, operation: Operation[T, T], /) -> T:
        """Send one operation and return its answer."""
        ...

    @property
    def endpoint(self) -> Endpoint:
        """The server that it looks at."""
        ...

    @property
    def clock(self) -> Clock:
        """Time and waiting."""
        ...


async def until(
    caller: Looker,
    over: Callable[[T], bool],
    look: Operation[T, T],
    poll: Poll,
    what: str,
    first: T | None = None,
) -> T:
    """Look until what is seen is `over`, and return it.

    `first` is what is known of it already, as from the answer that made it. Raises
    `PollTimeoutError` when the time is over. That and whatever a look raises have what was seen
    last as `progress`.
    """
    clock = caller.clock
    began = clock.now()
    looks = _Looks(caller, look, what)
    last = await looks.look(None) if first is None else first
    while not over(last):
        pause = poll.after(meta(last).headers, clock.now() - began)
        if pause is None:
            raise looks.too_long(caller, last, poll)
        await clock.sleep(pause)
        last = await looks.look(last)
    return last


class _Looks(Generic[T]):
    """Looks, and notes what was seen: an error that there is no end lists the latest of them."""

    def __init__(self, caller: Looker, operation: Operation[T, T], what: str) -> None:
        self._caller = caller
        self._operation = operation
        self._what = what
        self._count = 0
        self._seen: deque[Attempt] = deque(maxlen=MOST_LISTED)

    async def look(self, last: T | None) -> T:
        """Look once more, after `last` was seen."""
        caller = self._caller
        began = caller.clock.now()
        try:
            seen = await caller.perform(self._operation)
        except Exception as error:
            if last is not None:
                keep(error, last, f"{self._what} was {_state(last)} when it was last looked at")
            raise
        self._count += 1
        seconds = caller.clock.now() - began
        outcome = f"answered {meta(seen).status or 200}: {_state(seen)}"
        origin = str(caller.endpoint.origin)
        self._seen.append(Attempt(self._count, origin, outcome, seconds, "not over yet"))
        return seen

    def too_long(self, caller: Looker, last: object, poll: Poll) -> PollTimeoutError:
        """The error for what is not over when the time is."""
        seconds = poll.longest or 0.0
        text = f"{self._what} is {_state(last)} still, after {seconds:g} s (max_wait_seconds)"
        error = PollTimeoutError(text, last=last, seconds=seconds)
        known = meta(last)
        error.operation, error.attempts = self._operation.name, tuple(self._seen)
        endpoint = caller.endpoint
        error.request = asked(endpoint, self._operation, endpoint.redaction(self._operation))
        error.request_id, error.rate_limits = known.request_id, known.rate_limits
        return error


def _state(seen: object) -> str:
    return str(getattr(seen, "status", "unknown"))


def keep(error: Exception, progress: object, note: str) -> None:
    """Leave on an error what was done before it; on one of the system too, as of a lost file."""
    vars(error)["progress"] = progress
    error.add_note(note)


def shared(options: Options) -> Options:
    """Take from the keywords of a method what goes along with each of its calls."""
    if "response_type" in options:
        raise TypeError("response_type: this method makes several calls and reads their answers")
    return for_each_call(options)
