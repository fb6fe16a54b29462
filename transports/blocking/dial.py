"""Connecting a blocking socket, to whichever address of a host answers first (RFC 8305)."""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Final

from ...core.call.backend import DeadlinePassed
from ..common.addresses import DELAY, in_turns, literal
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
    race = _Race(found)
    try:
        while race.winner is None and race.goes_on:
            race.start_next()
            pause = DELAY if race.todo else LONGEST_WAIT
            left = deadline - now() if deadline != inf else inf
            if race.winner is None and race.running:
                if left <= 0:
                    raise DeadlinePassed
                race.wait(min(pause, left), writable)
    finally:
        race.end()
    if race.winner is None:
        raise race.failures[0]
    return race.winner


class _Race:
    """Attempts under way, and the first that succeeds."""

    def __init__(self, targets: list[Target]) -> None:
        self.todo = deque(targets)
        self.running: dict[int, socket.socket] = {}
        self.winner: socket.socket | None = None
        self.failures: list[OSError] = []

    @property
    def goes_on(self) -> bool:
        return bool(self.todo or self.running)

    def start_next(self) -> None:
        """Begin to connect to the next address, if there is one."""
        if not self.todo:
            return
        family, where = self.todo.popleft()
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a family that this system does not have
            self.failures.append(error)
            return
        self.running[sock.fileno()] = sock
        sock.setblocking(False)
        code = sock.connect_ex(where)
        if code not in _UNDER_WAY:
            self._decided(sock, code)

    def wait(self, seconds: float, writable: Callable[[list[int], float], list[int]]) -> None:
        """Wait until an attempt is decided, so long at most."""
        for fd in writable([*self.running], seconds):
            sock = self.running[fd]
            self._decided(sock, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _decided(self, sock: socket.socket, code: int) -> None:
        if code == 0 and self.winner is None:
            del self.running[sock.fileno()]
            self.winner = sock
        elif code:
            del self.running[sock.fileno()]
            sock.close()
            self.failures.append(OSError(code, os.strerror(code)))

    def end(self) -> None:
        """Close the sockets that have not won."""
        for sock in self.running.values():
            sock.close()
