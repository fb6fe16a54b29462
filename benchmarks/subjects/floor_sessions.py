"""The floor of realtime: a WebSocket by hand on a bare socket, a protocol or a trio stream."""

import asyncio
import base64
import gc
import os
import socket
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from .floor_wire import RECEIVE
from .inputs import AUDIO, REALTIME_MODEL
from .meter import Figures, Meter, memory
from .plan import Plan
from .report import depart

if TYPE_CHECKING:
    import trio


class Append(msgspec.Struct, gc=False, tag_field="type", tag="input_audio_buffer.append"):
    audio: str


class Event(msgspec.Struct, gc=False):
    type: str
    event_id: str
    response_id: str | None = None
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    delta: str | None = None


_encode: Final = msgspec.json.Encoder().encode
_event: Final = msgspec.json.Decoder(Event).decode
_CREATE: Final = b'{"type":"response.create"}'
_COMMIT: Final = b'{"type":"input_audio_buffer.commit"}'
_LAST: Final = {"listen": "response.done", "speak": "input_audio_buffer.committed"}
_IDENTITY: Final = bytes(range(256))
_COVERS: Final = [bytes(b ^ cover for b in _IDENTITY) for cover in range(256)]


def upgrade(plan: Plan) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /{plan.scenario}/v1/realtime?model={REALTIME_MODEL} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"authorization: Bearer sk-benchmark\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"
    ).encode()


def frame(data: bytes) -> bytes:
    """A masked text frame of less than 64 KiB."""
    size, key = len(data), os.urandom(4)
    body = bytearray(data)
    for place in range(4):
        body[place::4] = body[place::4].translate(_COVERS[key[place]])
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return b"".join((head, key, body))


def append() -> bytes:
    return frame(_encode(Append(AUDIO)))


class Session:
    """Frames of text from a server, each decoded; `feed` says True after the event `last`."""

    def __init__(self) -> None:
        self.last = "session.created"
        self.heard = 0
        self._buffer = b""
        self._in_head = True

    def feed(self, data: bytes) -> bool:
        buffer = self._buffer + data if self._buffer else data
        at, over = 0, False
        if self._in_head:
            at = buffer.index(b"\r\n\r\n") + 4
            self._in_head = False
        while at + 4 <= len(buffer):
            size, start = buffer[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            if start + size > len(buffer):
                break
            at = start + size
            event = _event(buffer[start:at])
            if event.type == self.last:
                over = True
            else:
                self.heard += bool(event.delta)
        self._buffer = buffer[at:]
        return over


def run(plan: Plan) -> Figures:
    """One round of `plan`: warm up, then measure."""
    match plan.mode:
        case "blocking":
            return _blocking(plan)
        case "asyncio":
            return asyncio.run(_idle(plan) if plan.task == "idle" else _asyncio(plan))
        case "trio":
            import trio

            return trio.run(_trio, plan)


def _blocking(plan: Plan) -> Figures:
    session = Session()

    def hear() -> None:
        while not session.feed(sock.recv(RECEIVE)):
            pass

    def once(count: int) -> int:
        before = session.heard
        if plan.task == "listen":
            for _ in range(count):
                sock.sendall(frame(_CREATE))
                hear()
            return session.heard - before
        for _ in range(count):
            sock.sendall(append())
        sock.sendall(frame(_COMMIT))
        hear()
        return count

    with socket.create_connection(("127.0.0.1", plan.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(upgrade(plan))
        hear()
        session.last = _LAST[plan.task]
        once(plan.warm)
        with Meter(1, plan.seconds) as meter:
            units = sum(once(plan.count) for _ in meter.calls())
    return meter.figures(units)


class Peer(Protocol):
    """One connection of an event loop."""

    session: Session

    async def send(self, data: bytes) -> None: ...
    async def hear(self) -> None: ...


async def _measured(peer: Peer, plan: Plan) -> Figures:
    session = peer.session

    async def once(count: int) -> int:
        before = session.heard
        if plan.task == "listen":
            for _ in range(count):
                await peer.send(frame(_CREATE))
                await peer.hear()
            return session.heard - before
        for _ in range(count):
            await peer.send(append())
        await peer.send(frame(_COMMIT))
        await peer.hear()
        return count

    session.last = _LAST[plan.task]
    await once(plan.warm)
    units = 0
    with Meter(1, plan.seconds) as meter:
        for _ in meter.calls():
            units += await once(plan.count)
    return meter.figures(units)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.session = Session()
        self._loop = asyncio.get_running_loop()
        self._over = self._writable = self._loop.create_future()
        self._writable.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.session.feed(data):
            self._over.set_result(None)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        self._writable.set_result(None)

    async def send(self, data: bytes) -> None:
        self.transport.write(data)
        if not self._writable.done():
            await self._writable

    async def hear(self) -> None:
        self._over = self._loop.create_future()
        await self._over


async def _opened(plan: Plan) -> _Connection:
    loop = asyncio.get_running_loop()
    connection = (await loop.create_connection(_Connection, "127.0.0.1", plan.port))[1]
    connection.transport.write(upgrade(plan))
    await connection.hear()
    return connection


async def _asyncio(plan: Plan) -> Figures:
    connection = await _opened(plan)
    figures = await _measured(connection, plan)
    connection.transport.close()
    return figures


class _Stream:
    def __init__(self, stream: "trio.SocketStream") -> None:
        self.session = Session()
        self._stream = stream

    async def send(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def hear(self) -> None:
        while not self.session.feed(bytes(await self._stream.receive_some(RECEIVE))):
            pass


async def _trio(plan: Plan) -> Figures:
    import trio

    async with await trio.open_tcp_stream("127.0.0.1", plan.port) as stream:
        peer = _Stream(stream)
        await peer.send(upgrade(plan))
        await peer.hear()
        return await _measured(peer, plan)


async def _idle(plan: Plan) -> Figures:
    held = [await _opened(plan) for _ in range(plan.warm)]
    gc.collect()
    before = memory("VmRSS")
    for _ in range(plan.count):
        held.append(await _opened(plan))
    gc.collect()
    return depart({"rss": (memory("VmRSS") - before) / plan.count, "units": float(plan.count)})
