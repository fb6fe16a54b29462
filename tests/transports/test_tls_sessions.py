"""TLS sessions that a server offers are resumed, by the client that was offered them, there alone."""

import ssl
from math import inf

import pytest

from api_openai.core.call.backend import Address
from api_openai.core.call.network import Network
from api_openai.core.terms.errors import APIConnectionError
from api_openai.transports.common.tls import MAX_SESSIONS, Sessions, Tls, context_for

from ..support.certificates import Certificates, server_context
from ..support.ports import KINDS, SocketsPort, on
from ..support.raw import echo, serving

every_port = pytest.mark.parametrize("kind", KINDS)


async def talk(port: SocketsPort, address: Address, host: str = "localhost") -> bool:
    """Exchange a few bytes on a connection of its own, and say whether a session was resumed."""
    conn = await port.start_tls(await port.connect(address, inf), host, inf)
    await port.send(conn, b"hello", inf)
    assert await port.receive(conn, inf) == b"hello"
    resumed: bool = conn.tls.resumed
    port.abort(conn)
    return resumed


@every_port
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_session_is_resumed(
    kind: str, version: ssl.TLSVersion, certificates: Certificates
) -> None:
    async def scenario(port: SocketsPort) -> list[bool]:
        return [await talk(port, raw.address) for _ in range(3)]

    server = server_context("server")
    server.maximum_version = version
    with serving(echo, server) as raw:
        assert on(kind, scenario, Network(ca=certificates.ca)) == [False, True, True]


@every_port
def test_a_server_that_offers_none(kind: str, certificates: Certificates) -> None:
    async def scenario(port: SocketsPort) -> list[bool]:
        return [await talk(port, raw.address) for _ in range(2)]

    server = server_context("server")
    server.num_tickets = 0
    with serving(echo, server) as raw:
        assert on(kind, scenario, Network(ca=certificates.ca)) == [False, False]


@every_port
def test_no_session_goes_to_another_name_place_or_client(
    kind: str, certificates: Certificates
) -> None:
    async def first(port: SocketsPort) -> list[bool]:
        found = [await talk(port, raw.address) for _ in range(2)]
        found.append(await talk(port, raw.address, "127.0.0.1"))
        found.append(await talk(port, other.address))
        return found

    async def second(port: SocketsPort) -> bool:
        return await talk(port, raw.address)

    network = Network(ca=certificates.ca)
    with serving(echo, certificates.server) as raw, serving(echo, certificates.server) as other:
        assert on(kind, first, network) == [False, True, False, False]
        assert on(kind, second, network) is False


@every_port
def test_a_failed_handshake_is_not_tried_again_with_the_same_session(
    kind: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(port: SocketsPort) -> list[bool]:
        found = [await talk(port, raw.address) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(Tls, "handshake", refuse)
            with pytest.raises(APIConnectionError, match="no such session"):
                await talk(port, raw.address)
        return [*found, await talk(port, raw.address)]

    def refuse(self: Tls) -> bool:
        raise ssl.SSLError("no such session")

    with serving(echo, certificates.server) as raw:
        assert on(kind, scenario, Network(ca=certificates.ca)) == [False, True, False]


def shake_hands(tls: Tls, server_side: ssl.SSLContext) -> bool:
    """Connect to a server in memory and hear a byte; say whether a session was resumed."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_side.wrap_bio(incoming, outgoing, server_side=True)
    complete = served = False
    while not (complete and served):
        complete = tls.handshake()
        incoming.write(tls.data_to_send())
        try:
            server.do_handshake()
            served = True
        except ssl.SSLWantReadError:
            pass
        tls.receive_data(outgoing.read())
    server.write(b"x")
    tls.receive_data(outgoing.read())
    assert tls.read() == b"x"
    return tls.resumed


def test_a_session_that_the_server_does_not_know_gives_way(certificates: Certificates) -> None:
    context = context_for(Network(ca=certificates.ca))
    sessions = Sessions(context)
    before, after = server_context("server"), server_context("server")  # with keys of their own
    found = [
        shake_hands(Tls(context, "localhost", sessions, "place"), server)
        for server in (before, before, after, after)
    ]
    assert found == [False, True, False, True]


def test_connections_made_at_once_keep_one_session(certificates: Certificates) -> None:
    context = context_for(Network(ca=certificates.ca))
    sessions = Sessions(context)
    at_once = [Tls(context, "localhost", sessions, "place") for _ in range(3)]
    shake_hands(at_once[0], certificates.server)
    kept = sessions.get("place")
    for tls in at_once[1:]:
        shake_hands(tls, certificates.server)
    assert sessions.get("place") is kept


def test_few_are_kept(certificates: Certificates) -> None:
    context = context_for(Network(ca=certificates.ca))
    sessions = Sessions(context)
    for place in range(MAX_SESSIONS + 2):
        shake_hands(Tls(context, "localhost", sessions, place), certificates.server)
    kept = [place for place in range(MAX_SESSIONS + 2) if sessions.get(place) is not None]
    assert kept == list(range(2, MAX_SESSIONS + 2))


@every_port
def test_a_context_that_is_made_anew_begins_without_sessions(
    kind: str, certificates: Certificates
) -> None:
    """Contexts are shared by the process, and only so many are kept: OpenSSL refuses sessions of
    another one."""

    async def scenario(port: SocketsPort) -> list[bool]:
        found = [await talk(port, raw.address) for _ in range(2)]
        port.network = Network(ca=certificates.ca, verify=False)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        return [*found, *[await talk(port, raw.address) for _ in range(2)]]

    with serving(echo, certificates.server) as raw:
        found = on(kind, scenario, Network(ca=certificates.ca))
    assert found == [False, True, False, True]
