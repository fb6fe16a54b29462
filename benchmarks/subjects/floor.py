"""The floor: what a careful programmer would write by hand for exactly these calls.

Blocking sockets, an `asyncio.Protocol` or a trio stream, msgspec, and the parsing that
`floor_wire` does. It is not a client; it shows where there is nothing left to win.
"""

import asyncio
import gc
import os
import socket
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from .floor_wire import (
    RECEIVE,
    Answer,
    Reader,
    Stream,
    base64_floats,
    chunk,
    completion,
    event,
    floats,
    forecast,
    head,
    post,
    received,
)
from .inputs import (
    CHAT,
    EMBEDDING_MODEL,
    FORECAST_FORMAT,
    MODEL,
    PROMPT,
    QUESTION,
    TEXTS,
    WEBHOOK,
    WEBHOOK_SECRET,
    webhook_headers,
)
from .meter import Figures, Meter, memory
from .plan import Plan
from .report import depart

_PART: Final = 64 << 20
_EMBED: Final[dict[str, object]] = {"model": EMBEDDING_MODEL, "input": TEXTS}

Task = tuple[str, dict[str, object], Callable[[], Reader]]

_RESPONSES: Final[Task] = (
    "/responses",
    {"model": MODEL, "input": PROMPT, "stream": True},
    lambda: Stream(event),
)
_CHAT: Final[Task] = (
    "/chat/completions",
    {"model": MODEL, "messages": QUESTION, "stream": True},
    lambda: Stream(chunk),
)
TASKS: Final[dict[str, Task]] = {
    "answer": (
        "/chat/completions",
        {"model": MODEL, "messages": QUESTION},
        lambda: Answer(completion),
    ),
    "parse": (
        "/chat/completions",
        {"model": MODEL, "messages": QUESTION, "response_format": FORECAST_FORMAT},
        lambda: Answer(forecast),
    ),
    "parse-struct": (
        "/chat/completions",
        {"model": MODEL, "messages": QUESTION, "response_format": FORECAST_FORMAT},
        lambda: Answer(forecast),
    ),
    "messages": (
        "/chat/completions",
        {"model": MODEL, "messages": CHAT},
        lambda: Answer(completion),
    ),
    "floats": ("/embeddings", {**_EMBED, "encoding_format": "float"}, lambda: Answer(floats)),
    "vectors": ("/embeddings", _EMBED, lambda: Answer(floats)),
    "base64": (
        "/embeddings",
        {**_EMBED, "encoding_format": "base64"},
        lambda: Answer(base64_floats),
    ),
    "responses": _RESPONSES,
    "chat": _CHAT,
    "responses-adds": _RESPONSES,  # it adds nothing up
    "chat-adds": _CHAT,
    "hold": (
        "/responses",
        {"model": MODEL, "input": PROMPT, "stream": True},
        lambda: Stream(event, most=1),
    ),
}


def run(plan: Plan) -> Figures:
    """One round of `plan`: warm up, then measure."""
    if plan.task in _TRANSFERS:
        return _transfer(plan)
    if plan.task == "webhook":
        return _webhooks(plan)
    match plan.mode:
        case "blocking":
            return _blocking(plan)
        case "asyncio":
            return asyncio.run(_hold(plan) if plan.task == "hold" else _asyncio(plan))
        case "trio":
            import trio

            return trio.run(_trio, plan)


def connect(plan: Plan) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", plan.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _blocking(plan: Plan) -> Figures:
    path, document, make = TASKS[plan.task]

    def once(sock: socket.socket, scenario: str) -> int:
        sock.sendall(post(f"/{scenario}/v1{path}", document))
        reader = make()
        while not reader.feed(sock.recv(RECEIVE)):
            pass
        return reader.units

    with connect(plan) as sock:
        for _ in range(plan.warm):
            once(sock, plan.warming().scenario)
        with Meter(plan.count, plan.seconds) as meter:
            units = sum(once(sock, plan.scenario) for _ in meter.calls())
    return meter.figures(units)


