"""Faults to ask for, and the script that says when.

    from api_openai.emulator.faults import Reset, Status

    emulator.script(Status(429, retry_after=2), Reset(after_bytes=100))

Uses `http`.
"""

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
from .names import FAULTS, parse
from .script import ScriptStep
from .socket_faults import (
    SocketClose,
    SocketDrop,
    SocketFault,
    SocketGarbage,
    SocketNoise,
    SocketOversized,
    SocketPing,
    SocketReply,
    SocketStall,
)

__all__ = [
    "FAULTS",
    "CallFunction",
    "Close",
    "Comments",
    "Compress",
    "DropKeepAlive",
    "EarlyError",
    "EarlyHints",
    "Fault",
    "Garbage",
    "Html",
    "MidStreamError",
    "NoDone",
    "Raw",
    "Reset",
    "Say",
    "ScriptStep",
    "Slow",
    "SocketClose",
    "SocketDrop",
    "SocketFault",
    "SocketGarbage",
    "SocketNoise",
    "SocketOversized",
    "SocketPing",
    "SocketReply",
    "SocketStall",
    "Stall",
    "Status",
    "Truncate",
    "parse",
]
