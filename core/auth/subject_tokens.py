"""Tokens of the machine's own, to be exchanged for one of the API: of Kubernetes, Azure and Google.

Under the names of the official SDK. They are fetched over the client's own transport, past its
proxy: the servers that give them are on the machine itself.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, TypedDict

import msgspec

from ..request.auth import AuthContext, TokenAnswer
from ..terms.errors import APIError, OpenAIError, SubjectTokenProviderError
from ..terms.secret import Secret

__all__ = [
    "SubjectToken",
    "SubjectTokenProvider",
    "TokenType",
    "azure_managed_identity_token_provider",
    "gcp_id_token_provider",
    "k8s_service_account_token_provider",
    "subject_token_of",
]

TokenType = Literal["jwt", "id"]

TOKEN_FILE: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
AZURE: Final = "http://169.254.169.254/metadata/identity/oauth2/token"
GOOGLE: Final = (
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity"
)


class SubjectTokenProvider(TypedDict):
    """A source of the caller's own: `get_token` may block, and is called in a worker thread."""

    token_type: TokenType
    get_token: Callable[[], str]


class SubjectToken(Protocol):
    """A source of tokens of the machine's own."""

    @property
    def token_type(self) -> TokenType: ...

    async def fetch(self, context: AuthContext, /) -> Secret:
        """Return one; `SubjectTokenProviderError` where there is none."""
        ...


class _FromFile(msgspec.Struct, frozen=True):
    path: str
    token_type: TokenType = "jwt"

    async def fetch(self, context: AuthContext, /) -> Secret:
        try:
            data = await context.read_file(self.path)
        except OSError as error:
            raise SubjectTokenProviderError(
                f"the file of the token, {self.path!r}: {error.strerror or error}"
            ) from error
        return _token(data, f"the file of the token, {self.path!r}")


class _FromAzure(msgspec.Struct, frozen=True):
    query: dict[str, str]
    timeout: float
    url: str = AZURE
    token_type: TokenType = "jwt"

    async def fetch(self, context: AuthContext, /) -> Secret:
        what = "Azure's metadata server"
        answer = await _asked(
            context, what, self.url, self.query, {"Metadata": "true"}, self.timeout
        )
        try:
            token: Any = answer.json().get("access_token")
        except OpenAIError as error:
            raise SubjectTokenProviderError(f"{what}: {error}") from None
        if not isinstance(token, str):
            raise SubjectTokenProviderError(f"{what}: its answer has no access_token")
        return _token(token.encode("utf-8", "replace"), what)


class _FromGoogle(msgspec.Struct, frozen=True):
    query: dict[str, str]
    timeout: float
    url: str = GOOGLE
    token_type: TokenType = "id"

    async def fetch(self, context: AuthContext, /) -> Secret:
        what = "Google's metadata server"
        fields = {"Metadata-Flavor": "Google"}
        answer = await _asked(context, what, self.url, self.query, fields, self.timeout)
        return _token(answer.content, what)


class _FromFunction(msgspec.Struct, frozen=True):
    get_token: Callable[[], object]
    token_type: TokenType

    async def fetch(self, context: AuthContext, /) -> Secret:
        token = await context.in_worker(self.get_token)
        if not isinstance(token, str | bytes):
            kind = type(token).__name__
            raise SubjectTokenProviderError(f"get_token(): expected text, got {kind}")
        return _token(token if isinstance(token, bytes) else token.encode(), "get_token()")


def k8s_service_account_token_provider(token_file_path: object = TOKEN_FILE) -> SubjectToken:
    """Return the token that Kubernetes mounts into a pod; the file is read anew each time."""
    return _FromFile(str(token_file_path))


def azure_managed_identity_token_provider(
    resource: str = "https://management.azure.com/",
    *,
    object_id: str | None = None,
    client_id: str | None = None,
    msi_res_id: str | None = None,
    api_version: str = "2018-02-01",
    timeout: float = 10.0,
) -> SubjectToken:
    """Return the token of an Azure managed identity, as the metadata server of the machine gives it.

    One of `object_id`, `client_id` and `msi_res_id` names the identity, where the machine has
    several. `timeout` is in seconds.
    """
    query = {"api-version": api_version, "resource": resource}
    named = {"object_id": object_id, "client_id": client_id, "msi_res_id": msi_res_id}
    query |= {name: value for name, value in named.items() if value is not None}
    return _FromAzure(query, timeout)


def gcp_id_token_provider(
    audience: str = "https://api.openai.com/v1", *, timeout: float = 10.0
) -> SubjectToken:
    """Return the identity token of a Google Cloud machine for an audience; `timeout` in seconds."""
    return _FromGoogle({"audience": audience}, timeout)


def subject_token_of(provider: Any) -> SubjectToken:
    """Return a source of tokens: one of this module, or a mapping as the official SDK has it."""
    if callable(getattr(provider, "fetch", None)) and hasattr(provider, "token_type"):
        source: SubjectToken = provider
        return source
    try:
        kind, function = provider["token_type"], provider["get_token"]
    except (KeyError, TypeError):
        raise OpenAIError(
            "workload_identity: its provider has to have a token_type and a get_token"
        ) from None
    if not callable(function):
        raise TypeError("workload_identity: get_token of its provider has to be a function")
    return _FromFunction(function, kind)


async def _asked(
    context: AuthContext,
    what: str,
    url: str,
    query: dict[str, str],
    fields: dict[str, str],
    seconds: float,
) -> TokenAnswer:
    try:
        return await context.ask(
            "GET", url, query=query, headers=fields, seconds=seconds, direct=True
        )
    except APIError as error:
        if context.hurried:
            raise
        raise SubjectTokenProviderError(f"{what}: {error.message}") from error


def _token(data: bytes, what: str) -> Secret:
    """Return a token without white space around it."""
    text = data.decode("latin-1").strip()
    if not text:
        raise SubjectTokenProviderError(f"{what}: expected a token, got nothing")
    return Secret(text)
