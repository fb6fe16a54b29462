"""The emulator on a TCP port: sockets, streams, faults on the wire, TLS, the command line."""

import contextlib
import errno
import os
import selectors
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from api_openai.emulator import Emulator, Server, serve_in_thread
from api_openai.emulator import faults as f

from ..support.certificates import PEM, server_context
from .peer import Answer, answers, request
from .test_files import FORM, form

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


@contextlib.contextmanager
def connected(base_url: str) -> Generator[socket.socket]:
    parts = urlsplit(base_url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=10) as sock:
        yield sock


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data


def talk(base_url: str, *requests: bytes, method: str = "GET") -> list[Answer]:
    with connected(base_url) as sock:
        for data in requests[:-1]:
            sock.sendall(data)
        sock.sendall(requests[-1].replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
        return answers(read_all(sock), *[method] * len(requests))


def test_requests_over_a_socket() -> None:
    emulator = Emulator()
    with serve_in_thread(emulator) as base_url:
        assert base_url.startswith("http://127.0.0.1:")
        found = talk(base_url, request("GET", "/v1/models"), request("GET", "/v1/models/gpt-4o"))
    assert [answer.status for answer in found] == [200, 200]
    assert len(emulator.requests) == 2


def test_nothing_is_left_over() -> None:
    before = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else set[str]()
    threads = threading.active_count()
    with serve_in_thread() as base_url:
        parts = urlsplit(base_url)
        idle = socket.create_connection((str(parts.hostname), parts.port or 0))
        idle.sendall(request("GET", "/models"))
        assert idle.recv(10)
    assert threading.active_count() == threads
    with idle, pytest.raises(ConnectionResetError):
        read_all(idle)
    if before:
        assert set(os.listdir("/proc/self/fd")) == before


def test_many_streams_at_once() -> None:
    emulator = Emulator(pace=0.001)
    data = request("POST", "/chat/completions", CHAT, headers={"connection": "close"})
    with serve_in_thread(emulator) as base_url, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connected(base_url)) for _ in range(100)]
        for sock in socks:
            sock.sendall(data)
        found = [answers(read_all(sock), "POST")[0] for sock in socks]
    assert all(answer.events[-1] == b"[DONE]" for answer in found)


def test_a_large_body_goes_both_ways() -> None:
    content = os.urandom(1 << 20) * 8
    with serve_in_thread() as base_url:
        body = form(content, purpose="user_data")
        [made] = talk(base_url, request("POST", "/files", body=body, headers=FORM), method="POST")
        [back] = talk(base_url, request("GET", f"/files/{made.document['id']}/content"))
    assert back.body == content


def test_a_client_that_does_not_read_is_waited_for() -> None:
    content = os.urandom(1 << 20) * 24
    with serve_in_thread() as base_url:
        body = form(content, purpose="user_data")
        [made] = talk(base_url, request("POST", "/files", body=body, headers=FORM), method="POST")
        path = f"/files/{made.document['id']}/content"
        with connected(base_url) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            slow.sendall(request("GET", path, headers={"connection": "close"}))
            assert slow.recv(1)
            assert talk(base_url, request("GET", "/models"))[0].status == 200
            got = read_all(slow)
    assert got.endswith(content)


def test_resets_and_ends_on_the_wire() -> None:
    emulator = Emulator(faults=[f.Reset(after_bytes=30), f.Close(after_bytes=30), f.Reset()])
    data = request("GET", "/models")
    with serve_in_thread(emulator) as base_url:
        with connected(base_url) as sock:
            sock.sendall(data)
            with pytest.raises(ConnectionResetError):
                read_all(sock)
        with connected(base_url) as sock:
            sock.sendall(data)
            assert len(read_all(sock)) == 30
        with connected(base_url) as sock:
            sock.sendall(data)
            with pytest.raises(ConnectionResetError):
                read_all(sock)


def test_an_early_refusal_reaches_a_client_that_still_sends() -> None:
    emulator = Emulator(faults=[f.EarlyError()])
    data = request("POST", "/files", body=b"x" * (4 << 20), headers=FORM)
    with serve_in_thread(emulator) as base_url, connected(base_url) as sock:
        sock.sendall(data)
        assert answers(read_all(sock), "POST")[0].status == 413


def test_a_stall_ends_with_its_client() -> None:
    with Server(Emulator(faults=[f.Stall(after_bytes=20)])) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            with connected(server.base_url) as sock:
                sock.sendall(request("GET", "/models"))
                assert len(sock.recv(65536)) == 20
            found = talk(server.base_url, request("GET", "/models"))
        finally:
            server.stop()
            thread.join()
        assert found[0].status == 200
        assert not server.peers


