"""Many at once: calls, streams that stay open, connections that are opened."""

from typing import Final, Literal

from ..subjects.plan import Mode
from .row import MODES, Figure, Row, cpu, variants

_WAYS: Final[dict[Mode, str]] = {"blocking": "threads", "asyncio": "asyncio", "trio": "trio"}


def _together() -> list[Row]:
    return [
        Row(
            name=f"together-{way}",
            group="together",
            task="together",
            scenario="answer",
            mode=mode,
            variants=variants(mode),
            count=100,
            figures=cpu(
                f"100 chat completions at once, {way}: CPU per call",
                0.10,
                bar=f"100 at once, {way}" if mode == "asyncio" else "",
            ),
            quick=mode == "asyncio",
        )
        for mode, way in _WAYS.items()
    ]


def _connected() -> list[Row]:
    kinds: tuple[tuple[Literal["full", "resumed"], int, str], ...] = (
        ("full", 0, "200 TLS connections at once"),
        ("resumed", 1, "200 TLS connections at once, sessions offered"),
    )
    return [
        Row(
            name=f"tls-{tls}-{way}",
            group="tls",
            task="connected",
            scenario="held",
            tls=tls,
            mode=mode,
            variants=variants(mode),
            count=200,
            warm=warm,
            fresh=True,
            figures=(
                Figure("wall", f"{label}, {way}: wall each", "seconds", 1.0),
                Figure("cpu", f"{label}, {way}: CPU each", "seconds"),
            ),
            absent=("floor",),
            quick=mode == "asyncio" and tls == "resumed",
        )
        for tls, warm, label in kinds
        for mode, way in _WAYS.items()
    ]


def _held() -> list[Row]:
    kinds = (
        ("open", "hold", "held", ("", "aiohttp"), "streams open"),
        ("idle", "idle", "session-held", ("",), "realtime sessions idle"),
    )
    return [
        Row(
            name=f"{name}-{mode}",
            group=name,
            task=task,
            scenario=scenario,
            mode=mode,
            official="asyncio",
            floor="asyncio",
            variants=variants,
            count=1000,
            warm=200,
            fresh=True,
            figures=(
                Figure(
                    "rss",
                    f"1,000 {label}, {mode}: RSS each",
                    "bytes",
                    0.2,
                    bar=f"1,000 {label}" if mode == "asyncio" else "",
                ),
            ),
            quick=mode == "asyncio" and name == "open",
        )
        for name, task, scenario, variants, label in kinds
        for mode in MODES[1:]
    ]


ROWS: Final[tuple[Row, ...]] = (*_together(), *_connected(), *_held())
