"""`Metrics`: counters and histograms of calls, in memory, for any number of threads."""

from bisect import bisect_left
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, Literal, NamedTuple

from ...core.call.trace import Kind, TraceEvent
from .usage import counted_usage

__all__ = ["BUCKETS", "HELP", "Family", "Histogram", "Metrics"]

BUCKETS: Final = (
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
)  # fmt: skip
"""Upper bounds of the histograms, in seconds; there is one more without."""

Labels = tuple[tuple[str, str], ...]
"""Names and values, as `(("operation", "responses.create"), ("model", "gpt-5"))`."""

HELP: Final = {
    "calls": "Calls that were begun",
    "calls_under_way": "Calls whose answer is not over yet",
    "attempts": "Attempts that were begun",
    "retries": "Attempts that a policy asked for after another",
    "hedges": "Attempts that a policy began beside another",
    "refusals": "Attempts that a policy did not let through",
    "connections": "Connections that were opened",
    "failed_attempts": "Attempts that failed",
    "errors": "Calls and answers that failed, by the class of the error",
    "tokens": "Tokens that servers counted",
    "call_seconds": "Seconds until the whole answer has come, or none",
    "first_byte_seconds": "Seconds until the head of an answer",
    "first_token_seconds": "Seconds until the first event of a stream",
}
"""What there is, and what it means."""

_COUNTED: Final[dict[Kind, str]] = {
    "call.start": "calls",
    "attempt.start": "attempts",
    "policy.retry": "retries",
    "policy.hedge": "hedges",
    "policy.refused": "refusals",
    "connection.open": "connections",
    "attempt.failed": "failed_attempts",
}
_TIMED: Final[dict[Kind, str]] = {
    "response.head": "first_byte_seconds",
    "stream.first": "first_token_seconds",
}
_HISTOGRAMS: Final = ("call_seconds", "first_byte_seconds", "first_token_seconds")
_GAUGES: Final = ("calls_under_way",)
OTHER: Final = "other"


class Histogram:
    """How often a value was at most each of `BUCKETS`, how many there were, and their sum."""

    __slots__ = ("_counts", "count", "sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self.count = 0
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(BUCKETS, value)] += 1
        self.count += 1
        self.sum += value

    def copy(self) -> "Histogram":
        """Return one that stays as it is."""
        new = Histogram()
        new._counts, new.count, new.sum = [*self._counts], self.count, self.sum
        return new

    def at_most(self) -> Iterator[tuple[float, int]]:
        """Each bound, the last infinite, and how many values are not above it."""
        total = 0
        for bound, count in zip((*BUCKETS, float("inf")), self._counts, strict=True):
            total += count
            yield bound, total

    def __repr__(self) -> str:
        return f"<Histogram of {self.count}, sum {self.sum:g}>"


class Family(NamedTuple):
    """One of the metrics of `HELP`, with all of its values."""

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"]
    values: dict[Labels, "int | Histogram"]


