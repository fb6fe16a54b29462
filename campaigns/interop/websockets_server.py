"""A server on the `websockets` library: `python websockets_server.py asyncio|threads deflate|plain`.

Runs in an environment of its own, so that its types are not known here, and prints its port. What
a connection does is in its path, and is written once for both kinds of connection.
"""

import asyncio
import socket
import sys
from collections.abc import Coroutine
from importlib import import_module
from typing import Any

closed: Any = import_module("websockets.exceptions").ConnectionClosed


class Blocking:
    """A connection in a thread; its methods never suspend."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        received: str | bytes = self._connection.recv()
        return received

    async def send(self, message: str | bytes) -> None:
        self._connection.send(message)

    async def send_parts(self, parts: list[Any]) -> None:
        def each() -> Any:
            for part in parts:
                self._connection.ping()
                yield part

        self._connection.send(each())

    async def ping(self, data: str | bytes) -> None:
        self._connection.ping(data).wait()

    async def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)

    async def drop(self) -> None:
        self._connection.socket.shutdown(socket.SHUT_RDWR)


class Looping:
    """A connection in an event loop."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        received: str | bytes = await self._connection.recv()
        return received

    async def send(self, message: str | bytes) -> None:
        await self._connection.send(message)

    async def send_parts(self, parts: list[Any]) -> None:
        async def each() -> Any:
            for part in parts:
                await self._connection.ping()
                yield part

        await self._connection.send(each())

    async def ping(self, data: str | bytes) -> None:
        await (await self._connection.ping(data))

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)

    async def drop(self) -> None:
        self._connection.transport.abort()


async def behave(connection: Blocking | Looping, path: str) -> None:
    """Do what a path says."""
    what, *rest = path.strip("/").split("/")
    try:
        while True:
            message = await connection.receive()
            if what == "echo":
                await connection.send(message)
            elif what == "parts":
                step = len(message) // 7 + 1
                at = range(0, len(message), step)
                await connection.send_parts([message[start : start + step] for start in at])
            elif what == "ping":
                await connection.ping(message)
                await connection.send("the pong came")
            elif what == "flaky" and "drop" not in str(message):
                await connection.send(message)
            elif what == "close":
                await connection.close(int(rest[0]), rest[1])
            else:
                await connection.drop()
    except closed:
        pass


def refuse(connection: Any, request: Any) -> Any:
    """Refuse a path with a JSON body, as a gateway does."""
    if not request.path.startswith("/refuse"):
        return None
    answer = connection.respond(401, '{"error": {"message": "no key"}}')
    del answer.headers["content-type"]
    answer.headers["content-type"] = "application/json"
    return answer


def choose(connection: Any, offered: list[str]) -> str | None:
    return "realtime" if "realtime" in offered else None


def finished(program: Coroutine[Any, Any, None]) -> None:
    """Run what never suspends."""
    try:
        program.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for an event loop")


def threads(settings: dict[str, Any]) -> None:
    serve: Any = import_module("websockets.sync.server").serve

    def handle(connection: Any) -> None:
        finished(behave(Blocking(connection), connection.request.path))

    with serve(handle, **settings) as server:
        print(server.socket.getsockname()[1], flush=True)
        server.serve_forever()


async def loop(settings: dict[str, Any]) -> None:
    serve: Any = import_module("websockets.asyncio.server").serve

    async def handle(connection: Any) -> None:
        await behave(Looping(connection), connection.request.path)

    async with serve(handle, **settings) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    kind, compression = sys.argv[1:]
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "process_request": refuse,
        "max_size": None,
        "select_subprotocol": choose,  # given a list it refuses who offers none
        "compression": "deflate" if compression == "deflate" else None,
    }
    if kind == "threads":
        threads(given)
    else:
        asyncio.run(loop(given))
