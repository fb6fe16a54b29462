"""Whole processes, from their start to the first answer."""

from typing import Final

from ..subjects.plan import Mode
from .row import Figure, Row


def _started(task: str, scenario: str, figures: tuple[Figure, ...], mode: Mode = "blocking") -> Row:
    return Row(
        name=f"cold-{task}",
        group="cold",
        task=task,
        scenario=scenario,
        mode=mode,
        cold=True,
        fresh=True,
        figures=figures,
        quick=mode == "blocking",
    )


def _wall(label: str, target: float | None, bar: str = "") -> Figure:
    return Figure("wall", label, "seconds", target, bar=bar)


ROWS: Final[tuple[Row, ...]] = (
    _started(
        "import",
        "held",
        (
            _wall("import and make a client: whole process", 0.075, "import, make a client"),
            Figure("rss", "import and make a client: peak RSS", "bytes", 1 / 2),
            Figure("modules", "import and make a client: modules", "modules", limit=151),
        ),
    ),
    _started(
        "chat",
        "answer",
        (
            _wall("start to first chat completion: whole process", 0.10, "start to first chat"),
            Figure("modules", "start to first chat completion: modules", "modules", 1 / 5),
        ),
    ),
    _started(
        "chat-async",
        "answer",
        (_wall("start to first chat completion, asyncio: whole process", 0.14),),
        "asyncio",
    ),
    _started(
        "stream",
        "held",
        (_wall("start to first Responses event: wall", 0.07, "start to first event"),),
    ),
    _started(
        "stream-async",
        "held",
        (_wall("start to first Responses event, asyncio: wall", 0.08),),
        "asyncio",
    ),
    _started("session", "session-held", (_wall("start to session.created, blocking: wall", 0.12),)),
    _started(
        "session-async",
        "session-held",
        (_wall("start to session.created, asyncio: wall", None),),
        "asyncio",
    ),
)
