"""The machine as a client of the `websockets` library's servers."""

import pytest

from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.websocket.events import Binary, Close, Ping, Pong, Text

from ..websocket import Refused
from .links import link, message

SIZES = (1, 125, 126, 4096, 65535, 65536, 1_000_000)
LETTERS = "Größe €𐍈 "


def text(size: int) -> Text:
    return Text((LETTERS * size)[:size].encode())


def binary(size: int) -> Binary:
    return Binary((bytes(range(256)) * (size // 256 + 1))[:size])


def test_what_is_agreed(websockets: int, compression: str) -> None:
    with link(websockets, "/echo") as one:
        assert (one.agreed.deflate is not None) is (compression == "deflate")
        assert one.close() == Close(1000)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_messages_come_back(websockets: int, size: int) -> None:
    with link(websockets, "/echo") as one:
        for sent in (text(size), binary(size), text(size)):
            one.send(sent)
            assert message(one) == sent
        one.close()


def test_many_messages_at_once(websockets: int) -> None:
    sent = [text(size) for size in range(0, 3000, 17)]
    with link(websockets, "/echo") as one:
        for each in sent:
            one.send(each)
        assert [message(one) for _ in sent] == sent
        one.close()


@pytest.mark.parametrize("size", SIZES)
def test_fragments_with_pings_between_them(websockets: int, size: int) -> None:
    with link(websockets, "/parts") as one:
        for sent in (text(size), binary(size), text(size)):
            one.send(sent)
            events = [one.receive()]
            while isinstance(events[-1], Ping):
                events.append(one.receive())
            assert events[-1] == sent
            assert len(events) == 1 + min(size, 7)
        one.close()


def test_pings_of_both(websockets: int) -> None:
    with link(websockets, "/ping") as one:
        one.send(Text(b"are you there"))
        assert one.receive() == Ping(b"are you there")
        assert one.receive() == Text(b"the pong came")
        one.send(Ping(b"\x00" * 125))
        assert one.receive() == Pong(b"\x00" * 125)
        one.close()


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 3000, 4999])
def test_the_server_closes(websockets: int, code: int) -> None:
    with link(websockets, f"/close/{code}/why") as one:
        one.send(Text(b"now"))
        assert message(one) == Close(code, "why")
        assert one.receive() is None
        one.end()


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "går"), (3000, "x" * 123)])
def test_the_client_closes_and_the_server_says_the_same(
    websockets: int, code: int, reason: str
) -> None:
    with link(websockets, "/echo") as one:
        assert one.close(code, reason) == Close(code, reason)


def test_a_server_that_goes_without_a_close(websockets: int) -> None:
    with link(websockets, "/drop") as one:
        one.send(Text(b"now"))
        with pytest.raises(RemoteProtocolError, match="ended without a close"):
            message(one)


def test_a_handshake_that_is_refused(websockets: int) -> None:
    with pytest.raises(Refused) as caught, link(websockets, "/refuse"):
        pass
    assert caught.value.head.status == 401
    assert caught.value.head.headers["content-type"] == "application/json"
