"""Connecting a socket under asyncio, to whichever address of a host answers first (RFC 8305).

asyncio has this too (`create_connection(happy_eyeballs_delay=...)`), but it drops a socket that is
connected when its caller is cancelled, and other loops do not have it.
"""

from __future__ import annotations

import asyncio
import socket
from math import inf
from typing import TYPE_CHECKING

from ..common.addresses import in_turns, literal
from ..common.happy_eyeballs import Race

if TYPE_CHECKING:
    from ...core.call.backend import Address
    from ..common.addresses import Target


async def dial(loop: asyncio.AbstractEventLoop, address: Address) -> socket.socket:
    """Return a connected socket; `OSError` of the first address when none answers."""
    targets = await _resolve(loop, address)
    race: Race[socket.socket] = Race(targets)
    if len(targets) == 1:
        await _attempt(loop, race, targets[0])
    else:
        await _run(loop, race)
    return race.result()


async def _resolve(loop: asyncio.AbstractEventLoop, address: Address) -> list[Target]:
    """Find the addresses of a host."""
    host, port = address
    known = literal(host, port)  # with which no thread has to ask anybody
    if known:
        return [known]
    return in_turns(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))


async def _run(loop: asyncio.AbstractEventLoop, race: Race[socket.socket]) -> None:
    """Start attempts until one succeeds or all have failed. Losers close their sockets."""
    running: set[asyncio.Task[None]] = set()
    try:
        while race.goes_on(bool(running)):
            target = race.next_target()
            if target is not None:
                running.add(loop.create_task(_attempt(loop, race, target)))
            _, running = await asyncio.wait(
                running,
                timeout=None if race.pause == inf else race.pause,
                return_when=asyncio.FIRST_COMPLETED,
            )
    except BaseException:
        if race.winner is not None:
            race.winner.close()
        raise
    finally:
        race.end()
        for task in running:
            task.cancel()


async def _attempt(
    loop: asyncio.AbstractEventLoop, race: Race[socket.socket], target: Target
) -> None:
    """Try one address, and tell the race."""
    family, where = target
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:  # a family that this system does not have
        race.failed(error)
        return
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, where)
    except OSError as error:
        sock.close()
        race.failed(error)
    except BaseException:
        sock.close()
        raise
    else:
        if not race.succeeded(sock):
            sock.close()
