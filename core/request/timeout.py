"""Limits of a call in seconds, as the caller states them."""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..terms.errors import Phase
from ..terms.omit import is_omitted

_PHASES: Final = ("connect", "first_byte", "idle", "total")


class _ByName(msgspec.StructMeta):
    if not TYPE_CHECKING:  # checkers go by the fields

        def __call__(cls, /, *args, **limits):
            if args or limits.keys() - {*cls.__struct_fields__}:
                given = [*map(repr, args), *(f"{name}={each!r}" for name, each in limits.items())]
                raise TypeError(
                    f"Timeout({', '.join(given)}): expected {', '.join(cls.__struct_fields__)}, by name; "
                    "a number in the place of a Timeout, or one of httpx, limits each phase"
                )
            return super().__call__(**limits)


class Timeout(msgspec.Struct, metaclass=_ByName, frozen=True, kw_only=True):
    """Limits in seconds; `None` means no limit, and that is the default of each.

    `connect`: waiting for a place in the pool, TCP, proxy and TLS together. `first_byte`: from the
    request being sent to the first byte of the answer. `idle`: the longest pause in sending, and
    between parts of the answer or events of a stream. `total`: the whole call, retries and the
    reading of its stream included. In a stream comments and pings do not count as signs of life,
    unless `keepalives` is true.
    """

    connect: float | None = None
    first_byte: float | None = None
    idle: float | None = None
    total: float | None = None
    keepalives: bool = False

    def __post_init__(self) -> None:
        for field in _PHASES:
            value = getattr(self, field)
            if value is not None and not (isinstance(value, (int, float)) and value > 0):
                raise ValueError(f"timeout {field}={value!r}: expected seconds above 0, or None")

    @classmethod
    def of(cls, value: object) -> "Timeout":
        """Make a timeout from what callers write.

        `None` is no limit, and so is `omit`. A number is a limit to each phase of its own (connect, first byte,
        idle), as it is in httpx. An object with `connect`, `read`, `write` and `pool` (an
        `httpx.Timeout`) is taken over phase by phase.
        """
        if isinstance(value, Timeout):
            return value
        if value is None or is_omitted(value):
            return cls()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return cls(connect=value, first_byte=value, idle=value)
        if hasattr(value, "connect") and hasattr(value, "read"):
            foreign: Any = value
            return cls(connect=foreign.connect, first_byte=foreign.read, idle=foreign.read)
        raise TypeError(f"timeout={value!r}: expected seconds, a Timeout, or None")

    def seconds(self, phase: Phase) -> float | None:
        """Return the limit that governs `phase`."""
        match phase:
            case "pool" | "connect":
                return self.connect
            case "first_byte":
                return self.first_byte
            case "send" | "idle":
                return self.idle
            case "total":
                return self.total


DEFAULT_TIMEOUT: Final = Timeout()
"""The limits of a client that is given none: there are none."""
