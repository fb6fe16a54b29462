"""OpenAI on Amazon Bedrock, as the official SDK has it: clients by the arguments of AWS."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, Unpack, cast

from ..core.request.endpoint import Endpoint
from ..core.terms.omit import Omit, not_omitted, omit
from ..core.terms.secret import Secret
from .azure import Carried
from .binding.resource import spelled
from .client import AsyncClient, AsyncKeySource, Client, KeySource
from .configuration import Changes, Configuration, secret_of
from .providers.bedrock import bedrock, bedrock_region
from .settings import ClientSettings

K = TypeVar("K")


class BedrockChanges(Changes[K], total=False):
    """What `with_options` and `reconfigure` replace of a client for Bedrock."""

    bedrock_token_provider: K | None
    aws_region: str | None
    aws_profile: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | Secret | None
    aws_session_token: str | Secret | None
    aws_credentials_provider: Callable[[], object] | None


class _Bedrock(ClientSettings[K], Generic[K]):
    """Finds the endpoint of Bedrock from the arguments that people give."""

    _carried = Carried
    _keywords = BedrockChanges

    @spelled("_carried")
    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        bedrock_token_provider: K | None = None,
        aws_region: str | None = None,
        aws_profile: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | Secret | None = None,
        aws_session_token: str | Secret | None = None,
        aws_credentials_provider: Callable[[], object] | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | None = None,
        websocket_base_url: str | None = None,
        default_headers: "Mapping[str, str | Secret | Omit | None] | None" = None,
        default_query: Mapping[str, object] | None = None,
        **settings: Unpack[Carried],
    ) -> None:
        arguments = {
            "api_key": secret_of(api_key, "api_key"),
            "bedrock_token_provider": bedrock_token_provider,
            "aws_region": aws_region,
            "aws_profile": aws_profile,
            "aws_access_key_id": aws_access_key_id,
            "aws_secret_access_key": secret_of(aws_secret_access_key, "aws_secret_access_key"),
            "aws_session_token": secret_of(aws_session_token, "aws_session_token"),
            "aws_credentials_provider": aws_credentials_provider,
            "base_url": base_url,
        }
        super().__init__(
            provider=_provider(arguments),
            organization=organization,
            project=project,
            websocket_base_url=websocket_base_url,
            default_headers=default_headers,
            default_query=default_query,
            **settings,
        )
        self._configuration.arguments = arguments

    def _changed(self, changes: Changes[K], version: int, by: str) -> Configuration[K]:
        """Who asks is one of the ways there are: a new one takes the place of the one before.

        Region and URL stay, and so do header fields: it is the same house. A URL alone is another
        server, as it is of any client.
        """
        general = dict(not_omitted(changes))
        said = {name: value for name, value in general.items() if name in _ARGUMENTS}
        said = {name: value for name, value in said.items() if value is not None}
        if not said.keys() - {"base_url"}:
            return super()._changed(cast("Changes[K]", general), version, by)
        general = {name: value for name, value in general.items() if name not in _ARGUMENTS}
        old = self._configuration
        kept = dict(old.arguments)
        if said.keys() & _WHO:
            kept = {name: value for name, value in kept.items() if name not in _WHO}
        if "aws_region" in said:
            kept.pop("base_url", None)  # unless it is given once more, it is that of the region
        for name in said.keys() & _SECRETS:
            said[name] = Secret.of(said[name], name)
        arguments = {**kept, **said}
        endpoint = old.settings.endpoint
        general["provider"] = _provider(arguments)
        if general.get("set_default_headers") is None:
            general["default_headers"] = {**endpoint.headers, **general.get("default_headers", {})}
        new = super()._changed(cast("Changes[K]", general), version, by)
        new.arguments = arguments
        return new

    if TYPE_CHECKING:

        def with_options(self, **changes: Unpack[BedrockChanges[K]]) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride]  # it takes more
            ...

        def reconfigure(self, **changes: Unpack[BedrockChanges[K]]) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # it takes more
            ...

        copy = with_options


_WHO: Final = frozenset(
    """
    api_key bedrock_token_provider aws_profile aws_access_key_id aws_secret_access_key
    aws_session_token aws_credentials_provider
    """.split()
)
_SECRETS: Final = frozenset({"api_key", "aws_secret_access_key", "aws_session_token"})
_ARGUMENTS: Final = _WHO | {"aws_region", "base_url"}
"""Arguments that say where Bedrock is and who asks it."""


def _provider(given: Mapping[str, Any]) -> Endpoint:
    base_url, api_key = given.get("base_url"), given.get("api_key")
    return bedrock(
        endpoint=_family(base_url),
        region=given.get("aws_region"),
        base_url=omit if base_url is None else base_url,
        api_key=omit if api_key is None else api_key,
        token_provider=given.get("bedrock_token_provider"),
        access_key_id=given.get("aws_access_key_id"),
        secret_access_key=given.get("aws_secret_access_key"),
        session_token=given.get("aws_session_token"),
        profile=given.get("aws_profile"),
        credential_provider=given.get("aws_credentials_provider"),
    )


def _family(base_url: str | None) -> Any:
    """Which of the two servers a URL is for: one that is not AWS's own stands for the first."""
    found = None if base_url is None else bedrock_region(base_url)
    return found[0] if found is not None else "mantle" if base_url is not None else None


class BedrockOpenAI(_Bedrock[KeySource], Client):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """`Client` for Amazon Bedrock.

    Credentials are a bearer key (`api_key`, or `bedrock_token_provider`, a function that returns one
    for each attempt), or keys of AWS: given, of a profile, of `aws_credentials_provider`, or those
    that botocore finds. What is left out comes from `AWS_BEARER_TOKEN_BEDROCK`, `AWS_REGION` or
    `AWS_DEFAULT_REGION`, and `AWS_BEDROCK_BASE_URL`. Raises `OpenAIError` for what is missing or too
    much.
    """


class AsyncBedrockOpenAI(_Bedrock[AsyncKeySource], AsyncClient):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """`AsyncClient` for Amazon Bedrock; arguments as `BedrockOpenAI`."""
