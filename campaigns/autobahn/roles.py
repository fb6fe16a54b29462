"""The two roles that the machine plays against the suite: it echoes what comes."""

import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Literal

from tests.support.raw import PATIENCE, serving, unused

from ..websocket import Link, answer, ask
from .suite import reported, start

Role = Literal["client", "server"]
ROLES: Final[tuple[Role, ...]] = ("client", "server")

OFFER: Final = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
"""Some cases want a client that leaves these two to the server."""


def play(role: Role, program: Path, cases: str, folder: Path) -> dict[str, str]:
    """Run the cases that a pattern names, and return the verdicts."""
    played = _as_client if role == "client" else _as_server
    played(program, cases, folder)
    return reported(folder)


def _as_client(program: Path, cases: str, folder: Path) -> None:
    host, port = unused()
    spec = {"url": f"ws://{host}:{port}", "cases": [cases]}
    process = start(program, "fuzzingserver", spec, folder)
    offer = OFFER if cases.startswith(("12.", "13.")) else None

    def link(target: str, offer: str | None = None) -> Link:
        sock = _connected(host, port, process)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ask(sock, f"{host}:{port}", target, offer=offer)

    try:
        asking = link("/getCaseCount")
        count = asking.receive()
        asking.echo()
        assert count is not None
        for number in range(1, int(getattr(count, "data", b"")) + 1):
            link(f"/runCase?case={number}&agent=client", offer).echo()
        link("/updateReports?agent=client").echo()
    finally:
        process.terminate()
        process.wait()


def _connected(host: str, port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    """Connect to the suite, which takes a moment until it listens."""
    late = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((host, port), PATIENCE)
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > late:
                raise
            time.sleep(0.1)


def _as_server(program: Path, cases: str, folder: Path) -> None:
    def serve(sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer(sock).echo()

    with serving(serve) as raw:
        host, port = raw.address
        one = {"agent": "server", "url": f"ws://{host}:{port}"}
        process = start(program, "fuzzingclient", {"servers": [one], "cases": [cases]}, folder)
        try:
            process.wait()
        finally:
            process.terminate()
