"""Realtime sessions: what comes in, what goes out."""

from typing import TYPE_CHECKING, Final

from .row import MODES, Row, cpu

if TYPE_CHECKING:
    from ..subjects.plan import Mode


def _heard() -> list[Row]:
    targets: dict[Mode, float] = {"blocking": 0.09, "asyncio": 0.13, "trio": 0.13}
    kinds: tuple[tuple[str, str, dict[Mode, float]], ...] = (
        ("session-coalesced", "realtime, 4 KB of audio, 8 events a write", targets),
        ("session-single", "the same, an event every ms", {}),
    )
    return [
        Row(
            name=f"{scenario}-{mode}",
            group="realtime",
            task="listen",
            scenario=scenario,
            mode=mode,
            official="asyncio" if mode == "trio" else None,
            figures=cpu(
                f"{label}, {mode}: CPU per event",
                bounds.get(mode),
                bar="realtime, audio received" if bounds and mode == "asyncio" else "",
            ),
            quick=mode == "asyncio" and bool(bounds),
        )
        for scenario, label, bounds in kinds
        for mode in MODES
    ]


def _spoken() -> list[Row]:
    return [
        Row(
            name=f"session-heard-{mode}",
            group="realtime",
            task="speak",
            scenario="session-heard",
            mode=mode,
            official="asyncio" if mode == "trio" else None,
            count=500,
            warm=50,
            figures=cpu(
                f"realtime, 4 KB of audio sent, {mode}: CPU per event",
                0.15,
                bar="realtime, audio sent" if mode == "asyncio" else "",
            ),
            quick=mode == "asyncio",
        )
        for mode in MODES
    ]


ROWS: Final[tuple[Row, ...]] = (*_heard(), *_spoken())
