"""How a body may end that did not announce the end of its stream, by the events that it had."""

from collections.abc import Sequence

from ..json.values import fields_of, items
from ..terms.json_text import decode_json

__all__ = ["breaks_off", "choices_are_finished", "is_last"]


def is_last(events: Sequence[bytes], last: tuple[str, ...]) -> bool:
    """Whether the last of the events is of a type that may be the last."""
    return bool(events) and fields_of(decode_json(events[-1])).get("type") in last


def choices_are_finished(events: Sequence[bytes]) -> bool:
    """Whether every choice that the events tell of has a finish reason, and there is one."""
    open_: set[str] = set()
    finished: set[str] = set()
    for data in events:
        for each in items(fields_of(decode_json(data)).get("choices")):
            choice = fields_of(each)
            which = str(choice.get("index"))
            (finished if choice.get("finish_reason") else open_).add(which)
    return bool(finished) and open_ <= finished


def breaks_off(tail: bytes) -> bool:
    """Whether what stands behind the last event is the beginning of another, and no comment."""
    return any(line and not line.startswith(b":") for line in tail.split(b"\n"))
