"""How connections are made, as one setting for HTTP and WebSocket on every transport."""

import msgspec

from ..terms.secret import Secret


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy that tunnels with CONNECT (RFC 9110 section 9.3.6)."""

    host: str
    port: int
    username: str | None = None
    password: Secret | None = None

    @classmethod
    def of(cls, url: str) -> "Proxy":
        """Read `http://[user:password@]host:port`; other schemes raise `ValueError`."""
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            shown = f"{parts.scheme}://{parts.hostname or ''}"
            raise ValueError(f"proxy={shown!r}: expected http://[user:password@]host:port")
        return cls(
            parts.hostname,
            parts.port or 80,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else Secret(unquote(parts.password)),
        )


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
