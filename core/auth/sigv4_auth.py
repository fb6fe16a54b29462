"""`SigV4Auth`: requests signed with keys of AWS, which are given or found anew for each attempt."""

from collections.abc import Awaitable, Callable
from typing import Any

from ..request.auth import AuthContext, Fields, UnsignedRequest
from ..terms.errors import OpenAIError
from ..terms.secret import Secret
from .sigv4 import AwsCredentials, sigv4_fields

__all__ = ["SigV4Auth"]


class SigV4Auth:
    """Signs each attempt with AWS Signature Version 4 (https only, bodies in memory).

    `credentials` are `AwsCredentials`, or a function that returns them, or what botocore returns: it
    may block, is called in a worker thread for each attempt, and keeps what it finds itself.
    """

    __slots__ = ("_credentials", "region", "service")
    field = "authorization"

    def __init__(
        self,
        credentials: AwsCredentials | Callable[[], object],
        *,
        region: str,
        service: str,
    ) -> None:
        if not (isinstance(credentials, AwsCredentials) or callable(credentials)):
            kind = type(credentials).__name__
            raise TypeError(f"credentials: expected AwsCredentials or a function, got {kind}")
        self._credentials = credentials
        self.region = region
        self.service = service

    def sign(self, request: UnsignedRequest, context: AuthContext, /) -> Fields | Awaitable[Fields]:
        """Return the fields of the signature; `OpenAIError` for a body that streams."""
        body = request.whole_body()
        if isinstance(self._credentials, AwsCredentials):
            return self._signed(self._credentials, request, body, context.wall())
        return self._found(self._credentials, request, body, context)

    async def _found(
        self,
        find: Callable[[], object],
        request: UnsignedRequest,
        body: bytes,
        context: AuthContext,
    ) -> Fields:
        found = await context.in_worker(lambda: _frozen(find()))
        return self._signed(found, request, body, context.wall())

    def _signed(
        self, credentials: AwsCredentials, request: UnsignedRequest, body: bytes, seconds: float
    ) -> Fields:
        return sigv4_fields(
            credentials,
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=body,
            service=self.service,
            region=self.region,
            seconds=seconds,
        )

    def __repr__(self) -> str:
        return f"SigV4Auth({self.service!r}, {self.region!r})"


def _frozen(found: Any) -> AwsCredentials:
    """Return credentials of botocore as ours; those that are renewed say what they are now."""
    if isinstance(found, AwsCredentials):
        return found
    if found is None:
        raise OpenAIError("AWS: no credentials were found; expected keys, a profile or a role")
    if callable(getattr(found, "get_frozen_credentials", None)):
        found = found.get_frozen_credentials()
    key, secret = getattr(found, "access_key", None), getattr(found, "secret_key", None)
    if not (isinstance(key, str) and isinstance(secret, str) and key and secret):
        kind = type(found).__name__
        raise OpenAIError(f"AWS: expected credentials with access_key and secret_key, got {kind}")
    token = getattr(found, "token", None)
    return AwsCredentials(key, Secret(secret), Secret(token) if token else None)
