"""Files that the system sends unread: what of them goes, and what becomes of those who wait."""

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

import pytest

from api_openai.core.call.backend import DeadlinePassed
from api_openai.core.terms.errors import APIConnectionError
from api_openai.transports.common import file_sender
from api_openai.transports.common.file_sender import FileSender

from ..support.ports import KINDS, SocketsPort, both, on
from ..support.raw import PATIENCE, more, open_files, serving, until_closed

SOON = 0.05
"""Seconds until a deadline that passes, by the clock of the test."""
BIG = bytes(range(256)) * 64 * 1024  # 16 MiB: more than the kernel buffers

pytestmark = pytest.mark.skipif(not hasattr(os, "sendfile"), reason="the system has no sendfile")
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    """An open file that holds `BIG`."""
    path = tmp_path / "data"
    path.write_bytes(BIG)
    with path.open("rb") as file:
        yield file.fileno()


async def pour(
    port: SocketsPort, conn: Any, sender: Any, seconds: float, at: int = 0, size: int = len(BIG)
) -> int:
    """Send until all is sent or the peer speaks, with a deadline for each pause."""
    done = 0
    while done < size:
        went = await port.send_file(conn, sender, at + done, size - done, port.now() + seconds)
        if not went:
            break
        done += went
    return done


@kinds
def test_every_byte_of_a_span_is_sent_in_order(kind: str, fd: int) -> None:
    start, size = 1000, len(BIG) - 2000
    got = bytearray()

    def handler(sock: socket.socket) -> None:
        while len(got) < size:
            got.extend(more(sock))
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sender = port.file_sender(conn, fd)
        assert await pour(port, conn, sender, PATIENCE, start, size) == size
        sender.close()
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)
    assert got == BIG[start : start + size]


@kinds
def test_a_deadline_and_a_peer_that_does_not_read(kind: str, fd: int) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sender = port.file_sender(conn, fd)
        with pytest.raises(DeadlinePassed):
            await pour(port, conn, sender, SOON)
        sender.close()
        port.abort(conn)

    with serving(lambda _: raw.over.wait(PATIENCE)) as raw:
        on(kind, scenario)


@kinds
def test_it_stops_when_the_peer_answers_early(kind: str, fd: int) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(b"too much")
        raw.over.wait(PATIENCE)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sender = port.file_sender(conn, fd)
        done = await pour(port, conn, sender, PATIENCE)
        assert 0 < done < len(BIG)
        assert port.readable(conn)
        sender.close()
        assert await port.receive(conn, inf) == b"too much"
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


@kinds
def test_a_connection_that_is_closed_meanwhile(kind: str, fd: int) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sender = port.file_sender(conn, fd)

        async def send() -> None:
            with suppress(APIConnectionError):
                await pour(port, conn, sender, PATIENCE)
            sender.close()

        async def close() -> None:
            await port.sleep(SOON)
            port.abort(conn)

        begun = time.monotonic()
        await both(kind, send, close)
        assert time.monotonic() < begun + PATIENCE, "who waited was told"

    with serving(lambda _: raw.over.wait(PATIENCE)) as raw:
        on(kind, scenario)


@kinds
def test_behind_the_end_of_a_file_there_is_nothing(kind: str, fd: int) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sender = port.file_sender(conn, fd)
        assert await port.send_file(conn, sender, len(BIG), 5, inf) == 0
        sender.close()
        port.abort(conn)

    with serving(until_closed) as raw:
        on(kind, scenario)


def test_it_holds_its_own_numbers_until_the_worker_is_done(
    tmp_path: Path, fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed in the middle of a system call, it lets the call end before it closes."""
    path = str(tmp_path / "data")
    begun, closed = threading.Event(), threading.Event()

    def slow(*_: int) -> int:
        begun.set()
        assert closed.wait(PATIENCE)
        os.fstat(sender.sock)  # neither is closed yet
        return 7

    monkeypatch.setattr(os, "sendfile", slow)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, sent = FileSender(ours.fileno(), fd), list[int | None]()
        worker = threading.Thread(target=lambda: sent.append(sender.push(0, 9)))
        worker.start()
        assert begun.wait(PATIENCE)
        sender.close()
        assert open_files(path) == 2
        closed.set()
        worker.join(PATIENCE)
        assert sent == [7]
        assert open_files(path) == 1, "that of the test"
        sender.close()
        assert sender.push(0, 9) == 0, "and it sends no more"


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_file_that_cannot_be_sent_so_is_to_be_read(
    fd: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> int:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "sendfile", refuse)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = FileSender(ours.fileno(), fd)
        assert sender.push(0, 9) == 0
        sender.close()


def test_without_free_numbers_files_are_read(fd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise OSError(errno.EMFILE, "too many")

    monkeypatch.setattr(os, "dup", refuse)
    assert file_sender.file_sender(0, fd) is None
