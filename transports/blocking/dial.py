"""Connecting a blocking socket, to whichever address of a host answers first (RFC 8305)."""

from __future__ import annotations

import errno
import os
import socket
from math import inf
from typing import TYPE_CHECKING, Final

from ...core.call.backend import DeadlinePassed
from ..common.addresses import in_turns, literal
from ..common.happy_eyeballs import Race
from ..common.sockets import LONGEST_WAIT, writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.call.backend import Address
    from ..common.addresses import Target

_UNDER_WAY: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})


def dial(
    address: Address,
    deadline: float,
    now: Callable[[], float],
    writable: Callable[[list[int], float], list[int]] = writable,
) -> socket.socket:
    """Return a connected socket that does not block.

    `OSError` of the first address when none answers, `DeadlinePassed` when none does in time.
    `writable` is how to wait: what it raises goes through.
    """
    host, port = address
    known = literal(host, port)
    found = [known] if known else in_turns(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    race: Race[socket.socket] = Race(found)
    attempts = _Attempts(race)
    try:
        while race.goes_on(bool(attempts.sockets)):
            target = race.next_target()
            if target is not None:
                attempts.start(target)
            left = deadline - now() if deadline != inf else inf
            if race.winner is None and attempts.sockets:
                if left <= 0:
                    raise DeadlinePassed
                attempts.wait(min(race.pause, left, LONGEST_WAIT), writable)
    finally:
        attempts.close()
    return race.result()


class _Attempts:
    """The sockets of attempts that are not decided, or have not won."""

    def __init__(self, race: Race[socket.socket]) -> None:
        self._race = race
        self.sockets: dict[int, socket.socket] = {}

    def start(self, target: Target) -> None:
        """Begin to connect."""
        family, where = target
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a family that this system does not have
            self._race.failed(error)
            return
        self.sockets[sock.fileno()] = sock
        sock.setblocking(False)
        code = sock.connect_ex(where)
        if code not in _UNDER_WAY:
            self._decided(sock, code)

    def wait(self, seconds: float, writable: Callable[[list[int], float], list[int]]) -> None:
        """Wait until an attempt is decided, so long at most."""
        for fd in writable([*self.sockets], seconds):
            sock = self.sockets[fd]
            self._decided(sock, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _decided(self, sock: socket.socket, code: int) -> None:
        fd = sock.fileno()
        if code:
            del self.sockets[fd]
            sock.close()
            self._race.failed(OSError(code, os.strerror(code)))
        elif self._race.succeeded(sock):
            del self.sockets[fd]

    def close(self) -> None:
        """Close the sockets that have not won."""
        for sock in self.sockets.values():
            sock.close()
