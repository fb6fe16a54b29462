"""Faults by name: as header fields and command lines write them."""

from typing import Final

import msgspec

from .faults import (
    CallFunction,
    Close,
    Comments,
    Compress,
    DropKeepAlive,
    EarlyError,
    EarlyHints,
    Fault,
    Garbage,
    Html,
    MidStreamError,
    NoDone,
    Raw,
    Reset,
    Say,
    Slow,
    Stall,
    Status,
    Truncate,
)
from .socket_faults import (
    SocketClose,
    SocketDrop,
    SocketGarbage,
    SocketNoise,
    SocketOversized,
    SocketPing,
    SocketStall,
)

FAULTS: Final[dict[str, type[Fault]]] = {
    "reset": Reset,
    "close": Close,
    "stall": Stall,
    "slow": Slow,
    "drop-keep-alive": DropKeepAlive,
    "raw": Raw,
    "garbage": Garbage,
    "status": Status,
    "html": Html,
    "early-error": EarlyError,
    "early-hints": EarlyHints,
    "truncate": Truncate,
    "mid-stream-error": MidStreamError,
    "no-done": NoDone,
    "comments": Comments,
    "compress": Compress,
    "say": Say,
    "call-function": CallFunction,
    "socket-drop": SocketDrop,
    "socket-stall": SocketStall,
    "socket-close": SocketClose,
    "socket-garbage": SocketGarbage,
    "socket-noise": SocketNoise,
    "socket-oversized": SocketOversized,
    "socket-ping": SocketPing,
}
"""Faults by the names they have in the `x-emulator-fault` header and on the command line."""


def parse(text: str) -> tuple[Fault, ...]:
    """Read faults as headers and command lines write them: `slow;bytes_per_second=100, no-done`.

    `after` is short for `after_bytes`; `data` of `raw` is base64. `ValueError` says what is wrong.
    """
    return tuple(_parse_one(item) for item in text.split(",") if item.strip())


def _parse_one(item: str) -> Fault:
    name, *pairs = (piece.strip() for piece in item.split(";"))
    cls = FAULTS.get(name)
    if cls is None:
        raise ValueError(f"fault {name!r}: expected one of {', '.join(FAULTS)}")
    fields: dict[str, str] = {}
    for pair in pairs:
        field, _, value = pair.partition("=")
        field = field.strip().replace("-", "_")
        if field == "after" and "after_bytes" in cls.__struct_fields__:
            field = "after_bytes"
        fields[field] = value.strip()
    try:
        return msgspec.convert(fields, cls, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"fault {name!r}: {error}") from None
