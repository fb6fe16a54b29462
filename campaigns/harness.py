"""How a campaign runs: cases one after the other, until there are no more or its time is over."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.support.limit import Watch

LONGEST: Final = 30.0
"""Seconds that one case may take on a busy machine."""
HANGS: Final = 120.0
"""Seconds after which a case has hung: the run ends and shows what its threads do."""
SHOWN: Final = 10
"""Failures of a campaign that are printed."""

Case = tuple[str, Callable[[], object]]
"""What is tried, so that it can be found again; and trying it, which raises if it fails."""
Cases = Generator[Case, None, None]


@dataclass(frozen=True)
class Campaign:
    """Cases of one kind."""

    name: str
    what: str
    """What is tried and what has to hold, in one sentence."""
    cases: Callable[[Random], Cases]
    """All cases in an order by chance, or cases without end."""


@dataclass
class Figures:
    """What a campaign has come to."""

    campaign: Campaign
    tried: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list[str])


def conduct(campaign: Campaign, seed: int, seconds: float, watch: Watch | None = None) -> Figures:
    """Run one campaign, so long at most."""
    figures = Figures(campaign)
    began = time.monotonic()
    cases = campaign.cases(Random(f"{seed} {campaign.name}"))
    try:
        for name, run in cases:
            if watch is not None:
                watch.begin(f"{campaign.name}: {name} (seed {seed})")
            figures.tried += 1
            if failure := _failure(run):
                figures.failures.append(f"{campaign.name}: {failure}\n  in {name}")
            if time.monotonic() - began >= seconds:
                break
    finally:
        cases.close()
        if watch is not None:
            watch.end()
    figures.seconds = time.monotonic() - began
    return figures


def _failure(run: Callable[[], object]) -> str:
    began = time.monotonic()
    try:
        run()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    took = time.monotonic() - began
    return f"it took {took:.0f} s" if took > LONGEST else ""


def conduct_all(campaigns: Sequence[Campaign], seed: int, seconds: float) -> list[Figures]:
    """Run campaigns in `seconds` altogether; what one does not need the others have."""
    watch = Watch(HANGS)
    end = time.monotonic() + seconds
    found: list[Figures] = []
    for number, campaign in enumerate(campaigns):
        share = max(0.0, end - time.monotonic()) / (len(campaigns) - number)
        found.append(conduct(campaign, seed, share, watch))
    return found
