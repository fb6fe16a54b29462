"""Certificates for tests: an authority of nobody's, kept in `pem/` with its keys, valid to 2999.

They are made once and checked in, so that TLS is tested wherever the tests run. The keys open
nothing but the servers of these tests.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

PEM = Path(__file__).parent / "pem"


@dataclass(frozen=True)
class Certificates:
    """An authority's certificate, one of a client, and contexts of servers."""

    ca: str
    client: str
    server: ssl.SSLContext
    """For `localhost` and 127.0.0.1."""
    wrong: ssl.SSLContext
    """For another name."""
    demanding: ssl.SSLContext
    """Takes clients with a certificate only."""


def server_context(name: str) -> ssl.SSLContext:
    """The side of a server that shows the certificate `name`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["h2", "http/1.1"])
    made.load_cert_chain(PEM / f"{name}.pem")
    return made


def load() -> Certificates:
    """All of them."""
    demanding = server_context("server")
    demanding.load_verify_locations(PEM / "ca.pem")
    demanding.verify_mode = ssl.CERT_REQUIRED
    return Certificates(
        str(PEM / "ca.pem"),
        str(PEM / "client.pem"),
        server_context("server"),
        server_context("elsewhere"),
        demanding,
    )
