"""How connections are made, as one setting for HTTP and WebSocket on every transport."""

import msgspec

from ..request.redaction import Redaction
from ..request.url import host_and_port, shown_url
from ..terms.errors import LocalProtocolError
from ..terms.secret import Secret
from ..terms.secret_errors import SecretError


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy: `https` goes through a tunnel that CONNECT opens (RFC 9110 section 9.3.6), and so
    do WebSockets; `http` as requests to the proxy in absolute form (RFC 9112 section 3.2.2)."""

    host: str
    port: int
    username: str | None = None
    password: Secret | None = None

    @classmethod
    def of(cls, url: str) -> "Proxy":
        """Read `http://[user:password@]host:port`; anything else raises `ValueError`.

        User and password may be percent-encoded; everything before the last `@` is theirs.
        """
        scheme, found, rest = url.strip().partition("://")
        user, at, place = rest.rpartition("@")
        where = host_and_port(place.rstrip("/"), 80) if found and scheme.lower() == "http" else None
        if where is None:
            hint = "" if found else " (a proxy needs its scheme in front)"
            raise ValueError(
                f"proxy={shown_url(url)!r}: expected http://[user:password@]host:port{hint}"
            )
        if not at:
            return cls(*where)
        from urllib.parse import unquote

        name, colon, password = user.partition(":")
        return cls(*where, unquote(name), Secret(unquote(password)) if colon else None)

    def authorization(self) -> bytes | None:
        """The value of `proxy-authorization`: Basic credentials (RFC 7617), if there are any."""
        if self.username is None:
            return None
        from base64 import b64encode

        if ":" in self.username:
            raise LocalProtocolError("proxy user name: a colon would end it (RFC 7617)")
        try:
            pair = f"{self.username}:{self.password.reveal() if self.password else ''}"
        except SecretError as error:
            raise SecretError("network.proxy.password", error.reason, found=False) from None
        return b"Basic " + b64encode(pair.encode())

    def redaction(self) -> Redaction:
        """What masks its credentials in what comes back."""
        value = self.authorization()
        if value is None:
            return Redaction()
        return Redaction(self.password, Secret(value.decode()), Secret(value[6:].decode()))


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of connections. The default is direct, TLS by the system's trust, no bounds.

    `proxy`: a `Proxy` or its URL. `ca`: path of a PEM file (or directory) of certificates to trust
    instead of the system's. `client_cert`: path of a PEM file with certificate and key, or a
    pair of paths. `client_key_password`: for an encrypted key. `verify=False` turns certificate
    checks off, for test servers only. `max_connections`, `max_idle`, `idle_seconds`: bounds of the
    connection pool (see `core.call.pool`).
    """

    proxy: Proxy | str | None = None
    ca: str | None = None
    client_cert: str | tuple[str, str] | None = None
    client_key_password: Secret | None = None
    verify: bool = True
    max_connections: int | None = None
    max_idle: int | None = None
    idle_seconds: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.proxy, str):
            msgspec.structs.force_setattr(self, "proxy", Proxy.of(self.proxy))
        if self.client_key_password is not None:
            password = Secret.of(self.client_key_password, "client_key_password")
            msgspec.structs.force_setattr(self, "client_key_password", password)
