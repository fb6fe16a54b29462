"""Workload identity: a token of the machine, or its certificate, exchanged for one of the API (RFC 8693)."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict

from ..http.body import JsonBody
from ..json.values import fields_of, is_mapping
from ..request.auth import AuthContext
from ..terms.errors import APIStatusError, OAuthError, OpenAIError
from ..terms.json_text import CodecError, decode_json
from ..terms.secret import Secret
from .subject_tokens import SubjectToken, SubjectTokenProvider, subject_token_of
from .token_auth import RENEW_BEFORE, FetchedToken, TokenAuth

__all__ = [
    "SubjectTokenWorkloadIdentity",
    "WorkloadIdentity",
    "WorkloadIdentityAuth",
    "X509WorkloadIdentity",
    "is_x509",
    "x509_workload_identity",
]

EXCHANGE_URL: Final = "https://auth.openai.com/oauth/token"
MTLS_EXCHANGE_URL: Final = "https://mtls.auth.openai.com/oauth/token"
GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
X509: Final = "urn:openai:params:oauth:token-type:x509"
TOKEN_TYPES: Final = {
    "jwt": "urn:ietf:params:oauth:token-type:jwt",
    "id": "urn:ietf:params:oauth:token-type:id_token",
}
_REFUSALS: Final = (400, 401, 403)


class WorkloadIdentity(TypedDict):
    """Who a machine is, by a token of its own."""

    identity_provider_id: str
    service_account_id: str
    provider: SubjectTokenProvider | SubjectToken
    """Where its token comes from."""
    refresh_buffer_seconds: NotRequired[float]
    """Seconds before its end from which on the API's token is renewed: 1200 by default."""


SubjectTokenWorkloadIdentity: TypeAlias = WorkloadIdentity


class X509WorkloadIdentity(TypedDict):
    """Who a machine is, by the client certificate of `Network(client_cert=...)`."""

    type: Literal["x509"]
    identity_provider_id: str
    service_account_id: str
    refresh_buffer_seconds: NotRequired[float]


def x509_workload_identity(
    *,
    identity_provider_id: str,
    service_account_id: str,
    refresh_buffer_seconds: float | None = None,
) -> X509WorkloadIdentity:
    """Return an identity that the client's certificate proves."""
    identity: X509WorkloadIdentity = {
        "type": "x509",
        "identity_provider_id": identity_provider_id,
        "service_account_id": service_account_id,
    }
    if refresh_buffer_seconds is not None:
        identity["refresh_buffer_seconds"] = refresh_buffer_seconds
    return identity


def is_x509(identity: object) -> bool:
    """Whether an identity is one by certificate."""
    return is_mapping(identity) and identity.get("type") == "x509"


class WorkloadIdentityAuth(TokenAuth):
    """The token that a server exchanges for the identity of a machine.

    A request that is answered 401 is sent once more with a new token, as in the official SDK;
    `again_on_401=False` leaves it at the error, and the next call fetches another.
    """

    def __init__(
        self,
        *,
        workload_identity: WorkloadIdentity | X509WorkloadIdentity,
        token_exchange_url: str | None = None,
        again_on_401: bool = True,
    ) -> None:
        identity: object = workload_identity
        if not is_mapping(identity):
            raise TypeError(
                f"workload_identity: expected a mapping, got {type(workload_identity).__name__}"
            )
        super().__init__(
            renew_before=identity.get("refresh_buffer_seconds", RENEW_BEFORE),
            again_on_401=again_on_401,
        )
        by_certificate = is_x509(identity)
        self._names = {
            name: _named(identity, name) for name in ("identity_provider_id", "service_account_id")
        }
        self._source: SubjectToken | None = None
        self._type = X509
        if by_certificate:
            if "provider" in identity:
                raise OpenAIError("workload_identity: a certificate has no provider of tokens")
        else:
            self._source = subject_token_of(identity.get("provider"))
            kind = self._source.token_type
            if kind not in TOKEN_TYPES:
                raise OpenAIError(f"workload_identity: token_type={kind!r}: expected 'jwt' or 'id'")
            self._type = TOKEN_TYPES[kind]
        self._url = token_exchange_url or (MTLS_EXCHANGE_URL if by_certificate else EXCHANGE_URL)

    async def fetch(self, context: AuthContext, /) -> FetchedToken:
        """Exchange the machine's token, or its certificate, for one of the API.

        `OAuthError` where the server refuses it; `SubjectTokenProviderError` where there is none.
        """
        subject: dict[str, str] = {}
        if self._source is not None:
            subject["subject_token"] = (await self._source.fetch(context)).reveal()
        body = JsonBody.of(
            {"grant_type": GRANT, **subject, "subject_token_type": self._type, **self._names}
        )
        del subject  # no frame that waits shows it
        try:
            answer = await context.ask("POST", self._url, body=body)
        except APIStatusError as error:
            if error.status_code in _REFUSALS:
                raise _refusal(error) from None
            raise
        found = _read(answer.json())
        if isinstance(found, str):
            raise OpenAIError(f"{self._url}: {found}")
        return FetchedToken(*found)

    def __repr__(self) -> str:
        return f"WorkloadIdentityAuth({self._names['service_account_id']!r})"


def _named(identity: Mapping[str, Any], name: str) -> str:
    value = identity.get(name)
    if not isinstance(value, str) or not value:
        raise OpenAIError(f"workload_identity: expected its {name}, got {value!r}")
    return value


def _read(document: dict[str, Any]) -> tuple[Secret, float] | str:
    """Return the token and its seconds, or what is wrong: no frame that raises has seen the answer."""
    token, seconds = document.get("access_token"), document.get("expires_in")
    kind = document.get("token_type", "Bearer")
    if not isinstance(token, str) or not token:
        return "its answer has no access_token"
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return f"expires_in: expected seconds, got {type(seconds).__name__}"
    if not _positive(seconds):
        return f"expires_in={seconds!r}: expected seconds above 0"
    if not isinstance(kind, str) or kind.lower() != "bearer":
        return f"token_type={kind!r}: expected 'Bearer'"
    return Secret(token), float(seconds)


def _positive(seconds: float) -> bool:
    try:
        return isfinite(seconds) and seconds > 0
    except OverflowError:  # an integer beyond all floats
        return False


def _refusal(error: APIStatusError) -> OAuthError:
    content = error.response.content
    try:
        document = decode_json(content)
    except CodecError:
        document = None
    said = fields_of(document).get("error_description")
    text = said if isinstance(said, str) and said else error.message
    return OAuthError(
        f"the server of tokens refuses: {text}", response=error.response, body=document
    )
