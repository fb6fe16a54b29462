"""Connecting a socket under asyncio, to whichever address of a host answers first (RFC 8305).

asyncio has this too (`create_connection(happy_eyeballs_delay=...)`), but it drops a socket that is
connected when its caller is cancelled, and other loops do not have it.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import TYPE_CHECKING

from ..common.addresses import DELAY, in_turns, literal

if TYPE_CHECKING:
    from ...core.call.backend import Address
    from ..common.addresses import Target


async def dial(loop: asyncio.AbstractEventLoop, address: Address) -> socket.socket:
    """Return a connected socket; `OSError` of the first address when none answers."""
    targets = await _resolve(loop, address)
    race = _Race(loop)
    if len(targets) == 1:
        await race.attempt(targets[0])
    else:
        await race.run(deque(targets))
    if race.winner is None:
        raise race.failures[0]
    return race.winner


async def _resolve(loop: asyncio.AbstractEventLoop, address: Address) -> list[Target]:
    """Find the addresses of a host."""
    host, port = address
    known = literal(host, port)  # with which no thread has to ask anybody
    if known:
        return [known]
    return in_turns(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class _Race:
    """Attempts to connect, started one after another, and the first that succeeds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._over = False
        self.winner: socket.socket | None = None
        self.failures: list[OSError] = []

    async def run(self, targets: deque[Target]) -> None:
        """Start attempts until one succeeds or all have failed. Losers close their sockets."""
        running: set[asyncio.Task[None]] = set()
        try:
            while targets or running:
                if targets:
                    running.add(self._loop.create_task(self.attempt(targets.popleft())))
                _, running = await asyncio.wait(
                    running,
                    timeout=DELAY if targets else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self.winner is not None:
                    return
        except BaseException:
            if self.winner is not None:
                self.winner.close()
            raise
        finally:
            self._over = True
            for task in running:
                task.cancel()

    async def attempt(self, target: Target) -> None:
        """Try one address; the result is in `winner` or `failures`."""
        family, where = target
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a family that this system does not have
            self.failures.append(error)
            return
        try:
            sock.setblocking(False)
            await self._loop.sock_connect(sock, where)
        except OSError as error:
            sock.close()
            self.failures.append(error)
        except BaseException:
            sock.close()
            raise
        else:
            if self._over:
                sock.close()
            else:
                self._over, self.winner = True, sock