class Full:
    """A listener of a process that may have no free descriptor: counts how often it is asked."""

    def __init__(self, listener: socket.socket, code: int) -> None:
        self.listener = listener
        self.code = code
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.listener, name)

    def accept(self) -> tuple[socket.socket, Any]:
        self.asked += 1
        if self.code:
            raise OSError(self.code, os.strerror(self.code))
        return self.listener.accept()


class Turns:
    """A selector that never sleeps: a wait takes the clock to its end, and is written down."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self.time = 1000.0
        self.waits: list[float | None] = []
        self.after: Callable[[], object] = list

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    def select(self, timeout: float | None) -> Any:
        found = self._selector.select(0)
        if not found:
            self.waits.append(timeout)
            self.time += timeout or 0.0
            self.after()
        return found


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[Server, Full, Turns]]:
    with Server(Emulator()) as server:
        full = Full(getattr(server, "_listener"), 0)  # noqa: B009
        turns = Turns(getattr(server, "_selector"))  # noqa: B009
        turns.unregister(full.listener)
        turns.register(full, selectors.EVENT_READ)
        monkeypatch.setattr(server, "_listener", full)
        monkeypatch.setattr(server, "_selector", turns)
        monkeypatch.setattr(server, "now", lambda: turns.time)
        yield server, full, turns


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_without_free_descriptors_it_waits(crowded: tuple[Server, Full, Turns], code: int) -> None:
    server, full, turns = crowded
    full.code = code
    turns.after = lambda: server.stop() if len(turns.waits) == 5 else None
    with connected(server.base_url):
        server.run()
    assert turns.waits == [0.5] * 5
    assert full.asked <= 6


def test_a_closed_connection_makes_room_at_once(crowded: tuple[Server, Full, Turns]) -> None:
    server, full, turns = crowded

    def fill() -> None:
        full.code = errno.EMFILE
        second.connect((server.host, server.port))

    def make_room() -> None:
        turns.time -= 0.5  # not by waiting
        full.code = 0
        first.close()

    with connected(server.base_url) as first, socket.socket() as second:
        steps = iter((fill, make_room, server.stop))
        turns.after = lambda: next(steps)()
        server.run()
        assert turns.waits == [None, 0.5, None]
        assert len(server.peers) == 1


def test_pace_is_kept() -> None:
    with serve_in_thread(Emulator(pace=0.005)) as base_url:
        start = time.monotonic()
        [answer] = talk(base_url, request("POST", "/chat/completions", CHAT), method="POST")
        assert time.monotonic() - start >= 0.005 * (len(answer.events) - 2)


def test_tls() -> None:
    server_side = server_context("server")
    client_side = ssl.create_default_context(cafile=PEM / "ca.pem")
    content = os.urandom(1 << 20)
    body = form(content, purpose="user_data")
    upload = request("POST", "/files", body=body, headers={**FORM, "connection": "close"})
    with serve_in_thread(tls=server_side) as base_url:
        assert base_url.startswith("https://")
        with connected(base_url) as plain:
            plain.sendall(request("GET", "/models"))
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in read_all(plain)
        for data in (upload, request("GET", "/models", headers={"connection": "close"})):
            with (
                connected(base_url) as sock,
                client_side.wrap_socket(sock, server_hostname="127.0.0.1") as secure,
            ):
                secure.sendall(data)
                assert answers(read_all(secure), "POST")[0].status == 200


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "api_openai.emulator", "--port", "0", "--pace", "0"]
    command += ["--fault", "status;status=503", "--fault", "*comments"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        base_url = run.stdout.readline().strip()
        assert talk(base_url, request("GET", "/models"))[0].status == 503
        [answer] = talk(base_url, request("POST", "/chat/completions", CHAT), method="POST")
        assert answer.body.startswith(b": keep-alive\n\n")
        run.send_signal(number)
        assert run.wait(10) == 0
        assert run.stderr.read() == ""


def test_the_key_of_the_command_line() -> None:
    command = [sys.executable, "-m", "api_openai.emulator", "--port", "0", "--key", "sk-right"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        base_url = run.stdout.readline().strip()
        right = {"authorization": "Bearer sk-right"}
        try:
            assert talk(base_url, request("GET", "/models", headers=right))[0].status == 200
            assert talk(base_url, request("GET", "/models"))[0].status == 401
        finally:
            run.kill()


def test_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    from api_openai.emulator.__main__ import main

    with pytest.raises(SystemExit):
        main(["--fault", "explode"])
    assert "fault 'explode'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--key", ""])
    assert "--key: it is empty" in capsys.readouterr().err
