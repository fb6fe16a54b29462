"""`Resume`: whether and when a stream that was cut is asked for again, and from where."""

from typing import Final, cast

import msgspec

from ..call.policy import Again, Stop
from ..terms.errors import APIError, APIStatusError, ResponseDecodeError, StreamSequenceError
from .polling import Poll

__all__ = ["Resume", "SequenceNumbers"]

PASSING: Final = frozenset({408, 409, 425, 429})
"""Statuses below 500 that say nothing of whether a stream can be resumed."""


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """How the stream of a background response goes on after it was cut; without one it does not.

    The rest of the events is asked for up to `max_attempts` times in a row: the first time after
    `delays[0]` seconds, and so on; the last of them holds for all further times. The count begins
    anew with the next event. A server that answers, and will not tell the rest, is polled until the
    response is over if `poll` is true: every `poll_interval_ms`, else when the server says, else
    each second, for `max_wait_seconds` at the most.
    """

    max_attempts: int = 5
    delays: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    poll: bool = True
    poll_interval_ms: float | None = None
    max_wait_seconds: float | None = None

    def __post_init__(self) -> None:
        attempts = cast("object", self.max_attempts)
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 0:
            raise ValueError(f"max_attempts={attempts!r}: expected a number of 0 or more")
        if not (
            isinstance(cast("object", self.delays), list | tuple)
            and self.delays
            and all(map(_is_time, self.delays))
        ):
            raise ValueError(f"delays={self.delays!r}: expected seconds of 0 or more, one at least")
        msgspec.structs.force_setattr(self, "delays", tuple(self.delays))
        self.polling()

    def decide(self, attempt: int) -> Again | Stop:
        """Say whether the rest is asked for the `attempt`-th time in a row, counted from 1."""
        if attempt > self.max_attempts:
            return Stop(f"{self.max_attempts} attempts in a row were made")
        seconds = self.delays[min(attempt, len(self.delays)) - 1]
        return Again(seconds, f"attempt {attempt} of {self.max_attempts}")

    def polling(self) -> Poll:
        """How often to look, and for how long; `ValueError` for what is no time."""
        return Poll.of(self.poll_interval_ms, self.max_wait_seconds)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def refuses(error: APIError) -> bool:
    """Whether an answer means that the server does not tell the rest, now and later."""
    if isinstance(error, APIStatusError):
        return error.status_code < 500 and error.status_code not in PASSING
    return isinstance(error, ResponseDecodeError)


class SequenceNumbers:
    """The numbers of the events of one response, over all connections.

    On each connection they rise; those that came before are duplicates, and the first that did not
    is the one after the last. A stream that is read from its beginning begins with 0, or 1. Events
    without a number are taken as they come, but nothing can be resumed after them.
    """

    __slots__ = ("_before", "_connections", "_unnumbered", "last")

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        """The number of the last event that is new, or that there is no need of."""
        self._before: int | None = None
        self._connections = 1
        self._unnumbered = False

    @property
    def resumable(self) -> bool:
        """Whether it is known which events are missing."""
        return not self._unnumbered

    def reconnected(self) -> None:
        """Another connection: events may come again."""
        self._before = None
        self._connections += 1

    def is_new(self, number: object) -> bool:
        """Say whether the event with this number has not come before.

        Raises `StreamSequenceError` where an event is missing, or numbers do not rise.
        """
        if not isinstance(number, int) or isinstance(number, bool):
            if self._connections > 1:
                raise _wrong("an event without a sequence number came", self.last, None)
            self._unnumbered = True
            return True
        before, self._before = self._before, number
        if number < 0 or (before is not None and number <= before):
            raise _wrong(f"sequence number {_shown(number)} came", before, number)
        if self.last is None:
            if number > 1:
                raise _wrong(f"the first sequence number is {_shown(number)}", None, number)
        elif number <= self.last:
            return False
        elif number > self.last + 1:
            raise _wrong(f"sequence number {_shown(number)} came", self.last, number)
        self.last, self._unnumbered = number, False
        return True


def _wrong(what: str, before: int | None, got: int | None) -> StreamSequenceError:
    expected = 0 if before is None else before + 1
    text = f"Events are missing, or come again: {what}, expected {_shown(expected)}"
    return StreamSequenceError(text, expected=expected, got=got)


def _shown(number: int) -> str:
    """A number as a server may make it up: longer than Python cares to write."""
    return str(number) if -(10**20) < number < 10**20 else f"of {number.bit_length()} bits"
