"""CPU time, wall time and memory of the running process."""

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

Figures = Mapping[str, float]
"""What one round of a subject found out; keys as in `Meter.figures`, `rss` for open streams."""


def memory(key: str) -> int:
    """Bytes of memory: `VmRSS` is what is resident now, `VmHWM` the most there ever was.

    Where /proc is missing, both are the most there ever was.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(key):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak() -> None:
    """Let `VmHWM` start again from what is resident now, where the kernel allows it."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as control:
            control.write("5")
    except OSError:
        pass


class Meter:
    """Measures `calls` between `with` and its end.

    `cpu` and `wall` are in seconds, `growth` is how many bytes the peak of resident memory rose
    above what was resident at the start, `peak` that peak.
    """

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._times = 0

    def calls(self) -> Iterator[None]:
        """Yield `count` times, and again, until `seconds` have passed.

        A short burst after a pause runs on cold caches; subjects are compared on equal terms only
        when each of them is measured for a while.
        """
        for _ in self.bursts():
            for _ in range(self._count):
                yield

    def bursts(self) -> Iterator[None]:
        """Yield once for every `count` calls that are made at once, until `seconds` have passed."""
        while not self._times or time.perf_counter() - self._wall < self._seconds:
            self._times += 1
            yield

    @property
    def measured(self) -> int:
        """How many calls that was."""
        return self._times * self._count

    def __enter__(self) -> Self:
        forget_peak()
        self._resident = memory("VmRSS")
        self._wall = time.perf_counter()
        self._cpu = time.process_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cpu = time.process_time() - self._cpu
        self.wall = time.perf_counter() - self._wall
        self.peak = memory("VmHWM")
        self.growth = max(0, self.peak - self._resident)

    def figures(self, units: int) -> Figures:
        """Per unit of work: seconds of CPU and wall; growth in bytes; the units of `count` calls."""
        if not units:
            raise ValueError("nothing was measured")
        return {
            "cpu": self.cpu / units,
            "wall": self.wall / units,
            "growth": float(self.growth),
            "peak": float(self.peak),
            "units": units / self._times,
        }
