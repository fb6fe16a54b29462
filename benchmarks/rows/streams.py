"""Streams of events: one in a chunk, many in a chunk, far apart, with snapshots, with unknown fields."""

from typing import TYPE_CHECKING, Final

from .row import MODES, Row, cpu, variants

if TYPE_CHECKING:
    from ..subjects.plan import Mode

_EACH: Final = (1 / 8, 1.0)
_MANY: Final = (1 / 20, 1.5)
_STREAMED: Final = (
    ("responses", "responses-chunks", "Responses, an event per chunk", _EACH, "Responses stream"),
    ("responses", "responses-obfuscated", "the same, obfuscated", _EACH, ""),
    ("chat", "chat-chunks", "chat, an event per chunk", _EACH, "chat stream"),
    ("responses", "responses-coalesced", "Responses, 64 events per chunk", _MANY, ""),
    ("chat", "chat-coalesced", "chat, 64 events per chunk", _MANY, "chat stream, coalesced"),
)


def _streams() -> list[Row]:
    return [
        Row(
            name=f"{scenario}-{mode}",
            group="stream",
            task=task,
            scenario=scenario,
            mode=mode,
            variants=variants(mode),
            count=2,
            figures=cpu(
                f"{label}, {mode}: CPU per event",
                *targets,
                bar=f"{bar}, {mode}" if bar and mode == "asyncio" else "",
            ),
            quick=mode == "asyncio" and "obfuscated" not in scenario,
        )
        for task, scenario, label, targets, bar in _STREAMED
        for mode in MODES
        if mode == "asyncio" or "obfuscated" not in scenario
    ]


def _dialects() -> list[Row]:
    kinds = (
        ("chunks", "vllm", "chat of a vLLM server, an event per chunk"),
        ("coalesced", "vllm", "chat of a vLLM server, 64 events per chunk"),
        ("coalesced", "llama", "chat of a llama.cpp server, 64 events per chunk"),
    )
    modes: tuple[Mode, ...] = ("blocking", "asyncio")
    return [
        Row(
            name=f"dialect-{shape}-{dialect}-{mode}",
            group="dialects",
            task="chat",
            scenario=f"chat-{shape}-{dialect}",
            plain=f"chat-{shape}",
            mode=mode,
            variants=variants(mode),
            count=2,
            figures=cpu(f"{label}, {mode}; floor: one of OpenAI's", None, 1.5),
            quick=mode == "asyncio" and dialect == "vllm",
        )
        for shape, dialect, label in kinds
        for mode in modes
    ]


def _adding() -> list[Row]:
    return [
        Row(
            name=f"{task}-{mode}",
            group="adds",
            task=task,
            scenario=scenario,
            mode=mode,
            variants=variants(mode),
            count=2,
            figures=cpu(
                f"{label} with snapshots (.stream()), {mode}: CPU per event",
                0.05,
                bar=f"{label} with snapshots" if mode == "blocking" else "",
            ),
            quick=mode == "blocking",
        )
        for task, scenario, label in (
            ("responses-adds", "responses-chunks", "Responses"),
            ("chat-adds", "chat-chunks", "chat"),
        )
        for mode in MODES[:2]
    ]


def _paced() -> list[Row]:
    targets: dict[Mode, float] = {"blocking": 0.15, "asyncio": 0.12}
    return [
        Row(
            name=f"paced-{mode}",
            group="paced",
            task="responses",
            scenario="paced",
            mode=mode,
            variants=variants(mode),
            warm_on="responses-chunks",
            figures=cpu(
                f"Responses, an event every 2 ms, {mode}: CPU per event", targets.get(mode)
            ),
            quick=mode == "asyncio",
        )
        for mode in MODES
    ]


ROWS: Final[tuple[Row, ...]] = (*_streams(), *_dialects(), *_adding(), *_paced())
