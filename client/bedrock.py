"""OpenAI on Amazon Bedrock, as the official SDK has it: clients by the arguments of AWS."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

from ..core.terms.omit import omit
from ..core.terms.secret import Secret
from .azure import Carried
from .client import AsyncClient, AsyncKeySource, Client, KeySource
from .providers.bedrock import bedrock, bedrock_region
from .settings import ClientSettings

if TYPE_CHECKING:
    from ..core.terms.omit import Omit

K = TypeVar("K")


class _Bedrock(ClientSettings[K], Generic[K]):
    """Finds the endpoint of Bedrock from the arguments that people give."""

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
        default_headers: "Mapping[str, str | Omit | None] | None" = None,
        default_query: Mapping[str, object] | None = None,
        **settings: Unpack[Carried],
    ) -> None:
        source: Any = bedrock_token_provider
        provider = bedrock(
            endpoint=_family(base_url),
            region=aws_region,
            base_url=omit if base_url is None else base_url,
            api_key=omit if api_key is None else api_key,
            token_provider=source,
            access_key_id=aws_access_key_id,
            secret_access_key=aws_secret_access_key,
            session_token=aws_session_token,
            profile=aws_profile,
            credential_provider=aws_credentials_provider,
        )
        super().__init__(
            provider=provider,
            organization=organization,
            project=project,
            websocket_base_url=websocket_base_url,
            default_headers=default_headers,
            default_query=default_query,
            **settings,
        )


def _family(base_url: str | None) -> Any:
    """Which of the two servers a URL is for: one that is not AWS's own stands for the first."""
    found = None if base_url is None else bedrock_region(base_url)
    return found[0] if found is not None else "mantle" if base_url is not None else None


class BedrockOpenAI(_Bedrock[KeySource], Client):
    """`Client` for Amazon Bedrock.

    Credentials are a bearer key (`api_key`, or `bedrock_token_provider`, a function that returns one
    for each attempt), or keys of AWS: given, of a profile, of `aws_credentials_provider`, or those
    that botocore finds. What is left out comes from `AWS_BEARER_TOKEN_BEDROCK`, `AWS_REGION` or
    `AWS_DEFAULT_REGION`, and `AWS_BEDROCK_BASE_URL`. Raises `OpenAIError` for what is missing or too
    much.
    """


class AsyncBedrockOpenAI(_Bedrock[AsyncKeySource], AsyncClient):
    """`AsyncClient` for Amazon Bedrock; arguments as `BedrockOpenAI`."""
