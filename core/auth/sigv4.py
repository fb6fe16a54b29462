"""AWS Signature Version 4: the header fields that sign a request, computed from its bytes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from ..request.auth import Composed
from ..terms.secret import Secret

__all__ = ["AwsCredentials", "sigv4_fields"]

ALGORITHM: Final = "AWS4-HMAC-SHA256"


class AwsCredentials(msgspec.Struct, frozen=True):
    """Keys of AWS; those of a session come with a token."""

    access_key: str
    secret_key: Secret
    token: Secret | None = None

    def __repr__(self) -> str:
        return f"AwsCredentials({self.access_key[:4]}...)"


def sigv4_fields(
    credentials: AwsCredentials,
    *,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    service: str,
    region: str,
    seconds: float,
) -> dict[str, str | Secret]:
    """Return the header fields that sign a request at a time, in seconds since 1970.

    Signed are `host`, `content-type` and every `x-amz-` field; others may be changed on the way.
    """
    at = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    added: dict[str, str | Secret] = {"x-amz-content-sha256": digest, "x-amz-date": at}
    if credentials.token is not None:
        added["x-amz-security-token"] = credentials.token
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    signed, request = _canonical(method, url, headers, added, digest)
    text = "\n".join((ALGORITHM, at, scope, hashlib.sha256(request).hexdigest()))
    signature = _mac(_key(credentials.secret_key, scope), text).hex()
    added["authorization"] = Composed(
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, "
        f"Signature={signature}"
    )
    return added


def _canonical(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    added: dict[str, str | Secret],
    digest: str,
) -> tuple[str, bytes]:
    """The names of the signed fields, and the request as it is signed."""
    fields = {
        name: value
        for name, value in headers
        if name in ("host", "content-type") or name.startswith("x-amz-")
    }
    for name, value in added.items():
        fields[name] = value.unaudited() if isinstance(value, Secret) else value
    _, _, rest = url.partition("://")
    _, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    names = sorted(fields)
    signed = ";".join(names)
    lines = [
        method,
        quote(f"/{path}", safe="/-_.~"),  # encoded once more than it goes out, as for all but S3
        _canonical_query(query),
        *(f"{name}:{' '.join(fields[name].split())}" for name in names),
        "",
        signed,
        digest,
    ]
    return signed, "\n".join(lines).encode("latin-1")


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    encoded = [
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
        for name, _, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _key(secret: Secret, scope: str) -> bytes:
    key = f"AWS4{secret.reveal()}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
