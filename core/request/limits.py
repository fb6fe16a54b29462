"""Limits to what a server may send, as the caller states them."""

from typing import Final

import msgspec

_NAMES: Final = ("history", "history_bytes", "event", "answer")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what a server sends is taken, or kept.

    `event`: bytes of one event of a stream; more is an error. `answer`: bytes of a body that is
    read as a whole; more is an error, and `None`, the default, is no limit. `history`: events of a
    stream that are kept for `StreamTruncatedError.partial`; `history_bytes`: bytes of them.
    """

    history: int = 4096
    history_bytes: int = 16 << 20
    event: int = 64 << 20
    answer: int | None = None

    def __post_init__(self) -> None:
        for name in _NAMES:
            value: object = getattr(self, name)
            if value is None and name == "answer":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"limits {name}={value!r}: expected a number of 1 or more")
