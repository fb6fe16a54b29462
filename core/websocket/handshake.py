"""The opening handshake (RFC 6455 section 4): what a client asks, and what a server grants.

The request and its answer travel as HTTP, in `core.http`; here are the fields they carry. wsproto
negotiates compression (RFC 7692 section 5).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..terms.errors import LocalProtocolError, RemoteProtocolError
from ..terms.http_message import LOWER_TOKEN, Headers, RawHeaders, made_of
from .deflate import Deflate

DEFLATE: Final = "permessage-deflate"
VERSION: Final = b"13"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKEN: Final = LOWER_TOKEN + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PARAMETERS: Final = {
    "client_no_context_takeover",
    "server_no_context_takeover",
    "client_max_window_bits",
    "server_max_window_bits",
}


class Agreed(NamedTuple):
    """What the two sides have agreed on."""

    subprotocol: str | None
    deflate: Deflate | None


class ClientHandshake:
    """The client's side: fields of the request, and the check of the 101.

    `nonce` is 16 bytes that nobody can guess. `subprotocols` are offered in the order of
    preference, and compression with `deflate`.
    """

    __slots__ = ("_deflate", "_key", "_subprotocols")

    def __init__(
        self, nonce: bytes, *, subprotocols: Sequence[str] = (), deflate: bool = False
    ) -> None:
        from binascii import b2a_base64

        if isinstance(subprotocols, str):
            raise TypeError(f"subprotocols={subprotocols!r}: expected a list of names")
        for name in subprotocols:
            if not made_of(name.encode("latin-1", "replace"), _TOKEN):
                raise LocalProtocolError("subprotocols: expected RFC 9110 tokens")
        self._key = b2a_base64(nonce, newline=False)
        self._subprotocols = tuple(subprotocols)
        self._deflate = deflate

    def fields(self) -> RawHeaders:
        """Return the header fields that make a GET an opening handshake."""
        fields = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-key", self._key),
            (b"sec-websocket-version", VERSION),
        ]
        if self._subprotocols:
            fields.append((b"sec-websocket-protocol", ", ".join(self._subprotocols).encode()))
        if self._deflate:
            from wsproto.extensions import PerMessageDeflate

            offer = f"{DEFLATE}; {PerMessageDeflate().offer()}"
            fields.append((b"sec-websocket-extensions", offer.encode()))
        return tuple(fields)

    def check(self, headers: Headers) -> Agreed:
        """Take the header fields of a 101; `RemoteProtocolError` for one that grants no WebSocket."""
        if headers.get("upgrade", "").lower() != "websocket":
            raise RemoteProtocolError("the server switches to another protocol than websocket")
        if "upgrade" not in _list_of(headers.get("connection", "").lower()):
            raise RemoteProtocolError("the server's 101 lacks `connection: upgrade`")
        if headers.get("sec-websocket-accept") != accept_token(self._key):
            raise RemoteProtocolError("the server's sec-websocket-accept answers another request")
        subprotocol = headers.get("sec-websocket-protocol")
        if subprotocol is not None and subprotocol not in self._subprotocols:
            raise RemoteProtocolError(f"the server chose a subprotocol not asked: {subprotocol!r}")
        extensions = headers.get("sec-websocket-extensions")
        return Agreed(subprotocol, None if extensions is None else self._granted(extensions))

    def _granted(self, extensions: str) -> Deflate:
        """What the server says of compression; it may grant only what was offered."""
        name, *parameters = (part.strip() for part in extensions.split(";"))
        if not self._deflate or name != DEFLATE or "," in extensions:
            raise RemoteProtocolError(f"the server uses extensions not asked: {extensions!r}")
        from wsproto.extensions import PerMessageDeflate

        names = [parameter.partition("=")[0].strip() for parameter in parameters]
        negotiated = PerMessageDeflate()
        try:
            if len(set(names)) < len(names) or not _PARAMETERS.issuperset(names):
                raise ValueError(extensions)
            negotiated.finalize(extensions)
        except (ValueError, IndexError):
            raise RemoteProtocolError(
                f"the server grants compression in a way that is not valid: {extensions!r}"
            ) from None
        return Deflate(
            own_bits=negotiated.client_max_window_bits,
            peer_bits=negotiated.server_max_window_bits,
            own_takeover=not negotiated.client_no_context_takeover,
            peer_takeover=not negotiated.server_no_context_takeover,
        )


def accept(
    headers: Headers, *, subprotocols: Sequence[str] = (), deflate: bool = True
) -> tuple[RawHeaders, Agreed]:
    """Return the header fields of a server's 101, and what was agreed on.

    The first subprotocol of the client's that is among `subprotocols` is chosen, and compression is
    granted where it was offered. `RemoteProtocolError` for a request that is no opening handshake;
    its text says what it lacks.
    """
    if headers.get("upgrade", "").lower() != "websocket":
        raise RemoteProtocolError("expected `upgrade: websocket`")
    if "upgrade" not in _list_of(headers.get("connection", "").lower()):
        raise RemoteProtocolError("expected `connection: upgrade`")
    if headers.raw_value(b"sec-websocket-version") != VERSION:
        raise RemoteProtocolError("expected `sec-websocket-version: 13`")
    key = headers.raw_value(b"sec-websocket-key")
    if key is None or not _is_key(key):
        raise RemoteProtocolError("expected 16 bytes in base64 as sec-websocket-key")
    fields = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", accept_token(key).encode()),
    ]
    offered = _list_of(headers.get("sec-websocket-protocol", ""))
    chosen = next((name for name in offered if name in subprotocols), None)
    if chosen is not None:
        fields.append((b"sec-websocket-protocol", chosen.encode()))
    granted: Deflate | None = None
    for offer in _list_of(headers.get("sec-websocket-extensions", "")) if deflate else ():
        answer = _grant(offer)
        if answer is not None:
            text, granted = answer
            fields.append((b"sec-websocket-extensions", text.encode()))
            break
    return tuple(fields), Agreed(chosen, granted)


def _grant(offer: str) -> tuple[str, Deflate] | None:
    """The answer to one offer of compression, or `None` for one that cannot be taken."""
    name, *parameters = (part.strip() for part in offer.split(";"))
    names = [parameter.partition("=")[0].strip() for parameter in parameters]
    if name != DEFLATE or len(set(names)) < len(names) or not _PARAMETERS.issuperset(names):
        return None
    from wsproto.extensions import PerMessageDeflate

    negotiated = PerMessageDeflate()
    try:
        answer = negotiated.accept(offer)
    except (ValueError, IndexError):
        return None
    if not isinstance(answer, str):
        return None
    deflate = Deflate(
        own_bits=negotiated.server_max_window_bits,
        peer_bits=negotiated.client_max_window_bits,
        own_takeover=not negotiated.server_no_context_takeover,
        peer_takeover=not negotiated.client_no_context_takeover,
    )
    return (f"{DEFLATE}; {answer}" if answer else DEFLATE), deflate


def accept_token(key: bytes) -> str:
    """The answer to a `sec-websocket-key`, which shows that the server has understood it.

    wsproto has it too, and takes a fourth of the time from the start to a first event to import.
    """
    from binascii import b2a_base64
    from hashlib import sha1

    digest = sha1(key + _GUID, usedforsecurity=False).digest()
    return b2a_base64(digest, newline=False).decode()


def _is_key(key: bytes) -> bool:
    from binascii import Error, a2b_base64

    try:
        return len(a2b_base64(key, strict_mode=True)) == 16
    except Error:
        return False


def _list_of(value: str) -> list[str]:
    """The members of a field that is a list (RFC 9110 section 5.6.1)."""
    return [part.strip() for part in value.split(",") if part.strip()]
