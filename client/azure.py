"""OpenAI on Azure: the same API under a resource's own URL, with its own key header."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

from ..core.request.endpoint import Endpoint
from ..core.terms.errors import OpenAIError
from ..core.terms.secret import Secret
from .client import AsyncClient, AsyncKeySource, Client, KeySource
from .configuration import Reliability
from .settings import ClientSettings, headers_of

if TYPE_CHECKING:
    from ..core.call.network import Network
    from ..core.call.trace import Trace
    from ..core.request.answer_kinds import StreamEnd
    from ..core.request.limits import Limits
    from ..core.request.timeout import Timeout
    from ..transports.common.transport import Transport

K = TypeVar("K")


class Carried(Reliability, total=False):
    """The settings of a client that say nothing of the server, as keywords."""

    webhook_secret: str | Secret | None
    timeout: "float | Timeout | None"
    network: "Network | None"
    transport: "Transport | None"
    http_client: Any
    trace: "Trace | None"
    limits: "Limits | None"
    strict: bool
    stream_end: "StreamEnd"


class _Azure(ClientSettings[K], Generic[K]):
    """Finds the endpoint of an Azure resource from the arguments that people give."""

    def __init__(
        self,
        *,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        api_key: str | Secret | None = None,
        azure_ad_token: str | Secret | None = None,
        azure_ad_token_provider: K | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        **settings: Unpack[Carried],
    ) -> None:
        version = api_version or os.environ.get("OPENAI_API_VERSION")
        if not version:
            raise ValueError("api_version: none was given and OPENAI_API_VERSION is not set")
        if base_url is None:
            where = azure_endpoint or os.environ.get("AZURE_OPENAI_ENDPOINT")
            if not where:
                raise ValueError(
                    "azure_endpoint: neither it nor base_url was given, "
                    "and AZURE_OPENAI_ENDPOINT is not set"
                )
            base_url = f"{where.rstrip('/')}/openai"
        elif azure_endpoint is not None or azure_deployment is not None:
            raise ValueError("base_url: it takes the place of azure_endpoint and azure_deployment")
        token = azure_ad_token
        if api_key is None and token is None and azure_ad_token_provider is None:
            token = os.environ.get("AZURE_OPENAI_AD_TOKEN") or None
            api_key = None if token else os.environ.get("AZURE_OPENAI_API_KEY")
            if api_key is None and token is None:
                raise OpenAIError(
                    "expected one of api_key, azure_ad_token and azure_ad_token_provider, "
                    "or AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN in the environment"
                )
        key = api_key if api_key is not None else token
        super().__init__(
            endpoint=Endpoint(
                base_url,
                api_key=Secret(key) if isinstance(key, str) else key,
                auth="bearer" if api_key is None else "api-key",
                headers=headers_of(organization, project, default_headers),
                query={"api-version": version, **(default_query or {})},
                deployments=azure_deployment or "/deployments/" not in base_url,
            ),
            **settings,
        )
        if key is None:
            self._configuration.key_source = azure_ad_token_provider


class AzureOpenAI(_Azure[KeySource], Client):
    """`Client` for an Azure resource.

    `azure_endpoint` is the resource's URL. Calls that a deployment answers go to
    `azure_deployment`, or without it to the one that their model names. `api_version` goes into
    every query. Credentials are a key, an access token, or a function that returns one for each
    call. Raises `ValueError` where URL or version are missing, `OpenAIError` where credentials are.
    """


class AsyncAzureOpenAI(_Azure[AsyncKeySource], AsyncClient):
    """`AsyncClient` for an Azure resource; arguments as `AzureOpenAI`."""
