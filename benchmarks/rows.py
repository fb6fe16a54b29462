"""What is measured, on what, and what it may cost next to the official SDK's best."""

from dataclasses import dataclass
from typing import Final, Literal

from .subjects.plan import Mode, Who

TRANSFER: Final = 256 << 20
STREAMS: Final = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `target` bounds our ratio to the official SDK, `limit` our value."""

    key: str
    label: str
    unit: Literal["seconds", "bytes", "modules", "transfer"]
    target: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement of every subject.

    `variants` names the official SDK's ways of doing it, best first. A `fresh` row gets a new
    process in every round, the others one process that warms up before each round. `count` is how
    many calls (or streams) a round measures; `warm` calls go before, to the scenario `warm_on` if
    that is given. `absent` have nothing to compare.
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

    def mode_of(self, who: Who) -> Mode:
        """Rows without an equal on the other side are compared with the nearest there is."""
        chosen: dict[Who, Mode | None] = {"official": self.official, "floor": self.floor}
        return chosen.get(who) or self.mode


def _cpu(label: str, target: float | None) -> tuple[Figure, ...]:
    return (Figure("cpu", label, "seconds", target),)


_ASYNC: Final = ("aiohttp", "", "httpx")
_BLOCKING: Final = ("", "httpx")
_MODES: Final[tuple[Mode, ...]] = ("blocking", "asyncio", "trio")


def _variants(mode: Mode) -> tuple[str, ...]:
    return {"blocking": _BLOCKING, "asyncio": _ASYNC, "trio": ("",)}[mode]


def _unary() -> list[Row]:
    return [
        Row(
            name=f"unary-{mode}",
            group="unary",
            task="answer",
            scenario="answer",
            mode=mode,
            variants=_variants(mode),
            count=250,
            warm=25,
            figures=_cpu(f"chat completion, {mode}: CPU per call", 1 / 6),
        )
        for mode in _MODES
    ]


def _policed() -> list[Row]:
    modes: tuple[Mode, ...] = ("blocking", "asyncio")
    return [
        Row(
            name=f"policed-{mode}",
            group="policies",
            task="policed",
            scenario="answer",
            mode=mode,
            variants=_variants(mode),
            count=400,
            warm=50,
            figures=(
                Figure("cpu", f"all policies, {mode}: CPU per call more", "seconds", 1 / 20),
                Figure("alone", "the same, next to 5 us", "seconds", None, 5e-6),
            ),
            absent=("floor",),
        )
        for mode in modes
    ]


def _structured() -> list[Row]:
    kinds = (
        ("parse", "structured output, pydantic model", 1 / 4),
        ("parse-struct", "the same, our Struct beside pydantic", 1 / 4),
    )
    return [
        Row(
            name=f"{task}-{mode}",
            group="structured",
            task=task,
            scenario="structured",
            mode=mode,
            variants=_variants(mode),
            count=200,
            warm=25,
            figures=_cpu(f"{label}, {mode}: CPU per call", target),
            quick=mode == "blocking",
        )
        for task, label, target in kinds
        for mode in _MODES[:2]
    ]


_STREAMED: Final = (
    ("responses", "responses-chunks", "Responses, an event per chunk", 1 / 8),
    ("responses", "responses-obfuscated", "the same, obfuscated", 1 / 8),
    ("chat", "chat-chunks", "chat, an event per chunk", 1 / 8),
    ("responses", "responses-coalesced", "Responses, 64 events per chunk", 1 / 20),
    ("chat", "chat-coalesced", "chat, 64 events per chunk", 1 / 20),
)


def _streams() -> list[Row]:
    return [
        Row(
            name=f"{scenario}-{mode}",
            group="stream",
            task=task,
            scenario=scenario,
            mode=mode,
            variants=_variants(mode),
            count=2,
            figures=_cpu(f"{label}, {mode}: CPU per event", target),
            quick=mode != "trio" and "obfuscated" not in scenario,
        )
        for task, scenario, label, target in _STREAMED
        for mode in _MODES
    ]


def _adding() -> list[Row]:
    return [
        Row(
            name=f"{task}-{mode}",
            group="adds",
            task=task,
            scenario=scenario,
            mode=mode,
            variants=_variants(mode),
            count=2,
            figures=_cpu(f"{label} with snapshots (.stream()), {mode}: CPU per event", 1 / 8),
            quick=mode == "blocking",
        )
        for task, scenario, label in (
            ("responses-adds", "responses-chunks", "Responses"),
            ("chat-adds", "chat-chunks", "chat"),
        )
        for mode in _MODES[:2]
    ]


def _paced() -> list[Row]:
    return [
        Row(
            name=f"paced-{mode}",
            group="paced",
            task="responses",
            scenario="paced",
            mode=mode,
            variants=_variants(mode),
            warm_on="responses-chunks",
            figures=_cpu(f"Responses, an event every 2 ms, {mode}: CPU per event", None),
            quick=mode == "asyncio",
        )
        for mode in _MODES
    ]


def _transfers() -> list[Row]:
    limit = 8.0 * (1 << 20)
    return [
        Row(
            name=f"{task}-{mode}",
            group=task,
            task=task,
            scenario=task,
            mode=mode,
            floor="blocking",
            variants=("", "httpx") if mode == "blocking" else ("", "aiohttp", "httpx"),
            fresh=True,
            figures=(
                Figure("wall", f"256 MB {what}, {mode}", "transfer", target),
                Figure(
                    "growth", f"256 MB {what}, {mode}: growth of peak RSS", "bytes", None, limit
                ),
            ),
            quick=mode == "blocking" and task != "parts",
        )
        for task, what, target in (
            ("upload", "upload", 1.0),
            ("parts", "upload in parts of 64 MB", 1.0),
            ("download", "download", 0.7),
        )
        for mode in _MODES
        if mode != "trio"
    ]


def _opened() -> list[Row]:
    kinds: tuple[tuple[str, Mode, float | None], ...] = (
        ("session", "blocking", 0.12),
        ("session-async", "asyncio", None),
    )
    return [
        Row(
            name=f"cold-{task}",
            group="cold",
            task=task,
            scenario="session-held",
            mode=mode,
            cold=True,
            fresh=True,
            figures=(Figure("wall", f"start to session.created, {mode}: wall", "seconds", target),),
            quick=target is not None,
        )
        for task, mode, target in kinds
    ]


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
            figures=_cpu(f"{label}, {mode}: CPU per event", bounds.get(mode)),
            quick=mode != "trio" and bool(bounds),
        )
        for scenario, label, bounds in kinds
        for mode in _MODES
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
            figures=_cpu(f"realtime, 4 KB of audio sent, {mode}: CPU per event", 0.15),
            quick=mode != "trio",
        )
        for mode in _MODES
    ]


def _held() -> list[Row]:
    kinds = (
        ("open", "hold", "held", ("", "aiohttp"), "streams open", 0.4),
        ("idle", "idle", "session-held", ("",), "realtime sessions idle", 0.2),
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
            count=STREAMS,
            warm=200,
            fresh=True,
            figures=(Figure("rss", f"1,000 {label}, {mode}: RSS each", "bytes", target),),
            quick=mode == "asyncio",
        )
        for name, task, scenario, variants, label, target in kinds
        for mode in _MODES[1:]
    ]


ROWS: Final[tuple[Row, ...]] = (
    Row(
        name="cold-import",
        group="cold",
        task="import",
        scenario="held",
        cold=True,
        fresh=True,
        figures=(
            Figure("wall", "import and make a client: whole process", "seconds", 1 / 8),
            Figure("rss", "import and make a client: peak RSS", "bytes", 1 / 2),
            Figure("modules", "import and make a client: modules", "modules"),
        ),
    ),
    Row(
        name="cold-chat",
        group="cold",
        task="chat",
        scenario="answer",
        cold=True,
        fresh=True,
        figures=(
            Figure("wall", "start to first chat completion: whole process", "seconds", 1 / 5),
            Figure("modules", "start to first chat completion: modules", "modules", 1 / 5),
        ),
    ),
    Row(
        name="cold-stream",
        group="cold",
        task="stream",
        scenario="held",
        cold=True,
        fresh=True,
        figures=(Figure("wall", "start to first Responses event: wall", "seconds", 1 / 8),),
    ),
    *_opened(),
    *_unary(),
    *_policed(),
    *_structured(),
    *_streams(),
    *_adding(),
    *_paced(),
    Row(
        name="messages",
        group="messages",
        task="messages",
        scenario="answer",
        variants=_BLOCKING,
        count=10,
        figures=_cpu("chat of 1,000 messages: CPU per call", 1 / 40),
    ),
    Row(
        name="floats",
        group="embeddings",
        task="floats",
        scenario="embeddings-float",
        variants=_BLOCKING,
        count=2,
        figures=_cpu("64 x 3072 embeddings as floats: CPU per call", 1 / 15),
    ),
    Row(
        name="base64",
        group="embeddings",
        task="base64",
        scenario="embeddings-base64",
        variants=("numpy", "itself"),
        count=20,
        figures=_cpu("64 x 3072 embeddings, base64 to floats: CPU per call", 1 / 3),
    ),
    Row(
        name="webhook",
        group="webhook",
        task="webhook",
        scenario="answer",
        count=250,
        warm=25,
        figures=_cpu("webhook, verified and decoded: CPU per delivery", 1 / 4),
    ),
    *_transfers(),
    *_heard(),
    *_spoken(),
    *_held(),
)


def select(names: str) -> tuple[Row, ...]:
    """The rows whose name or group is in the comma-separated `names`; "" selects all."""
    if not names:
        return ROWS
    wanted = set(names.split(","))
    if unknown := wanted - {row.name for row in ROWS} - {row.group for row in ROWS}:
        raise ValueError(f"no such rows: {', '.join(sorted(unknown))}")
    return tuple(row for row in ROWS if row.name in wanted or row.group in wanted)
