"""OpenAI on Azure: the same API under a resource's own URL, with its own key header."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, cast

from ..core.terms.omit import Omit, not_omitted
from ..core.terms.secret import Secret
from .binding.resource import spelled
from .client import AsyncClient, AsyncKeySource, Client, KeySource
from .configuration import Changes, Configuration, Reliability
from .endpoint_options import fields_from_environment
from .providers.azure import azure, token_auth
from .settings import ClientSettings

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
    trace: "Trace | Sequence[Trace] | None"
    limits: "Limits | None"
    strict: bool
    stream_end: "StreamEnd"


class AzureChanges(Changes[K], total=False):
    """What `with_options` and `reconfigure` replace of a client for Azure."""

    api_version: str | None
    azure_ad_token: str | Secret | None
    azure_ad_token_provider: K | None


class _Azure(ClientSettings[K], Generic[K]):
    """Finds the endpoint of an Azure resource from the arguments that people give."""

    key_field = "api-key"
    _carried = Carried
    _keywords = AzureChanges

    @spelled("_carried")
    def __init__(
        self,
        *,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        api_key: str | Secret | K | None = None,
        admin_api_key: str | Secret | None = None,
        azure_ad_token: str | Secret | None = None,
        azure_ad_token_provider: K | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | None = None,
        websocket_base_url: str | None = None,
        default_headers: "Mapping[str, str | Secret | Omit | None] | None" = None,
        default_query: Mapping[str, object] | None = None,
        models: Mapping[str, str] | None = None,
        **settings: Unpack[Carried],
    ) -> None:
        fields = default_headers or {}
        endpoint = azure(
            azure_endpoint=azure_endpoint,
            azure_deployment=azure_deployment,
            api_version=api_version,
            api_key=api_key,
            admin_api_key=admin_api_key,
            azure_ad_token=azure_ad_token,
            azure_ad_token_provider=azure_ad_token_provider,
            organization=organization,
            project=project,
            base_url=base_url,
            websocket_base_url=websocket_base_url,
            default_headers={**fields_from_environment(fields), **fields},
            default_query=default_query,
            models=models,
        )
        super().__init__(endpoint=endpoint, **settings)

    def _changed(self, changes: Changes[K], version: int, by: str) -> Configuration[K]:
        """A token or its provider takes the place of the key there was, and a key that of a token."""
        general = dict(not_omitted(changes))
        dated = general.pop("api_version", None)
        token = general.pop("azure_ad_token", None)
        provider = general.pop("azure_ad_token_provider", None)
        if token is not None or provider is not None:
            general["auth"] = token_auth(general.get("api_key"), token, provider)
        if dated is not None:
            general["default_query"] = {**general.get("default_query", {}), "api-version": dated}
        return super()._changed(cast("Changes[K]", general), version, by)

    if TYPE_CHECKING:

        def with_options(self, **changes: Unpack[AzureChanges[K]]) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride]  # it takes more
            ...

        def reconfigure(self, **changes: Unpack[AzureChanges[K]]) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # it takes more
            ...

        copy = with_options


class AzureOpenAI(_Azure[KeySource], Client):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """`Client` for an Azure resource.

    `azure_endpoint` is the resource's URL. Calls that a deployment answers go to
    `azure_deployment`, or without it to the one that their model names, by `models` where that has
    it. `api_version` goes into every query; with `v1`, `latest` or `preview`, or a `base_url` that
    ends in `/openai/v1`, calls go to the paths of v1. Credentials are one of `api_key`,
    `azure_ad_token` (of Entra) and `azure_ad_token_provider`, a function that returns one for each
    attempt. Raises `ValueError` where URL or version are missing, `OpenAIError` where credentials
    are, or where there are two.
    """


class AsyncAzureOpenAI(_Azure[AsyncKeySource], AsyncClient):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """`AsyncClient` for an Azure resource; arguments as `AzureOpenAI`."""
