"""What is told of a run: while it goes on, and at its end."""

from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress", "Summary", "lines", "reporter"]

QUIET: Final = 10.0
"""Seconds between two lines that say only that the server asks to wait."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is."""

    done: int
    """Rows written, those that failed too."""
    failed: int
    skipped: int
    """Rows whose results were in the file before."""
    failed_before: int = 0
    """Results of failures that were in the file before."""
    requests: int
    """Requests that have been sent, each retry one."""
    input_tokens: int
    output_tokens: int
    seconds: float
    total: int | None = None
    """Rows in all, where that is known; `None` too once more have come than there were to be."""
    waiting: float = 0.0
    """Seconds for which the server has asked all rows to wait, from now on."""

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end, if it goes on like this."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done - self.skipped) / self.rate

    def __str__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        words = [f"{self.done + self.skipped:,}{of} rows", f"{self.rate:,.1f}/s"]
        if self.failed:
            words.append(f"{self.failed:,} failed")
        if self.input_tokens or self.output_tokens:
            words.append(f"{self.input_tokens:,} + {self.output_tokens:,} tokens")
        if self.left is not None:
            words.append(f"{_span(self.left)} left")
        if self.waiting:
            words.append(f"the server asks to wait: {_span(self.waiting)}")
        return ", ".join(words)


class Summary(Progress, frozen=True, kw_only=True):
    """What a run has come to."""

    stopped: str | None = None
    """Why it ended before its source did; `None` when all rows are done."""
    held: float = 0.0
    """Seconds in which nothing went out because the server had asked to wait."""
    errors: dict[str, int] = {}
    """Rows that failed, by what they failed with: a status, or the name of the exception."""

    def __str__(self) -> str:
        lines = [
            f"{self.done:,} rows done in {_span(self.seconds)}, {self.rate:,.1f} a second"
            + (f"; {self.skipped:,} were done before" if self.skipped else "")
            + (f", {self.failed_before:,} of them failed" if self.failed_before else ""),
            f"{self.requests:,} requests, {self.input_tokens:,} tokens in, {self.output_tokens:,} out",
        ]
        if self.held:
            lines.append(f"held back for {_span(self.held)} by the server")
        if self.failed:
            each = ", ".join(f"{name}: {count:,}" for name, count in self.errors.items())
            lines.append(f"{self.failed:,} failed ({each})")
        if self.stopped:
            lines.append(f"stopped: {self.stopped}")
        return "\n".join(lines)


def reporter(
    given: "Callable[[Progress], Any] | Literal['log', 'bar'] | None",
) -> "tuple[Callable[[Progress], Any] | None, Callable[[], object]]":
    """Return what is to be called with how far a run is, and at its end."""
    if given is None or callable(given):
        if iscoroutinefunction(given):
            raise TypeError(f"progress={given!r}: expected a function that is not awaited")
        return given, lambda: None
    if given == "log":
        return lines(_log), lambda: None
    if given == "bar":
        return _bar()
    raise ValueError(f"progress={given!r}: expected 'log', 'bar', a function or None")


def lines(write: "Callable[[Progress], object]") -> "Callable[[Progress], None]":
    """What writes a line where there is news, and seldom one while all wait."""
    last: list[Progress] = []

    def told(progress: Progress) -> None:
        for before in last:
            waits = bool(progress.waiting)
            news = progress.done != before.done or waits != bool(before.waiting)
            if not news and progress.seconds - before.seconds < QUIET:
                return
        last[:] = [progress]
        write(progress)

    return told


def _log(progress: Progress) -> None:
    from logging import getLogger

    getLogger("api_openai.bulk").info("%s", progress)


def _bar() -> "tuple[Callable[[Progress], Any], Callable[[], object]]":
    try:
        tqdm = import_module("tqdm").tqdm
    except ImportError:
        raise ImportError(
            "progress='bar' needs the package tqdm: pip install 'api-openai[progress]'"
        ) from None
    bar: Any = tqdm(unit=" rows", dynamic_ncols=True)

    def show(progress: Progress) -> None:
        if bar.total != progress.total:
            bar.total = progress.total
        bar.initial = progress.skipped
        tokens = progress.input_tokens + progress.output_tokens
        said = {"failed": f"{progress.failed}", "tokens": f"{tokens:,}"}
        if progress.waiting:
            said["server asks to wait"] = _span(progress.waiting)
        bar.set_postfix(said, refresh=False)
        if not bar.update(progress.done + progress.skipped - bar.n):
            bar.refresh()  # also where no row has ended

    return show, bar.close


def _span(seconds: float) -> str:
    """Seconds as `4.2 s`, `3:05 min` or `2:03:05 h`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"
