"""Faults to ask for, and the script that says when.

    from api_openai.emulator.faults import Reset, Status

    emulator.script(Status(429, retry_after=2), Reset(after_bytes=100))

Uses `http`.
"""

from .faults import (
    FAULTS,
    CallFunction,
    Close,
    Comments,
    Compress,
    DropKeepAlive,
    EarlyError,
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
    parse,
)
from .script import ScriptStep

__all__ = [
    "FAULTS",
    "CallFunction",
    "Close",
    "Comments",
    "Compress",
    "DropKeepAlive",
    "EarlyError",
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
    "Stall",
    "Status",
    "Truncate",
    "parse",
]