class Connection(asyncio.Protocol):
    """One request at a time; `begin` gives a future that is done when the answer is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def begin(self, request: bytes, reader: Reader) -> asyncio.Future[None]:
        self._reader = reader
        self._over = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._over

    def data_received(self, data: bytes) -> None:
        if self._reader.feed(data):
            self._over.set_result(None)

    def close(self) -> None:
        self._transport.close()


async def opened(plan: Plan) -> Connection:
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(Connection, "127.0.0.1", plan.port))[1]


async def _asyncio(plan: Plan) -> Figures:
    path, document, make = TASKS[plan.task]
    connection = await opened(plan)

    async def once(scenario: str) -> int:
        reader = make()
        await connection.begin(post(f"/{scenario}/v1{path}", document), reader)
        return reader.units

    for _ in range(plan.warm):
        await once(plan.warming().scenario)
    units = 0
    with Meter(plan.count, plan.seconds) as meter:
        for _ in meter.calls():
            units += await once(plan.scenario)
    connection.close()
    return meter.figures(units)


async def _trio(plan: Plan) -> Figures:
    import trio

    path, document, make = TASKS[plan.task]
    stream = await trio.open_tcp_stream("127.0.0.1", plan.port)

    async def once(scenario: str) -> int:
        reader = make()
        await stream.send_all(post(f"/{scenario}/v1{path}", document))
        while not reader.feed(bytes(await stream.receive_some(RECEIVE))):
            pass
        return reader.units

    for _ in range(plan.warm):
        await once(plan.warming().scenario)
    units = 0
    with Meter(plan.count, plan.seconds) as meter:
        for _ in meter.calls():
            units += await once(plan.scenario)
    await stream.aclose()
    return meter.figures(units)


async def _hold(plan: Plan) -> Figures:
    path, document, make = TASKS[plan.task]

    async def first_event() -> object:
        connection = await opened(plan)
        await connection.begin(post(f"/{plan.scenario}/v1{path}", document), make())
        return connection

    held = [await first_event() for _ in range(plan.warm)]
    gc.collect()
    resident = memory("VmRSS")
    for _ in range(plan.count):
        held.append(await first_event())
    gc.collect()
    return depart({"rss": (memory("VmRSS") - resident) / plan.count, "units": float(plan.count)})


def _webhooks(plan: Plan) -> Figures:
    headers = {name.lower(): value for name, value in webhook_headers().items()}
    key = b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    for _ in range(plan.warm):
        received(WEBHOOK, headers, key)
    with Meter(plan.count, plan.seconds) as meter:
        units = sum(received(WEBHOOK, headers, key) for _ in meter.calls())
    return meter.figures(units)


def _transfer(plan: Plan) -> Figures:
    assert plan.file is not None
    transfer = _TRANSFERS[plan.task]
    with connect(plan) as sock, Meter(plan.count, plan.seconds) as meter:
        for _ in meter.calls():
            transfer(sock, plan, plan.file)
    return meter.figures(plan.count)


def _upload(sock: socket.socket, plan: Plan, file: Path) -> None:
    with file.open("rb") as source:
        _send_form(sock, f"/{plan.scenario}/v1/files", "file", source, 0, file.stat().st_size)


def _upload_parts(sock: socket.socket, plan: Plan, file: Path) -> None:
    size, path = file.stat().st_size, f"/{plan.scenario}/v1/uploads"
    _send_json(sock, path, {"bytes": size, "filename": file.name, "purpose": "user_data"})
    with file.open("rb") as source:
        for start in range(0, size, _PART):
            _send_form(sock, f"{path}/1/parts", "data", source, start, min(_PART, size - start))
    _send_json(sock, f"{path}/1/complete", {"part_ids": ["1"] * -(-size // _PART)})


def _send_form(
    sock: socket.socket, path: str, name: str, source: BinaryIO, start: int, count: int
) -> None:
    opening = (
        b'--edge\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
        b'--edge\r\ncontent-disposition: form-data; name="%b"; filename="upload.bin"\r\n\r\n'
    ) % name.encode()
    closing = b"\r\n--edge--\r\n"
    length = len(opening) + count + len(closing)
    sock.sendall(head("POST", path, length, "multipart/form-data; boundary=edge") + opening)
    sock.sendfile(source, start, count)
    sock.sendall(closing)
    _accepted(sock)


def _send_json(sock: socket.socket, path: str, document: dict[str, object]) -> None:
    body = msgspec.json.encode(document)
    sock.sendall(head("POST", path, len(body), "application/json") + body)
    _accepted(sock)


def _accepted(sock: socket.socket) -> None:
    if not sock.recv(RECEIVE).startswith(b"HTTP/1.1 200"):
        raise ConnectionError("the upload failed")


def _begin(sock: socket.socket, plan: Plan) -> tuple[int, bytes]:
    """Ask for a file; how many bytes of it are still to come, and those that came."""
    path = f"/{plan.scenario}/v1/files/file-1/content"
    sock.sendall(head("GET", path, 0, "application/json"))
    top, _, start = sock.recv(RECEIVE).partition(b"\r\n\r\n")
    left = int(top.lower().partition(b"content-length:")[2].partition(b"\r")[0]) - len(start)
    return left, start


def _download(sock: socket.socket, plan: Plan, file: Path) -> None:
    left, start = _begin(sock, plan)
    buffer = memoryview(bytearray(RECEIVE))
    with file.open("wb", buffering=0) as target:
        os.write(target.fileno(), start)
        while left:
            count = sock.recv_into(buffer)
            target.write(buffer[:count])
            left -= count


def _keep(sock: socket.socket, plan: Plan, file: Path) -> None:
    left, start = _begin(sock, plan)
    kept = memoryview(bytearray(len(start) + left))
    kept[: len(start)] = start
    while left:
        left -= sock.recv_into(kept[-left:])


_TRANSFERS: Final = {
    "upload": _upload,
    "upload-opened": _upload,
    "upload-bytes": _upload,
    "upload-iterated": _upload,
    "parts": _upload_parts,
    "download": _download,
    "keep": _keep,
}
