"""Files: up from a path, an open file, memory and an iterator; down into a file and into memory."""

from typing import Final

from ..subjects.plan import Mode
from .row import MEGABYTES, MODES, TRANSFER, Figure, Row

_STILL: Final = 8.0 * (1 << 20)
"""How much a transfer that holds nothing may grow."""

_OFFICIAL: Final[dict[Mode, tuple[str, ...]]] = {
    "blocking": ("", "httpx"),
    "asyncio": ("aiohttp", "", "httpx"),
    "trio": ("aiohttp", "", "httpx"),
}
"""Under trio, too, the best that the SDK has: its aiohttp transport, under asyncio."""


def _row(task: str, scenario: str, mode: Mode, figures: tuple[Figure, ...], quick: bool) -> Row:
    return Row(
        name=f"{task}-{mode}",
        group="upload" if scenario == "upload" else task,
        task=task,
        scenario=scenario,
        mode=mode,
        official="asyncio" if mode == "trio" else None,
        floor="blocking",
        variants=_OFFICIAL[mode],
        fresh=True,
        figures=figures,
        quick=quick,
    )


def _growth(label: str, limit: float) -> Figure:
    return Figure("growth", f"{label}: growth of peak RSS", "bytes", None, limit)


def _uploads() -> list[Row]:
    sources = (
        ("upload", "from a path", True),
        ("upload-opened", "from an open file", True),
        ("upload-bytes", "from bytes", False),
        ("upload-iterated", "from an iterator", True),
    )
    targets: dict[Mode, float] = {"blocking": 0.5, "asyncio": 1.0, "trio": 1.0}

    def figures(what: str, target: float, mode: Mode, still: bool) -> tuple[Figure, ...]:
        label = f"{MEGABYTES} {what}, {mode}"
        bar = f"{what}, {mode}" if mode == "asyncio" and "open" in what else ""
        return (
            Figure("wall", label, "transfer", target),
            Figure("cpu", f"{label}: CPU", "seconds", target, bar=bar),
            *([_growth(label, _STILL)] if still else []),
        )

    return [
        _row(
            task,
            "upload",
            mode,
            figures(f"upload {source}", target, mode, still),
            mode == "asyncio" and task == "upload-opened",
        )
        for task, source, still in sources
        for mode, target in targets.items()
    ]


def _parts() -> list[Row]:
    return [
        _row(
            "parts",
            "parts",
            mode,
            (Figure("wall", label, "transfer", 1.0), _growth(label, _STILL)),
            False,
        )
        for mode in MODES[:2]
        for label in [f"{MEGABYTES} upload in parts of 64 MB, {mode}"]
    ]


def _downloads() -> list[Row]:
    targets: dict[Mode, float] = {"blocking": 0.7, "asyncio": 0.4, "trio": 0.4}

    def figures(mode: Mode, target: float) -> tuple[Figure, ...]:
        label = f"{MEGABYTES} download to a file, {mode}"
        cpu = None if mode == "blocking" else target
        bar = f"download to a file, {mode}" if mode == "asyncio" else ""
        return (
            Figure("wall", label, "transfer", target if mode == "blocking" else None),
            Figure("cpu", f"{label}: CPU", "seconds", cpu, bar=bar),
            _growth(label, _STILL),
        )

    return [
        _row("download", "download", mode, figures(mode, target), mode == "asyncio")
        for mode, target in targets.items()
    ]


def _kept() -> list[Row]:
    return [
        _row(
            "keep",
            "download",
            mode,
            (_growth(label, 1.1 * TRANSFER), Figure("cpu", f"{label}: CPU", "seconds")),
            mode == "blocking",
        )
        for mode in MODES
        for label in [f"{MEGABYTES} download into memory, {mode}"]
    ]


ROWS: Final[tuple[Row, ...]] = (*_uploads(), *_parts(), *_downloads(), *_kept())
