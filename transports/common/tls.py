"""TLS: contexts made from network settings, and the client's side of a connection as a machine.

A backend does the I/O. `Tls` turns what the peer sent into plain bytes and plain bytes into what is
to be sent, on OpenSSL's memory buffers (RFC 8446, RFC 5246). All backends share it, so that a
connection behaves the same on each, and two threads may use one connection at once: the lock is
held while OpenSSL computes and never while anything waits.
"""

import os
import ssl
from collections.abc import Hashable
from functools import lru_cache
from threading import Lock
from typing import Final

from ...core.call.network import Network
from ...core.terms.errors import OpenAIError
from ...core.terms.secret import Secret

RECORD: Final = 16 * 1024
"""The most plain bytes that one TLS record carries (RFC 8446 section 5.1)."""

SLICE: Final = 4 * RECORD
"""How many plain bytes are encrypted at once."""

READ: Final = 256 * 1024
"""How many plain bytes are decrypted at once, at most."""


MAX_SESSIONS: Final = 16
"""Sessions that a backend keeps for resumption."""


def context_for(network: Network) -> ssl.SSLContext:
    """Return the context for `network`: made at the first call, then shared by the process.

    `OpenAIError` when a certificate or key file that it names cannot be used.
    """
    return _context(network.ca, network.client_cert, network.client_key_password, network.verify)


@lru_cache(maxsize=32)
def _context(
    ca: str | None,
    client_cert: str | tuple[str, str] | None,
    password: Secret | None,
    verify: bool,
) -> ssl.SSLContext:
    context = _trusting(ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # so that sending never waits for the peer
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client_cert is not None:
        cert, key = (client_cert, None) if isinstance(client_cert, str) else client_cert
        try:
            # Without a password OpenSSL would ask for one at the terminal.
            context.load_cert_chain(cert, key, password.reveal() if password is not None else "")
        except (OSError, ssl.SSLError) as error:
            raise OpenAIError(f"client_cert={client_cert!r} cannot be used: {error}") from error
    return context


def _trusting(ca: str | None) -> ssl.SSLContext:
    if ca is None:
        return ssl.create_default_context()
    try:
        if os.path.isdir(ca):
            return ssl.create_default_context(capath=ca)
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise OpenAIError(f"ca={ca!r} cannot be used: {error}") from error


class Sessions:
    """TLS sessions that servers offer to resume, each for one host at one address, in memory only.

    A resumed handshake checks no certificate again: the session stands for the check that was made.
    So they belong to one backend, one context, and the name that was checked; the server says how
    long one holds (RFC 8446 section 4.6.1), and one that it does not take gives way to the next.
    """

    __slots__ = ("_kept", "context")

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self._kept: dict[Hashable, ssl.SSLSession] = {}

    def get(self, place: Hashable) -> ssl.SSLSession | None:
        return self._kept.get(place)

    def put(self, place: Hashable, session: ssl.SSLSession) -> None:
        self._kept.pop(place, None)
        self._kept[place] = session
        for oldest in list(self._kept)[:-MAX_SESSIONS]:
            self._kept.pop(oldest, None)

    def forget(self, place: Hashable) -> None:
        """Drop the session, which may be why a handshake failed."""
        self._kept.pop(place, None)


class Tls:
    """One TLS connection to `host`, a name or an IP address, as the client.

    `handshake` until it says True, sending what `data_to_send` has after each call; then `write`
    and `read`. What the peer sends goes to `receive_data`, `b""` being its end. With `sessions`, one
    that is kept for `place` is resumed, and the one of a full handshake is kept.
    """

    __slots__ = (
        "_failure",
        "_incoming",
        "_lock",
        "_object",
        "_outgoing",
        "_place",
        "_resumed",
        "_sessions",
        "cut",
        "ended",
    )

    def __init__(
        self,
        context: ssl.SSLContext,
        host: str,
        sessions: Sessions | None = None,
        place: Hashable = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._place = place
        self._sessions = sessions  # until it is known whether there is one to keep
        self._resumed = None if sessions is None else sessions.get(place)
        self._object = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_hostname=host.rstrip("."),
            session=self._resumed,
        )
        self._lock = Lock()
        self._failure: ssl.SSLError | None = None
        self.ended = False
        """Whether everything that the peer had to say has been read."""
        self.cut = False
        """Whether the end came without a closing alert: anybody on the way may have made it."""

    @property
    def negotiated(self) -> tuple[str | None, str | None]:
        """Protocol version and application protocol, as `("TLSv1.3", "http/1.1")`."""
        return self._object.version(), self._object.selected_alpn_protocol()

    @property
    def resumed(self) -> bool:
        """Whether the handshake resumed an earlier session."""
        return bool(self._object.session_reused)

    def handshake(self) -> bool:
        """Go on with the handshake and say whether it is complete; `ssl.SSLError` if it failed."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def data_to_send(self) -> bytes:
        """Return what has to be sent now, if only to say why the handshake failed."""
        return self._outgoing.read()

    def receive_data(self, data: bytes) -> None:
        """Take what came from the peer; `b""` is the end of it."""
        with self._lock:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def write(self, data: bytes | memoryview) -> bytes:
        """Encrypt `data`, at most `SLICE` bytes of it, and return what has to be sent for it.

        An answer that `read` owes the peer (a key update) goes out in front of it, as it must.
        """
        rest = memoryview(data)
        with self._lock:
            while rest:
                rest = rest[self._object.write(rest) :]  # takes one record at a time
            return self._outgoing.read()

    def read(self) -> bytes:
        """Return what there is to read, 256 KiB at most; `b""` when it takes more of the peer's
        bytes, or when the peer has `ended`. `ssl.SSLError` when they are not what they should be.

        A peer that closes without a closing alert has ended too (`cut`); whether the message was
        complete is known one layer up.
        """
        parts: list[bytes] = []
        size = 0
        incoming, tls = self._incoming, self._object
        if self._failure is not None:
            raise self._failure
        with self._lock:
            try:
                while size < READ and (incoming.pending or incoming.eof or tls.pending()):
                    part = tls.read(RECORD)
                    if not part:  # a closing alert
                        self.ended = True
                        break
                    parts.append(part)
                    size += len(part)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                self.ended = True
            except ssl.SSLEOFError:
                self.ended = self.cut = True
            except ssl.SSLError as error:
                self._failure = error
            if parts and self._sessions is not None:
                self._keep_session(self._sessions)
        if self._failure is not None and not parts:
            raise self._failure
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _keep_session(self, sessions: Sessions) -> None:
        """Keep the session of a full handshake, if it can be resumed.

        Called with the first plain bytes: in TLS 1.3 tickets come after the handshake, from the
        usual servers in front of these. Copying a session costs as much as ten reads, so of many
        connections made at once one is asked.
        """
        resumed, self._sessions, self._resumed = self._resumed, None, None
        if self._object.session_reused or sessions.get(self._place) is not resumed:
            return
        session = self._object.session
        if session is not None and (session.has_ticket or session.id):
            sessions.put(self._place, session)
