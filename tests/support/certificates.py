"""Certificates for tests; skips where trustme is not installed."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest


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


def make(folder: Path) -> Certificates:
    """Make an authority and write what a client needs to `folder`."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    ca, client = folder / "ca.pem", folder / "client.pem"
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(
        str(client)
    )

    def context(*names: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_alpn_protocols(["h2", "http/1.1"])
        authority.issue_cert(*names).configure_cert(made)
        return made

    demanding = context("localhost", "127.0.0.1")
    authority.configure_trust(demanding)
    demanding.verify_mode = ssl.CERT_REQUIRED
    return Certificates(
        str(ca),
        str(client),
        context("localhost", "127.0.0.1"),
        context("elsewhere.test"),
        demanding,
    )