class Metrics:
    """Counts what a trace tells: `metrics = Metrics()`, `Client(trace=metrics)`.

    One may listen to any number of clients. Values have the labels `operation`, `model` and `origin`,
    `errors` also `error`, and `tokens` also `type` (`input`, `output`, `cached`, `reasoning`);
    `calls_under_way` has none. There are at most `max_series` combinations of the first three: those that come later are counted as
    `other`, so memory is bounded whatever the names of models.
    """

    def __init__(self, *, max_series: int = 500) -> None:
        if isinstance(max_series, bool) or max_series < 1:
            raise ValueError(f"max_series={max_series!r}: expected a number of 1 or more")
        self._max_series = max_series
        self._lock = Lock()
        self._waiting: deque[tuple[TraceEvent, dict[str, int]]] = deque()
        self._series: dict[tuple[str, str, str], Labels] = {}
        self._values: dict[str, dict[Labels, int]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}
        self._errors: set[str] = set()

    def __call__(self, event: TraceEvent) -> None:
        """Count one event."""
        self._waiting.append((event, counted_usage(event) if event.last else {}))
        self._count_waiting()

    def _count_waiting(self) -> None:
        """Count what waits, unless somebody does: it may be this thread, which the garbage collector
        has interrupted to tell of a stream that was dropped."""
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                while self._waiting:
                    self._take(*self._waiting.popleft())
            finally:
                self._lock.release()

    def _take(self, event: TraceEvent, usage: dict[str, int]) -> None:
        kind, labels = event.kind, self._labels(event)
        if (name := _COUNTED.get(kind)) is not None:
            self._count(name, labels)
        if (name := _TIMED.get(kind)) is not None:
            self._time(name, labels, event.seconds)
        if kind == "call.start":
            self._count("calls_under_way", ())
        if event.error is not None and kind != "attempt.failed":
            self._count("errors", (*labels, ("error", self._error(event.error))))
        if event.last:
            self._count("calls_under_way", (), -1)
            if kind != "session.end":
                self._time("call_seconds", labels, event.seconds)
        for what, tokens in usage.items():
            self._count("tokens", (*labels, ("type", what)), tokens)

    def collect(self) -> list[Family]:
        """Return all values as they are at this moment, in the order of `HELP`."""
        with self._settled():
            return [
                Family(name, text, kind, self._copied(name, kind))
                for name, text in HELP.items()
                if (kind := _kind(name))
            ]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of a counter over everything that has these labels; seconds of a histogram.

        `metrics.value("tokens", type="output", model="gpt-5")`. `ValueError` for an unknown name.
        """
        return sum(
            each.sum if isinstance(each, Histogram) else each for each in self._found(name, labels)
        )

    def count(self, name: str, **labels: str) -> int:
        """Return how many values a histogram has, over everything that has these labels."""
        return sum(
            each.count if isinstance(each, Histogram) else each
            for each in self._found(name, labels)
        )

    def reset(self) -> None:
        """Forget everything but the calls that are under way."""
        with self._settled():
            under_way = self._values.get("calls_under_way", {})
            for each in (self._series, self._values, self._histograms, self._errors):
                each.clear()
            self._values["calls_under_way"] = under_way

    @contextmanager
    def _settled(self) -> Generator[None]:
        """Hold the lock, with everything counted that was told before."""
        self._count_waiting()
        try:
            with self._lock:
                yield
        finally:
            self._count_waiting()

    def _found(self, name: str, labels: dict[str, str]) -> "list[int | Histogram]":
        if name not in HELP:
            raise ValueError(f"name={name!r}: expected one of {', '.join(HELP)}")
        wanted = labels.items()
        with self._settled():
            values = self._copied(name, _kind(name))
        return [value for key, value in values.items() if wanted <= dict(key).items()]

    def _copied(self, name: str, kind: str) -> "dict[Labels, int | Histogram]":
        if kind == "histogram":
            return {key: each.copy() for key, each in self._histograms.get(name, {}).items()}
        return {**self._values.get(name, {})}

    def _labels(self, event: TraceEvent) -> Labels:
        key = (event.operation, event.model or "", event.origin)
        found = self._series.get(key)
        if found is None:
            if len(self._series) >= self._max_series:
                return _OTHERS
            found = self._series[key] = tuple(zip(_NAMES, key, strict=True))
        return found

    def _error(self, name: str) -> str:
        """The class of an error; classes of listeners and bodies may be anybody's."""
        if name not in self._errors:
            if len(self._errors) >= _MOST_ERRORS:
                return OTHER
            self._errors.add(name)
        return name

    def _count(self, name: str, labels: Labels, amount: int = 1) -> None:
        values = self._values.setdefault(name, {})
        values[labels] = values.get(labels, 0) + amount

    def _time(self, name: str, labels: Labels, seconds: float) -> None:
        self._histograms.setdefault(name, {}).setdefault(labels, Histogram()).add(seconds)

    def __repr__(self) -> str:
        return f"<Metrics of {self.value('calls'):g} calls>"


_NAMES: Final = ("operation", "model", "origin")
_OTHERS: Final[Labels] = tuple((name, OTHER) for name in _NAMES)
_MOST_ERRORS: Final = 100


def _kind(name: str) -> Literal["counter", "gauge", "histogram"]:
    if name in _HISTOGRAMS:
        return "histogram"
    return "gauge" if name in _GAUGES else "counter"
