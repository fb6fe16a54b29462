"""What the tests of interoperability have in common."""

import contextlib
import socket
from collections.abc import Generator

from tests.support.raw import PATIENCE

from api_openai.core.terms.http_message import RawHeaders
from api_openai.core.websocket.events import Binary, Close, Ping, Pong, Text

from ..websocket import Link, ask


@contextlib.contextmanager
def link(
    port: int, target: str, *, deflate: bool = True, extra: RawHeaders = ()
) -> Generator[Link]:
    """Open a WebSocket on a loopback port, and leave its socket closed."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        yield ask(sock, f"127.0.0.1:{port}", target, deflate=deflate, extra=extra)


def message(one: Link) -> Text | Binary | Close | None:
    """The next event that is not a ping or a pong."""
    while isinstance(event := one.receive(), Ping | Pong):
        pass
    return event
