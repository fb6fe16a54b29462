"""Base URLs and origins (RFC 3986, RFC 6454)."""

from typing import Final, NamedTuple

from ..terms.secret import MASK

__all__ = ["Origin", "host_and_port", "read_base_url", "shown_url"]

_PORTS: Final = {"http": 80, "https": 443}
_SOCKETS: Final = {"ws": "http", "wss": "https"}
"""A session over a WebSocket begins as a request over HTTP (RFC 6455 section 3)."""
_HOST: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454): connections and credentials belong to one."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def authority(self) -> str:
        """The `Host` header's value: the port is left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}.get(self.scheme)
        return host if self.port == usual else f"{host}:{self.port}"


def shown_url(url: str) -> str:
    """Return a URL, valid or not, without what may be a credential: user, password, query values.

    Everything before the last `@` may be a password: it may hold any character.
    """
    from .credentials import is_harmless_param

    rest, mark, query = url.partition("?")
    if "@" in query:
        rest, mark, query = url, "", ""
    scheme, found, _ = rest.partition("://")
    _, at, after = rest.rpartition("@")
    if at:
        rest = f"{scheme}://{MASK}@{after}" if found and "@" not in scheme else f"{MASK}@{after}"
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    masked = [
        f"{name}{sign}{text if is_harmless_param(name) or not text else MASK}"
        for name, sign, text in pairs
    ]
    return f"{rest}{mark}{'&'.join(masked)}"


def read_base_url(base_url: str) -> tuple[Origin, str, tuple[tuple[str, str], ...]]:
    """Read a base URL (RFC 3986): origin, path prefix without a closing slash, and its own query.

    By hand: importing `urllib.parse` is a notable part of what making a client costs.
    """
    url = str(base_url).strip()
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    scheme = _SOCKETS.get(scheme, scheme)
    rest, fragment, _ = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    if "@" in authority or fragment:
        raise ValueError("base_url: user, password and fragment do not belong in it")
    if not found or scheme not in _PORTS or not authority:
        raise ValueError(f"base_url={shown_url(url)!r}: expected http(s)://host[:port][/path]")
    place = host_and_port(authority, _PORTS[scheme])
    if place is None:
        raise ValueError(f"base_url={shown_url(url)!r}: host or port is not valid")
    origin = Origin(scheme, *place)
    prefix = f"/{path}".rstrip("/")
    if not (prefix.isascii() and prefix.isprintable()) or " " in prefix:
        raise ValueError(f"base_url={shown_url(url)!r}: expected percent-encoded ASCII as its path")
    if not query:
        return origin, prefix, ()
    from urllib.parse import parse_qsl

    return origin, prefix, tuple(parse_qsl(query, keep_blank_values=True))


def host_and_port(authority: str, usual: int) -> tuple[str, int] | None:
    """Read `host`, `host:port` or `[IPv6]:port`, `None` if it is none of these.

    Names beyond ASCII become IDNA.
    """
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        valid = bool(closed) and ":" in host and not host.strip("0123456789abcdefABCDEF:.%")
        colon, port = rest[:1], rest[1:]
        valid = valid and colon in ("", ":")
    else:
        host, colon, port = authority.partition(":")
        try:
            host = host.encode("ascii" if host.isascii() else "idna").decode()
        except UnicodeError:
            host = ""
        valid = bool(host) and not set(host) - _HOST
    if port and not (port.isdecimal() and port.isascii() and 0 < int(port[:6]) < 65536):
        valid = False
    if not valid:
        return None
    return host.lower(), int(port) if port else usual
