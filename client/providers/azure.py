"""`azure`: the endpoint of an Azure resource, on its classic paths or those of v1."""

import os
from collections.abc import Mapping
from typing import Any, Final

from ...core.request.auth import BearerAuth, HeaderAuth
from ...core.request.credentials import account_fields
from ...core.request.endpoint import Endpoint
from ...core.terms.errors import OpenAIError
from ...core.terms.omit import Omit
from ...core.terms.secret import Secret
from ..secrets.secret import from_environment

__all__ = ["azure", "token_auth"]

_V1: Final = ("v1", "latest", "preview")
"""Versions of the API whose paths have no deployment in them: the model is its name."""


def azure(
    *,
    azure_endpoint: str | None = None,
    azure_deployment: str | None = None,
    api_version: str | None = None,
    api_key: Any = None,
    admin_api_key: Any = None,
    azure_ad_token: Any = None,
    azure_ad_token_provider: Any = None,
    organization: str | None = None,
    project: str | None = None,
    base_url: str | None = None,
    websocket_base_url: str | None = None,
    default_headers: Mapping[str, str | Secret | Omit | None] | None = None,
    default_query: Mapping[str, object] | None = None,
    models: Mapping[str, str] | None = None,
) -> Endpoint:
    """Return the endpoint of an Azure resource.

    `azure_endpoint` is the resource's URL, `api_version` a date: calls go to the classic paths, to
    `azure_deployment` or the deployment that their model names. With `v1`, `latest` or `preview` as
    the version, or a `base_url` that ends in `/openai/v1`, they go to the paths of v1. `models` has
    the names of deployments by those of models. What is left out comes from
    `AZURE_OPENAI_ENDPOINT`, `OPENAI_API_VERSION`, and `AZURE_OPENAI_AD_TOKEN` or
    `AZURE_OPENAI_API_KEY`. `ValueError` where URL or version are missing, `OpenAIError` where
    credentials are, or where there are two.
    """
    key, auth = _credentials(api_key, azure_ad_token, azure_ad_token_provider)
    by_url = base_url is not None and base_url.rstrip("/").endswith("/openai/v1")
    version = api_version or os.environ.get("OPENAI_API_VERSION")
    if by_url:
        version = api_version
    elif not version:
        raise ValueError("api_version: none was given and OPENAI_API_VERSION is not set")
    v1 = by_url or (base_url is None and version in _V1)
    url = _url(base_url, azure_endpoint, azure_deployment, v1=v1)
    if v1 and azure_deployment is not None:
        raise ValueError(
            f"azure_deployment={azure_deployment!r}: on the paths of v1 the model names the "
            f"deployment; expected models={{...}} for another name"
        )
    dated = {"api-version": version} if version else {}
    return Endpoint(
        url,
        api_key=key,
        admin_key=None if admin_api_key is None else Secret.of(admin_api_key, "admin_api_key"),
        auth=auth,
        headers={**account_fields(organization, project), **(default_headers or {})},
        query={**dated, **(default_query or {}), **dated},
        deployments=not v1 and (azure_deployment or "/deployments/" not in url),
        models=models,
        websocket_base_url=websocket_base_url,
    )


def _url(
    base_url: str | None, azure_endpoint: str | None, azure_deployment: str | None, *, v1: bool
) -> str:
    if base_url is not None:
        if azure_endpoint is not None or azure_deployment is not None:
            raise ValueError("base_url: it takes the place of azure_endpoint and azure_deployment")
        return base_url
    where = azure_endpoint or os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not where:
        raise ValueError(
            "azure_endpoint: neither it nor base_url was given, and AZURE_OPENAI_ENDPOINT is not set"
        )
    return f"{where.rstrip('/')}/openai{'/v1' if v1 else ''}"


def _credentials(api_key: Any, token: Any, provider: Any) -> tuple[Secret | None, Any]:
    """The key and how it goes out; a function is asked for each attempt."""
    if not _one_of(api_key=api_key, azure_ad_token=token, azure_ad_token_provider=provider):
        token = from_environment("AZURE_OPENAI_AD_TOKEN") or None
        api_key = None if token else from_environment("AZURE_OPENAI_API_KEY") or None
        if api_key is None and token is None:
            raise OpenAIError(
                "expected one of api_key, azure_ad_token and azure_ad_token_provider, "
                "or AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN in the environment"
            )
    if provider is not None:
        return None, token_auth(None, None, provider)
    if token is not None:
        return Secret.of(token, "azure_ad_token"), "bearer"
    if api_key is not None and _is_function(api_key):
        return None, HeaderAuth("api-key", api_key)
    return Secret.of(api_key, "api_key"), "api-key"


def token_auth(api_key: Any, azure_ad_token: Any, azure_ad_token_provider: Any) -> BearerAuth:
    """Return what sends a token of Entra; `OpenAIError` where another credential is given."""
    _one_of(
        api_key=api_key,
        azure_ad_token=azure_ad_token,
        azure_ad_token_provider=azure_ad_token_provider,
    )
    if azure_ad_token is not None:
        return BearerAuth(Secret.of(azure_ad_token, "azure_ad_token"))
    if not _is_function(azure_ad_token_provider):
        kind = type(azure_ad_token_provider).__name__
        raise TypeError(f"azure_ad_token_provider: expected a function, got {kind}")
    return BearerAuth(azure_ad_token_provider)


def _one_of(**given: object) -> bool:
    """Whether one of some credentials is given; `OpenAIError` where there are more."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise OpenAIError(f"{' and '.join(named)}: expected one of them, for each says who asks")
    return bool(named)


def _is_function(value: object) -> bool:
    return callable(value)
