"""The processes of a run: subjects that take turns, programs that are timed from their start."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from .authority import AUTHORITY
from .cold import ends_with_first_line, program
from .subjects.plan import Plan, Who

ROOT: Final = Path(__file__).resolve().parent.parent


class SubjectFailed(Exception):
    """A subject ended without figures; the text is the last line that it wrote as an error."""


class Launcher:
    """Starts Python processes that share a cache of byte code, made by this run.

    A first start that compiles everything says little about the next thousand. Whether packages
    were installed with byte code, and whether the environment lets it be written, is left out.
    All of them trust the server, and use the client whose files are in `tree`.
    """

    def __init__(self, tree: Path, cache: Path) -> None:
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(tree / "src"),
            "PYTHONPYCACHEPREFIX": str(cache),
            "SSL_CERT_FILE": str(AUTHORITY),
        }
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


class Subject(Protocol):
    def round(self) -> Mapping[str, float]: ...
    def close(self) -> None: ...


@contextmanager
def on_one_core(server: int) -> Generator[None]:
    """Keep the process `server` and what is started meanwhile on one core, where that can be said.

    Where it is left to the scheduler, it decides anew for every process, and what a core does to
    wake another is counted as the CPU time of a call: up to 100 us in a virtual machine.
    """
    if sys.platform != "linux":
        yield
        return
    everywhere = os.sched_getaffinity(0)
    for process in (server, 0):
        os.sched_setaffinity(process, {max(everywhere)})
    try:
        yield
    finally:
        for process in (server, 0):
            os.sched_setaffinity(process, everywhere)


class Standing:
    """A process that runs a round whenever it is told to."""

    def __init__(self, launcher: Launcher, plan: Plan) -> None:
        self._process = launcher.start("-m", "benchmarks.subjects", *plan.arguments())

    def round(self) -> Mapping[str, float]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write("round\n")
            stdin.flush()
        except BrokenPipeError:
            pass
        line = stdout.readline()
        if not line:
            raise SubjectFailed(_last_words(self._process))
        figures: dict[str, float] = json.loads(line)
        return figures

    def close(self) -> None:
        self._process.communicate()


class Fresh:
    """A new process for every round."""

    def __init__(self, launcher: Launcher, plan: Plan) -> None:
        self._launcher = launcher
        self._plan = plan

    def round(self) -> Mapping[str, float]:
        subject = Standing(self._launcher, self._plan)
        try:
            return subject.round()
        finally:
            subject.close()

    def close(self) -> None:
        pass


class Cold:
    """A whole program: its CPU, and the time from its start to its end or its first event."""

    def __init__(self, launcher: Launcher, who: Who, task: str, port: int) -> None:
        self._launcher = launcher
        self._program = program(who, task, port)
        self._until_exit = not ends_with_first_line(task)
        self.round()  # so that byte code is on disk and files are in the page cache

    def round(self) -> Mapping[str, float]:
        begun, before = time.perf_counter(), _cpu_of_children()
        process = self._launcher.start("-c", self._program)
        assert process.stdout is not None
        line = process.stdout.readline()
        if self._until_exit:
            process.wait()
        wall = time.perf_counter() - begun
        words = _last_words(process)
        if process.returncode or not line:
            raise SubjectFailed(words)
        times = {"cpu": _cpu_of_children() - before, "wall": wall}
        if not self._until_exit:
            return times
        modules, peak = line.split()
        return {**times, "modules": float(modules), "rss": float(peak)}

    def close(self) -> None:
        pass


def _cpu_of_children() -> float:
    """Seconds of the processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _last_words(process: subprocess.Popen[str]) -> str:
    lines = process.communicate()[1].strip().splitlines()
    return lines[-1] if lines else f"ended with status {process.returncode}"
