"""What a row and its figures are."""

from dataclasses import dataclass
from typing import Final, Literal

from ..subjects.plan import Mode, Side, Who

TRANSFER: Final = 128 << 20
MEGABYTES: Final = f"{TRANSFER >> 20} MB"

MODES: Final[tuple[Mode, ...]] = ("blocking", "asyncio", "trio")
ASYNC: Final = ("aiohttp", "", "httpx")
BLOCKING: Final = ("", "httpx")

Unit = Literal["seconds", "bytes", "modules", "transfer"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `target` bounds our ratio to the official SDK, `to_floor` the one to the floor, `limit` our
    value. `bar` is its name in the picture, where it is one of those that are drawn.
    """

    key: str
    label: str
    unit: Unit
    target: float | None = None
    limit: float | None = None
    to_floor: float | None = None
    bar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement of every subject.

    `variants` names the official SDK's ways of doing it, best first. A `fresh` row gets a new
    process in every round, the others one process that warms up before each round. `count` is how
    many calls (or streams) a round measures; `warm` calls go before, to the scenario `warm_on` if
    that is given. `absent` have nothing to compare.

    `answered` is what the server tells the official SDK where the two ask for different things.
    With `plain` our own client on that scenario stands in place of the floor.
    """

    name: str
    group: str
    task: str
    scenario: str
    figures: tuple[Figure, ...]
    mode: Mode = "blocking"
    official: Mode | None = None
    floor: Mode | None = None
    variants: tuple[str, ...] = ("",)
    count: int = 1
    warm: int = 1
    warm_on: str = ""
    fresh: bool = False
    cold: bool = False
    quick: bool = True
    absent: tuple[Who, ...] = ()
    answered: str = ""
    plain: str = ""
    tls: Literal["", "full", "resumed"] = ""

    def mode_of(self, who: Side) -> Mode:
        """Rows without an equal on the other side are compared with the nearest there is."""
        chosen: dict[Side, Mode | None] = {"official": self.official, "floor": self.floor}
        return chosen.get(who) or self.mode


def cpu(
    label: str, target: float | None, to_floor: float | None = None, bar: str = ""
) -> tuple[Figure, ...]:
    return (Figure("cpu", label, "seconds", target, None, to_floor, bar),)


def variants(mode: Mode) -> tuple[str, ...]:
    return {"blocking": BLOCKING, "asyncio": ASYNC, "trio": ("",)}[mode]
