"""Runs the rows: the subjects take turns within every round, and ratios are taken per round."""

import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Final, Self

from .processes import Cold, Fresh, Launcher, Standing, Subject, SubjectFailed, on_one_core
from .rows import TRANSFER, Row
from .subjects.plan import Plan, Who

_MODULES: Final[dict[Who, str]] = {"ours": "api_openai", "official": "openai", "floor": "msgspec"}


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
    who: Who
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

    def best(self, who: Who) -> Contestant | None:
        """Who was measured; of several variants the one with the lowest first figure."""
        key = self.row.figures[0].key
        found = [one for one in self.rounds if one.who == who and self.rounds[one]]
        return min(found, key=lambda one: median(f[key] for f in self.rounds[one]), default=None)

    def value(self, who: Who, key: str) -> float | None:
        """The median over the rounds."""
        one = self.best(who)
        return median(figures[key] for figures in self.rounds[one]) if one else None

    def ratio(self, who: Who, key: str) -> float | None:
        """Our figure by that of `who`: the median of the ratios of each round."""
        ours, theirs = self.best("ours"), self.best(who)
        if ours is None or theirs is None:
            return None
        pairs = zip(self.rounds[ours], self.rounds[theirs], strict=False)
        ratios = [mine[key] / other[key] for mine, other in pairs if other[key]]
        return median(ratios) if ratios else None


def installed(who: Who) -> bool:
    return find_spec(_MODULES[who]) is not None


def contestants(row: Row, whom: Sequence[Who], *, all_variants: bool) -> list[Contestant]:
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
    """The server and the files of a run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
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
        self._launcher = Launcher(Path(folder, "bytecode"))
        self.ports = self._stack.enter_context(self._serve())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run(self, row: Row, whom: Sequence[Who]) -> Outcome:
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
            for _ in range(settings.fresh_rounds if row.fresh else settings.rounds):
                for one in [one for one in subjects if one not in failures]:
                    try:
                        rounds[one].append(subjects[one].round())
                    except SubjectFailed as error:
                        failures[one] = str(error)
        _same_work(row, rounds)
        return Outcome(row, rounds, failures)

    def _subject(self, row: Row, one: Contestant) -> Subject:
        port = self.ports[row.tls]
        if row.cold:
            return Cold(self._launcher, one.who, row.task, port)
        who, scenario = one.who, row.scenario
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
        return (Fresh if row.fresh else Standing)(self._launcher, plan)

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


def _same_work(row: Row, rounds: Rounds) -> None:
    """Whoever counts other units than the rest has measured something else."""
    units = {figures.get("units") for many in rounds.values() for figures in many}
    if len(units) > 1:
        raise ValueError(f"{row.name}: subjects disagree about what they did: {units}")
