"""The addresses of a host, in the order in which they are tried (RFC 8305)."""

from __future__ import annotations

import socket
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Target = tuple[socket.AddressFamily, tuple[Any, ...]]
"""An address family, and an address as sockets of that family take it."""

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
"""What `getaddrinfo` says of one address."""


def literal(host: str, port: int) -> Target | None:
    """Read `host` as an IP address, for which nobody has to be asked."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return family, (host, port)
    return None


def in_turns(found: Iterable[Found]) -> list[Target]:
    """Have the families take turns, the one first that came first (RFC 8305 section 4).

    `OSError` when there is nothing to be tried.
    """
    families: dict[socket.AddressFamily, list[Target]] = {}
    for family, _, _, _, target in found:
        families.setdefault(family, []).append((family, target))
    if not families:
        raise OSError("the host has no address")
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [target for target in turns if target is not None]
