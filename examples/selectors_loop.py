"""100 streams in one thread, in an event loop written by hand: no asyncio, no trio.

The client is an `AsyncClient` on a `StepperTransport`: what its calls wait for comes out as effects
(connect, send, receive, ...), and the loop below performs them with sockets that do not block and
one selector. This is how the client is embedded in a loop that it knows nothing about.

    python -m examples.selectors_loop
"""

import heapq
import math
import selectors
import socket
import time
from collections.abc import Awaitable
from typing import Any

from api_openai import AsyncClient, transports
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.transports import DeadlinePassed, Done, StepperTransport, Steps

Task = Steps[Any]


class Loop:
    """Performs effects: one selector for sockets, one heap for deadlines."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.timers: list[tuple[float, int, Task, Any]] = []
        self.results: dict[int, Any] = {}
        self.parked: dict[int, Task] = {}
        self.running = 0
        self.count = 0
        self.transport = StepperTransport[socket.socket](
            readable=self.readable, abort=self.abort, wake=self.wake
        )

    def run(self, *calls: Awaitable[Any]) -> list[Any]:
        """Run all calls at once, and return their results in order."""
        tasks = [Steps(call) for call in calls]
        self.running = len(tasks)
        for task in tasks:
            self.go_on(task, task.start())
        while self.running:
            self.turn()
        return [self.results.pop(id(task)) for task in tasks]

    def turn(self) -> None:
        """Wait until something is ready or due, and perform it."""
        wait = max(0.0, self.timers[0][0] - time.monotonic()) if self.timers else None
        for key, _ in self.selector.select(wait):
            task, effect = key.data
            self.selector.unregister(key.fileobj)
            self.attempt(task, effect)
        while self.timers and self.timers[0][0] <= time.monotonic():
            _, _, task, effect = heapq.heappop(self.timers)
            if task.effect is effect:
                self.expire(task, effect)

    def go_on(self, task: Task, effect: transports.Effect[Any] | Done[Any]) -> None:
        """Take up the next effect of a call, or its result."""
        if isinstance(effect, Done):
            self.results[id(task)] = effect.value
            self.running -= 1
            return
        deadline = getattr(effect, "deadline", math.inf)
        if isinstance(effect, transports.Sleep):
            deadline = time.monotonic() + effect.seconds
        if deadline < math.inf:
            self.count += 1
            heapq.heappush(self.timers, (deadline, self.count, task, effect))
        if isinstance(effect, transports.Park):
            self.parked[id(ticket_of(effect))] = task
        elif not isinstance(effect, transports.Sleep):
            self.attempt(task, effect)

    def attempt(self, task: Task, effect: Any) -> None:
        """Try to perform an effect; if it would block, wait until its socket is ready."""
        try:
            result = self.perform(effect)
        except BlockingIOError:
            writes = isinstance(effect, transports.Send | transports.SendPart)
            event = selectors.EVENT_WRITE if writes else selectors.EVENT_READ
            self.selector.register(effect.conn, event, (task, effect))
            return
        except OSError as error:
            self.go_on(task, task.throw(error))
            return
        self.go_on(task, task.resume(result))

    def perform(self, effect: Any) -> Any:
        """Perform an effect, or raise `BlockingIOError`."""
        match effect:
            case transports.Connect(address=(host, port)):
                conn = socket.create_connection((host, port))  # loopback: it does not block
                conn.setblocking(False)
                return conn
            case transports.Receive():
                return socket_of(effect).recv(65536)
            case transports.SendPart(data=data):
                return socket_of(effect).send(data)
            case transports.Send(data=data):
                if socket_of(effect).send(data) < len(data):
                    raise OSError("more than a socket's buffer: this small loop sends no files")
                return None
            case _:
                raise OSError(f"this small loop does not perform {effect!r}")

    def expire(self, task: Task, effect: Any) -> None:
        """A deadline has passed, or a sleep is over."""
        if isinstance(effect, transports.Sleep):
            self.go_on(task, task.resume())
            return
        if (conn := getattr(effect, "conn", None)) is not None:
            self.selector.unregister(conn)
        self.go_on(task, task.throw(DeadlinePassed()))

    def readable(self, conn: socket.socket) -> bool:
        """Whether bytes or an end wait on an idle connection."""
        try:
            conn.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def abort(self, conn: socket.socket) -> None:
        """Close a connection at once."""
        if conn.fileno() in self.selector.get_map():
            self.selector.unregister(conn)
        conn.close()

    def wake(self, ticket: Any) -> None:
        """A call that waited for a place in the pool has one."""
        task = self.parked.pop(id(ticket), None)
        if task is not None:
            self.go_on(task, task.resume())


def socket_of(effect: Any) -> socket.socket:
    """The connection of an effect: what `perform` gave for `Connect`."""
    conn: socket.socket = effect.conn
    return conn


def ticket_of(effect: Any) -> object:
    """What an effect that waits in line waits for."""
    return effect.ticket


async def count_words(client: AsyncClient, number: int) -> tuple[int, int]:
    """Stream one answer; return how many events came, and how many characters of text."""
    stream = await client.responses.create(
        model="gpt-5-mini", input=f"Count to {number}.", stream=True
    )
    events = characters = 0
    async with stream:
        async for event in stream:
            events += 1
            if event.type == "response.output_text.delta":
                characters += len(event.delta)
    return events, characters


def main(streams: int = 100) -> list[tuple[int, int]]:
    """Run the streams at once and say how long it took."""
    with serve_in_thread(Emulator()) as base_url:
        loop = Loop()
        client = AsyncClient(api_key="sk-demo", base_url=base_url, transport=loop.transport)
        start = time.perf_counter()
        counts = loop.run(*(count_words(client, number) for number in range(streams)))
        took = (time.perf_counter() - start) * 1000
        loop.transport.close()
        loop.selector.close()
    total = sum(events for events, _ in counts)
    print(f"{streams} streams, {total} events, one thread, {took:.0f} ms")
    return counts


if __name__ == "__main__":
    main()
