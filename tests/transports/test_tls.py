"""TLS on every port, and the settings it takes."""

import select
import socket
import ssl
import subprocess
import sys
import threading
from dataclasses import dataclass
from math import inf
from pathlib import Path

import pytest

from api_openai.core.call.backend import DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.terms.errors import APIConnectionError, OpenAIError
from api_openai.core.terms.secret import Secret
from api_openai.transports.common.tls import Tls, context_for

from ..support.certificates import Certificates
from ..support.ports import KINDS, SocketsPort, both, on, turns
from ..support.raw import PATIENCE, echo, more, open_sockets, serving, until_closed

SOON = 0.05
BIG = bytes(range(256)) * 8 * 1024  # 2 MiB

every_port = pytest.mark.parametrize("kind", KINDS)


@every_port
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost."])
def test_bytes_go_there_and_back(kind: str, host: str, certificates: Certificates) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), host, inf)
        assert conn.tls.negotiated == ("TLSv1.3", "http/1.1")
        for deadline in (inf, port.now() + PATIENCE):
            await port.send(conn, b"hello", deadline)
            assert await port.receive(conn, deadline) == b"hello"
        with pytest.raises(DeadlinePassed):
            await port.receive(conn, port.now() + SOON)
        port.abort(conn)

    with serving(echo, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
def test_much_data_both_ways_at_once(kind: str, certificates: Certificates) -> None:
    def handler(sock: socket.socket) -> None:
        got = bytearray()
        while len(got) < len(BIG):
            got += more(sock)
            sock.sendall(got[-1:] * 1000)
        assert got == BIG
        sock.sendall(b"end")
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)

        async def send() -> None:
            await port.send(conn, BIG, port.now() + PATIENCE)

        async def receive() -> None:
            last = b""
            while not last.endswith(b"end"):
                last = last[-3:] + await port.receive(conn, port.now() + PATIENCE)

        await both(kind, send, receive)
        port.abort(conn)

    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
def test_a_session_ticket_is_no_news(kind: str, certificates: Certificates) -> None:
    """TLS 1.3 servers send tickets unasked; that is no reason to give a connection up."""
    written = threading.Event()

    def handler(sock: socket.socket) -> None:
        written.set()  # after the handshake the tickets are under way
        total = 0
        while total < len(BIG):
            total += len(more(sock))
        sock.sendall(b"done")
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        assert written.wait(PATIENCE)
        await turns(kind)
        assert not port.readable(conn)
        assert await port.send_watching(conn, BIG, inf) == len(BIG)
        assert await port.receive(conn, inf) == b"done"
        port.abort(conn)

    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
def test_what_readable_has_found_is_not_lost(kind: str, certificates: Certificates) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        await port.send(conn, b"hello", inf)
        while not port.readable(conn):
            await port.sleep(0.001)
        assert port.readable(conn)
        assert await port.receive(conn, inf) == b"hello"
        assert not port.readable(conn)
        port.abort(conn)

    with serving(echo, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
@pytest.mark.parametrize("alert", [True, False], ids=["with alert", "cut off"])
def test_the_end(kind: str, alert: bool, certificates: Certificates) -> None:
    def handler(sock: socket.socket) -> None:
        assert isinstance(sock, ssl.SSLSocket)
        sock.recv(100)
        sock.sendall(b"last words")
        if alert:
            sock.unwrap()

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        await port.send(conn, b"x", inf)
        assert await port.receive(conn, inf) == b"last words"
        if not alert:
            assert await port.receive(conn, inf) == b""
        while not port.readable(conn):
            await port.sleep(0.001)
        for _ in range(2):
            assert await port.receive(conn, inf) == b""
        assert port.readable(conn)
        port.abort(conn)

    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
def test_what_comes_unasked_is_readable_at_once(kind: str, certificates: Certificates) -> None:
    """Also before an event loop had an opportunity to read it; and it is not lost."""
    spoken = threading.Event()

    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(b"asked")
        go.wait(PATIENCE)
        sock.sendall(b"unasked")
        spoken.set()
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        await port.send(conn, b"x", inf)
        assert await port.receive(conn, inf) == b"asked"
        assert not port.readable(conn)
        go.set()
        assert spoken.wait(PATIENCE)
        assert port.readable(conn)
        assert await port.receive(conn, inf) == b"unasked"
        assert not port.readable(conn)
        port.abort(conn)

    go = threading.Event()
    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="the system does not tell")
@every_port
def test_a_dead_idle_connection_is_readable_at_once(kind: str, certificates: Certificates) -> None:
    """Also before an event loop had an opportunity to look."""
    closed = threading.Event()

    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.close()
        closed.set()

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        await port.send(conn, b"x", inf)
        assert closed.wait(PATIENCE)
        assert port.readable(conn)
        port.abort(conn)

    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@every_port
def test_sending_stops_when_the_peer_answers_early(kind: str, certificates: Certificates) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(b"too much")
        raw.over.wait(PATIENCE)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        taken = await port.send_watching(conn, BIG * 8, port.now() + PATIENCE)
        assert 0 <= taken < 8 * len(BIG)
        assert port.readable(conn)
        assert await port.receive(conn, inf) == b"too much"
        port.abort(conn)

    with serving(handler, certificates.server) as raw:
        on(kind, scenario, Network(ca=certificates.ca))


@dataclass(frozen=True)
class Refused:
    """A handshake that fails, and what the error says."""

    says: str
    host: str = "localhost"
    trusted: bool = True
    server: str = "server"


