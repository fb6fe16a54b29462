"""One answer for one request: chat, structured output, policies, embeddings, webhooks."""

from importlib.util import find_spec
from shutil import which
from typing import Final

from ..subjects.plan import Mode
from .row import BLOCKING, MODES, Figure, Row, cpu, variants

_UNARY: Final[dict[Mode, float]] = {"blocking": 0.10, "asyncio": 0.11, "trio": 0.11}


def _unary() -> list[Row]:
    return [
        Row(
            name=f"unary-{mode}",
            group="unary",
            task="answer",
            scenario="answer",
            mode=mode,
            variants=variants(mode),
            count=100,
            warm=25,
            figures=cpu(
                f"chat completion, {mode}: CPU per call",
                target,
                bar=f"chat completion, {mode}" if mode != "trio" else "",
            ),
        )
        for mode, target in _UNARY.items()
    ]


def _described() -> list[Row]:
    modes: tuple[Mode, ...] = ("blocking", "asyncio")
    return [
        Row(
            name=f"dialect-answer-{mode}",
            group="dialects",
            task="answer",
            scenario="answer",
            plain="answer-described",
            mode=mode,
            variants=variants(mode),
            count=100,
            warm=25,
            figures=cpu(
                f"chat completion with unknown fields, {mode}; floor: one without", None, 1.5
            ),
            quick=False,
        )
        for mode in modes
    ]


def _policed() -> list[Row]:
    return [
        Row(
            name=f"policed-{mode}",
            group="policies",
            task="policed",
            scenario="answer",
            mode=mode,
            variants=variants(mode),
            count=200,
            warm=50,
            figures=(
                Figure("cpu", f"all policies, {mode}: CPU per call more", "seconds", 1 / 20),
                Figure("alone", "the same, next to 5 us", "seconds", None, 5e-6),
            ),
            absent=("floor",),
            quick=False,
        )
        for mode in MODES[:2]
    ]


def _limited() -> list[Row]:
    """A twentieth of a call of a hundred microseconds; none where there is no Redis to ask."""
    if which("redis-server") is None or find_spec("redis") is None:
        return []
    label = "rate limit on Redis, up to 500 at a time"
    return [
        Row(
            name=f"limited-{mode}",
            group="policies",
            task="limited",
            scenario="answer",
            mode=mode,
            variants=variants(mode),
            count=3000,
            warm=1000,
            figures=(
                Figure(
                    "cpu",
                    f"{label}, {mode}: CPU per call more than in memory",
                    "seconds",
                    None,
                    5e-6,
                ),
            ),
            absent=("official", "floor"),
            quick=False,
        )
        for mode in MODES[:2]
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
            variants=variants(mode),
            count=50,
            warm=10,
            figures=cpu(f"{label}, {mode}: CPU per call", target),
            quick=mode == "blocking" and task == "parse",
        )
        for task, label, target in kinds
        for mode in MODES[:2]
    ]


def _embeddings() -> list[Row]:
    of = "64 x 3072 embeddings"
    return [
        Row(
            name="base64",
            group="embeddings",
            task="base64",
            scenario="embeddings-base64",
            variants=("itself",),
            count=20,
            figures=cpu(
                f"{of}, base64 to floats, beside the SDK's default call: CPU per call",
                0.15,
                bar="embeddings, base64 to floats",
            ),
        ),
        Row(
            name="base64-numpy",
            group="embeddings",
            task="base64",
            scenario="embeddings-base64",
            variants=("numpy",),
            count=20,
            figures=cpu(f"{of}, base64 to floats, beside numpy by hand: CPU per call", 1 / 3),
            quick=False,
        ),
        Row(
            name="floats",
            group="embeddings",
            task="floats",
            scenario="embeddings-float",
            variants=BLOCKING,
            figures=cpu(f"{of}, as JSON numbers: CPU per call", 1 / 15, 1.1),
        ),
        Row(
            name="vectors",
            group="embeddings",
            task="vectors",
            scenario="embeddings-float",
            answered="embeddings-base64",
            variants=("itself",),
            count=2,
            figures=cpu(f"{of}, the default calls (the SDK's asks for base64): CPU per call", None),
            quick=False,
        ),
    ]


ROWS: Final[tuple[Row, ...]] = (
    *_unary(),
    *_described(),
    *_policed(),
    *_limited(),
    *_structured(),
    Row(
        name="messages",
        group="messages",
        task="messages",
        scenario="answer",
        variants=BLOCKING,
        count=2,
        figures=cpu("chat of 1,000 messages: CPU per call", 1 / 40),
    ),
    *_embeddings(),
    Row(
        name="webhook",
        group="webhook",
        task="webhook",
        scenario="answer",
        count=250,
        warm=25,
        figures=cpu("webhook, verified and decoded: CPU per delivery", 1 / 4),
    ),
)
