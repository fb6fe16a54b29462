"""Runs the rows: the subjects take turns within every round, and ratios are taken per round."""

import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Self

from .processes import ROOT, Cold, Fresh, Launcher, Standing, Subject, SubjectFailed, on_one_core
from .results import Results
from .rows import TRANSFER, Row
from .subjects.plan import Plan, Side, Who

_MODULES: Final[dict[Side, str]] = {
    "ours": "api_openai",
    "official": "openai",
    "floor": "msgspec",
    "base": "api_openai",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How much work a run is: rounds, text deltas of a stream, bytes of a transfer."""

    rounds: int = 5
    fresh_rounds: int = 3
    events: int = 1000
    paced: int = 300
    transfer: int = TRANSFER
    all_variants: bool = False


@dataclass(frozen=True, slots=True)
class Contestant:
    who: Side
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.who} ({self.variant})" if self.variant else self.who


_MEASURED: Final = 0.12  # seconds, at least, of each subject in each round

Rounds = dict[Contestant, list[Mapping[str, float]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rounds of one row gave; `failures` says who could not run, and why."""

    row: Row
    rounds: Rounds
    failures: Mapping[Contestant, str]

    def best(self, who: Side) -> Contestant | None:
        """Who was measured; of several variants the one with the lowest first figure."""
        key = self.row.figures[0].key
        found = [one for one in self.rounds if one.who == who and self.rounds[one]]
        return min(found, key=lambda one: median(f[key] for f in self.rounds[one]), default=None)


def installed(who: Side) -> bool:
    return find_spec(_MODULES[who]) is not None


def contestants(row: Row, whom: Sequence[Side], *, all_variants: bool) -> list[Contestant]:
    """Who takes turns in `row`: the official SDK with its best variant, or with all of them."""
    variants = [v for v in row.variants if not v or v == "itself" or find_spec(v) is not None]
    chosen = variants if all_variants else variants[:1]
    found: list[Contestant] = []
    for who in whom:
        if who in row.absent:
            continue
        found += [Contestant(who, v) for v in chosen] if who == "official" else [Contestant(who)]
    return found


class Bench:
    """The server and the files of a run. `base` has the files of another commit."""

    def __init__(self, settings: Settings, base: Path | None = None) -> None:
        self._settings = settings
        self._base = base
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        shared = Path("/dev/shm")
        where = shared if shared.is_dir() else None
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(dir=where))
        self._source = Path(folder, "upload.bin")
        self._target = Path(folder, "download.bin")
        with self._source.open("wb") as file:
            block = bytes(range(256)) * 4096
            for start in range(0, self._settings.transfer, len(block)):
                file.write(block[: self._settings.transfer - start])
        self._launcher = Launcher(ROOT, Path(folder, "bytecode"))
        self._other = Launcher(self._base or ROOT, Path(folder, "bytecode"))
        self.ports = self._stack.enter_context(self._serve())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run(self, row: Row, whom: Sequence[Side]) -> Outcome:
        """Measure `row` for each of `whom`, who take turns within every round."""
        settings = self._settings
        rounds: Rounds = {}
        failures: dict[Contestant, str] = {}
        with ExitStack() as stack:
            if row.figures[0].key == "cpu":
                stack.enter_context(on_one_core(self._server))
            subjects: dict[Contestant, Subject] = {}
            for one in contestants(row, whom, all_variants=settings.all_variants):
                try:
                    subjects[one] = self._subject(row, one)
                except SubjectFailed as error:
                    failures[one] = str(error)
                else:
                    stack.callback(subjects[one].close)
                    rounds[one] = []
            for number in range(settings.fresh_rounds if row.fresh else settings.rounds):
                order = [one for one in subjects if one not in failures]
                for one in order[::-1] if number % 2 else order:
                    try:
                        rounds[one].append(subjects[one].round())
                    except SubjectFailed as error:
                        failures[one] = str(error)
        _same_work(row, rounds)
        return Outcome(row, rounds, failures)

    def _subject(self, row: Row, one: Contestant) -> Subject:
        port = self.ports[row.tls]
        launcher = self._other if one.who == "base" else self._launcher
        who: Who = "ours" if one.who == "base" else one.who
        scenario = row.scenario
        if row.cold:
            return Cold(launcher, who, row.task, port)
        if who == "floor" and row.plain:
            who, scenario = "ours", row.plain
        elif who == "official" and row.answered:
            scenario = row.answered
        plan = Plan(
            who=who,
            task=row.task,
            scenario=scenario,
            mode=row.mode_of(one.who),
            port=port,
            tls=bool(row.tls),
            count=row.count,
            warm=row.warm,
            warm_on=row.warm_on,
            seconds=0.0 if row.fresh else _MEASURED,
            variant=one.variant,
            file=self._file(row.task),
        )
        return (Fresh if row.fresh else Standing)(launcher, plan)

    def _file(self, task: str) -> Path | None:
        match task:
            case "parts":
                return self._source
            case "download" | "keep":
                return self._target
            case _:
                return self._source if task.startswith("upload") else None

    @contextmanager
    def _serve(self) -> Generator[Mapping[str, int]]:
        settings = self._settings
        sizes = (f"--events={settings.events}", f"--paced={settings.paced}")
        file = f"--file={self._source}"
        process = self._launcher.start("-m", "benchmarks.server", *sizes, file)
        assert process.stdout is not None
        try:
            self._server = process.pid
            ports = map(int, process.stdout.readline().split())
            yield dict(zip(("", "full", "resumed"), ports, strict=True))
        finally:
            process.communicate()


def run(bench: Bench, rows: Sequence[Row], whom: Sequence[Side]) -> Results:
    """Measure every row, and say at a terminal which it is."""
    begun = time.perf_counter()
    outcomes: list[Outcome] = []
    for row in rows:
        _progress(row.name)
        outcomes.append(bench.run(row, whom))
    _progress("")
    return Results.of(outcomes, time.perf_counter() - begun)


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{name}", end="", file=sys.stderr, flush=True)


def _same_work(row: Row, rounds: Rounds) -> None:
    """Whoever counts other units than the rest has measured something else."""
    units = {figures.get("units") for many in rounds.values() for figures in many}
    if len(units) > 1:
        raise ValueError(f"{row.name}: subjects disagree about what they did: {units}")
