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


def _cpu(label: str, target: float | None, bar: str = "") -> Figure:
    return Figure("cpu", label + ": CPU", "seconds", target, bar=bar)


def _wall(label: str) -> Figure:
    return Figure("wall", label + ": time", "seconds")


ROWS: Final[tuple[Row, ...]] = (
    _started(
        "import",
        "held",
        (
            _cpu("import and make a client", 0.075, "import, make a client"),
            _wall("import and make a client"),
            Figure("rss", "import and make a client: peak RSS", "bytes", 1 / 2),
            Figure("modules", "import and make a client: modules", "modules", limit=151),
        ),
    ),
    _started(
        "chat",
        "answer",
        (
            _cpu("start to first chat completion", 0.10, "start to first chat"),
            _wall("start to first chat completion"),
            Figure("modules", "start to first chat completion: modules", "modules", 1 / 5),
        ),
    ),
    _started(
        "chat-async",
        "answer",
        (_cpu("start to first chat completion, asyncio", 0.14),),
        "asyncio",
    ),
    _started(
        "stream",
        "held",
        (
            _cpu("start to first Responses event", 0.07, "start to first event"),
            _wall("start to first Responses event"),
        ),
    ),
    _started(
        "stream-async",
        "held",
        (_cpu("start to first Responses event, asyncio", 0.08),),
        "asyncio",
    ),
    Row(
        name="cold-command-help",
        group="cold",
        task="command-help",
        scenario="held",
        cold=True,
        fresh=True,
        absent=("official",),
        figures=(
            Figure(
                "cpu",
                "`api-openai --help`, by `import api_openai`: CPU",
                "seconds",
                to_floor=1.3,
            ),
        ),
    ),
    _started(
        "command-stream",
        "held",
        (
            _cpu("`api-openai responses create --stream`, to its first event", 0.2),
            _wall("`api-openai responses create --stream`, to its first event"),
        ),
    ),
    _started("session", "session-held", (_cpu("start to session.created, blocking", 0.12),)),
    _started(
        "session-async",
        "session-held",
        (_cpu("start to session.created, asyncio", None),),
        "asyncio",
    ),
)