@every_port
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Refused("Hostname mismatch", host="example.org"), id="wrong name"),
        pytest.param(Refused("IP address mismatch", host="127.0.0.2"), id="wrong address"),
        pytest.param(Refused("Hostname mismatch", server="wrong"), id="wrong certificate"),
        pytest.param(Refused("local issuer certificate", trusted=False), id="unknown authority"),
    ],
)
def test_certificates_that_are_refused(
    kind: str, case: Refused, certificates: Certificates
) -> None:
    before = open_sockets()

    async def scenario(port: SocketsPort) -> APIConnectionError:
        conn = await port.connect(raw.address, inf)
        with pytest.raises(APIConnectionError) as caught:
            await port.start_tls(conn, case.host, inf)
        await turns(kind)
        assert port.readable(conn)  # it is closed
        return caught.value

    network = Network(ca=certificates.ca) if case.trusted else Network()
    with serving(echo, getattr(certificates, case.server)) as raw:
        error = on(kind, scenario, network)
    assert case.says in str(error)
    assert f"127.0.0.1:{raw.address.port}" in str(error)
    assert repr(case.host) in str(error)
    assert error.sent == "no"
    assert isinstance(error.__cause__, ssl.SSLError)
    assert open_sockets() == before


@every_port
def test_no_verification(kind: str, certificates: Certificates) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.start_tls(await port.connect(raw.address, inf), "example.org", inf)
        port.abort(conn)

    with serving(echo, certificates.wrong) as raw:
        on(kind, scenario, Network(verify=False))


@every_port
def test_client_certificate(kind: str, certificates: Certificates) -> None:
    async def scenario(port: SocketsPort) -> bytes:
        conn = await port.start_tls(await port.connect(raw.address, inf), "localhost", inf)
        try:
            await port.send(conn, b"hello", inf)
            return await port.receive(conn, inf)
        finally:
            port.abort(conn)

    with serving(echo, certificates.demanding) as raw:
        with_one = Network(ca=certificates.ca, client_cert=certificates.client)
        assert on(kind, scenario, with_one) == b"hello"
        with pytest.raises(APIConnectionError):
            on(kind, scenario, Network(ca=certificates.ca))


@every_port
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_peer_that_speaks_no_tls(kind: str, answer: bytes) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1000)
        sock.sendall(answer)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        with pytest.raises(APIConnectionError, match="TLS handshake"):
            await port.start_tls(conn, "localhost", inf)

    with serving(handler) as raw:
        on(kind, scenario)


@every_port
def test_deadline_of_the_handshake(kind: str) -> None:
    before = open_sockets()

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        with pytest.raises(DeadlinePassed):
            await port.start_tls(conn, "localhost", port.now() + SOON)
        await turns(kind)

    with serving(until_closed) as raw:
        on(kind, scenario)
    assert open_sockets() == before


def test_contexts_are_shared() -> None:
    assert context_for(Network()) is context_for(Network(max_idle=3))
    assert context_for(Network(verify=False)) is not context_for(Network())
    context = context_for(Network())
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_authorities_in_a_folder(tmp_path: Path, certificates: Certificates) -> None:
    context = context_for(Network(ca=str(tmp_path)))
    assert not context.get_ca_certs()
    assert context_for(Network(ca=certificates.ca)).get_ca_certs()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_files_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(OpenAIError, match=r"ca=.*file\.pem.*cannot be used"):
        context_for(Network(ca=str(path)))
    with pytest.raises(OpenAIError, match=r"client_cert=.*file\.pem.*cannot be used"):
        context_for(Network(client_cert=str(path)))


def test_encrypted_keys(tmp_path: Path, certificates: Certificates) -> None:
    cryptography = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    pem = Path(certificates.client).read_bytes()
    key = cryptography.load_pem_private_key(pem, None)
    encrypted = tmp_path / "key.pem"
    encrypted.write_bytes(
        key.private_bytes(
            cryptography.Encoding.PEM,
            cryptography.PrivateFormat.PKCS8,
            cryptography.BestAvailableEncryption(b"open sesame"),
        )
    )
    pair = (certificates.client, str(encrypted))
    context_for(Network(client_cert=pair, client_key_password=Secret("open sesame")))
    for password in (None, Secret("wrong")):
        with pytest.raises(OpenAIError, match="cannot be used") as caught:
            context_for(Network(client_cert=pair, client_key_password=password))
        assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("before", [b"fine", b""])
def test_a_machine_that_gets_garbage(before: bytes, certificates: Certificates) -> None:
    """What came before it is read first, and then every read fails."""
    tls = Tls(context_for(Network(ca=certificates.ca)), "localhost")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = certificates.server.wrap_bio(incoming, outgoing, server_side=True)
    complete = False
    while not complete:
        complete = tls.handshake()
        incoming.write(tls.data_to_send())
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            pass
        tls.receive_data(outgoing.read())
    assert tls.read() == b""
    if before:
        server.write(before)
        tls.receive_data(outgoing.read())
    tls.receive_data(b"\x17\x03\x03\x00\x20" + b"?" * 32)
    if before:
        assert tls.read() == before
    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            tls.read()


def test_ssl_is_loaded_for_https_only() -> None:
    code = (
        "import sys, api_openai.transports.blocking.transport as b;"
        "b.BlockingTransport().wire();"
        "print([m for m in ('ssl', 'asyncio', 'trio', 'httpx', 'random') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
