"""The errors of connections: one that could not be made, and one that broke."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...core.terms.errors import APIConnectionError

if TYPE_CHECKING:
    from ...core.call.backend import Address


def place(address: Address) -> str:
    """Show an address in a message: `host:port`."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def unreachable(address: Address, error: BaseException) -> APIConnectionError:
    """Make the error for a connection that could not be made."""
    return APIConnectionError(f"Cannot connect to {place(address)}: {reason(error)}", sent="no")


def lost(peer: Address, doing: str, error: BaseException | None) -> APIConnectionError:
    """Make the error for a connection that broke while `doing` something."""
    why = "it is closed" if error is None else reason(error)
    return APIConnectionError(f"Connection to {place(peer)} failed while {doing}: {why}")


def reason(error: BaseException) -> str:
    """Say what an error was, in a few words."""
    if (
        type(error) is OSError or isinstance(error, (ConnectionError, TimeoutError))
    ) and error.errno:
        return os.strerror(error.errno)  # event loops put longer texts there
    text = getattr(error, "strerror", None) or str(error)
    return text if isinstance(text, str) and text else type(error).__name__
