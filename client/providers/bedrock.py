"""`bedrock`: the endpoint of Amazon Bedrock in a region, with a bearer key or keys of AWS."""

import os
import re
from collections.abc import Callable
from typing import Any, Final, Literal, cast

from ...core.auth.sigv4 import AwsCredentials
from ...core.auth.sigv4_auth import SigV4Auth
from ...core.request.auth import Auth, BearerAuth
from ...core.request.endpoint import Endpoint, KeyField
from ...core.terms.errors import OpenAIError
from ...core.terms.omit import Omit, omit
from ...core.terms.secret import Secret
from ..secrets.secret import from_environment
from .aws_credentials import AwsChain

__all__ = ["BedrockEndpoint", "bedrock", "bedrock_region"]

BedrockEndpoint = Literal["mantle", "runtime"]

_REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]+)+-\d+").fullmatch
_SERVICES: Final = {"mantle": "bedrock-mantle", "runtime": "bedrock"}
_HOSTS: Final = {
    "bedrock-mantle": "mantle",
    "bedrock-runtime": "runtime",
    "bedrock-runtime-fips": "runtime",
}
_DOMAINS: Final = {
    "cn-": ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "eusc-": ("amazonaws.eu", "api.amazonwebservices.eu"),
    "us-iso-": ("c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob-": ("sc2s.sgov.gov", "api.aws.scloud"),
    "eu-isoe-": ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "us-isof-": ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
}
"""The domains of AWS's partitions, by how the names of their regions begin."""


def bedrock(
    *,
    endpoint: BedrockEndpoint | None = None,
    region: str | None = None,
    base_url: str | Omit | None = omit,
    api_key: Any = omit,
    token_provider: Callable[[], Any] | None = None,
    access_key_id: str | None = None,
    secret_access_key: str | Secret | None = None,
    session_token: str | Secret | None = None,
    profile: str | None = None,
    credential_provider: Callable[[], object] | None = None,
) -> Endpoint:
    """Return the endpoint of Amazon Bedrock, for `Client(provider=...)` or a policy.

    With `api_key` or `token_provider` (asked for each attempt) calls carry a bearer key. Otherwise
    they are signed: with `access_key_id` and `secret_access_key`, with what `credential_provider`
    returns, or with what botocore finds for `profile` or by itself (`pip install
    api-openai[bedrock]`). What is left out comes from `AWS_BEDROCK_BASE_URL`,
    `AWS_BEARER_TOKEN_BEDROCK`, and `AWS_REGION` or `AWS_DEFAULT_REGION`; `None` as `base_url` or
    `api_key` leaves the environment alone. `OpenAIError` says what is missing or too much.
    """
    family: str | None = endpoint
    if family not in (None, "mantle", "runtime"):
        raise OpenAIError(f"endpoint={family!r}: expected 'mantle' or 'runtime'")
    keys = _keys(access_key_id, secret_access_key, session_token)
    url = _base_url(base_url)
    found = None if url is None else bedrock_region(url)
    if family is None:
        family = found[0] if found is not None else "mantle"
    if api_key is omit and not _given(token_provider, access_key_id, profile, credential_provider):
        api_key = from_environment("AWS_BEARER_TOKEN_BEDROCK") or None
    elif api_key is omit:
        api_key = None
    _one_of(
        api_key=api_key,
        token_provider=token_provider,
        access_key_id=access_key_id,
        profile=profile,
        credential_provider=credential_provider,
    )
    by_key = api_key is not None or token_provider is not None
    place = _text("region", region)
    if place is None and not (by_key and url is not None):
        place = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
    chain = AwsChain(_text("profile", profile))
    if place is None and not by_key:
        place = found[1] if found is not None else chain.region()
    url = _placed(url, family, place)
    auth: KeyField | Auth = "bearer"
    if token_provider is not None:
        auth = BearerAuth(token_provider)
    elif not by_key:
        service = _SERVICES[family]
        auth = SigV4Auth(
            keys or credential_provider or chain, region=cast("str", place), service=service
        )
    key = None if api_key is None else Secret.of(api_key, "api_key")
    if key is not None and not key.unaudited().strip():
        raise OpenAIError("api_key: expected a bearer key, got empty text")
    return Endpoint(url, api_key=key, auth=auth)


def bedrock_region(url: str) -> tuple[str, str] | None:
    """Return which of the two servers a URL of AWS's own is for, and its region."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].rstrip(".").lower()
    service, _, rest = host.partition(".")
    region, _, domain = rest.partition(".")
    family = _HOSTS.get(service)
    if family is None or _REGION(region) is None:
        return None
    domains = ("api.aws",) if family == "mantle" else _domains(region)
    return (family, region) if domain in domains else None


def _domains(region: str) -> tuple[str, str]:
    for begin, domains in _DOMAINS.items():
        if region.startswith(begin):
            return domains
    return "amazonaws.com", "api.aws"


def _base_url(base_url: str | Omit | None) -> str | None:
    if isinstance(base_url, Omit):
        base_url = (os.environ.get("AWS_BEDROCK_BASE_URL") or "").strip() or None
    elif base_url is not None:
        base_url = str(base_url).strip()
        if not base_url:
            raise OpenAIError("base_url: expected a URL, got empty text")
    if base_url is None:
        return None
    url = base_url.rstrip("/")
    before, found, _ = url.partition("/responses")
    return before if found else url  # people copy the URL of the one method there is


def _placed(url: str | None, family: str, region: str | None) -> str:
    """The base URL; `OpenAIError` where a URL of AWS's own contradicts the other arguments."""
    if region is not None and _REGION(region) is None:
        raise OpenAIError(f"region={region!r}: expected a region of AWS, as 'us-east-1'")
    if url is None:
        if region is None:
            raise OpenAIError(
                "region: none was given, and neither AWS_REGION nor AWS_DEFAULT_REGION is set"
            )
        domain = _domains(region)[0] if family == "runtime" else "api.aws"
        return f"https://bedrock-{family}.{region}.{domain}/openai/v1"
    found = bedrock_region(url)
    if found is not None:
        if not url.startswith("https://"):
            raise OpenAIError("base_url: expected https, for it is one of AWS's own")
        if found[0] != family:
            raise OpenAIError(f"endpoint={family!r}: the base_url is that of {found[0]!r}")
        if region is not None and found[1] != region:
            raise OpenAIError(f"region={region!r}: the base_url is in {found[1]!r}")
    return url


def _keys(key: str | None, secret: Any, token: Any) -> AwsCredentials | None:
    if (key is None) != (secret is None) or (token is not None and key is None):
        raise OpenAIError(
            "access_key_id, secret_access_key: expected both; a session_token comes with them"
        )
    if key is None:
        return None
    hidden = Secret.of(secret, "secret_access_key")
    session = None if token is None else Secret.of(token, "session_token")
    if not key.strip() or not hidden.unaudited().strip() or (session is not None and not session):
        raise OpenAIError("access_key_id, secret_access_key, session_token: got empty text")
    return AwsCredentials(key, hidden, session)


def _given(*values: object) -> bool:
    return any(value is not None for value in values)


def _one_of(**modes: object) -> None:
    given = [name for name, value in modes.items() if value is not None]
    if len(given) > 1:
        raise OpenAIError(f"{' and '.join(given)}: expected one of them, for each says who asks")


def _text(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not (text := value.strip()):
        raise OpenAIError(f"{name}: got empty text")
    return text
