"""From the arguments of a client to its endpoint, and from what `with_options` is given to another.

What a client is given is checked here, too, before anything is made of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..core.call.listeners import listener_of
from ..core.call.network import Network
from ..core.request.credentials import (
    ORGANIZATION,
    PROJECT,
    account_fields,
    is_harmless_field,
    is_harmless_param,
)
from ..core.request.endpoint import DEFAULT_BASE_URL, Endpoint, KeyField
from ..core.request.limits import Limits
from ..core.terms.errors import LocalProtocolError, OpenAIError
from ..core.terms.http_message import header_name, header_value
from ..core.terms.omit import is_omitted, not_omitted
from .secrets.secret import Secret, from_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.call.trace import Trace
    from ..core.request.auth import Auth

V = TypeVar("V")

_WHO: Final = ("api_key", "admin_api_key", "workload_identity", "auth")
_WHERE: Final = ("base_url", "data_residency", "environment")
_ACCOUNTS: Final = (ORGANIZATION.lower(), PROJECT.lower())
_VERSION: Final = ("api-version",)
"""What is a setting of its own, though it goes where the caller's defaults go."""
_REST: Final = ("organization", "project", "default_headers", "default_query")


def endpoint_of(options: Mapping[str, Any], network: Network | None = None) -> tuple[Endpoint, Any]:
    """Return the endpoint of a client's arguments, and the function that gives its keys, if any.

    `options` are named as the arguments are; `None` is as if one were left out.

    Raises as the official SDK does where arguments exclude each other, and `TypeError` where it has
    none of them; `ValueError` for a value that is none, `OpenAIError` where there are no credentials.
    """
    given = {
        name: value for name, value in options.items() if not (value is None or is_omitted(value))
    }
    whole: Any = given.get("endpoint")
    if whole is not None:
        _refuse("endpoint", given, (*_WHO, *_WHERE, *_REST, "provider"))
        url: Any = given.get("websocket_base_url")
        return (whole if url is None else whole.replace(websocket_base_url=url)), None
    if "provider" in given:
        _refuse("provider", given, (*_WHO, *_WHERE), OpenAIError)
        return _of_provider(given), None
    if "environment" in given:
        _refuse("environment", given, ("base_url", "data_residency"))
    if "data_residency" in given:
        _refuse("data_residency", given, ("base_url", "websocket_base_url"), ValueError)
    return _of_arguments(given, network)


def _of_provider(given: dict[str, Any]) -> Endpoint:
    provider = given["provider"]
    if not isinstance(provider, Endpoint):
        kind = type(provider).__name__
        raise TypeError(f"provider: expected what api_openai.providers returns, got {kind}")
    accounts = account_fields(given.get("organization"), given.get("project"))
    return provider.replace(
        headers={**provider.headers, **accounts, **given.get("default_headers", {})},
        query={**provider.query, **given.get("default_query", {})},
        websocket_base_url=given.get("websocket_base_url", provider.websocket_base_url),
    )


def _of_arguments(given: dict[str, Any], network: Network | None) -> tuple[Endpoint, Any]:
    from_outside = "environment" not in given
    place = given["environment"].endpoint() if not from_outside else None
    auth, source = _auth_of(given, network)
    key = given.get("api_key")
    if auth is None and key is None:
        key = from_environment("OPENAI_API_KEY")
    admin = given.get("admin_api_key", from_environment("OPENAI_ADMIN_KEY"))
    if auth is None and source is None and key is None and admin is None:
        raise OpenAIError(
            "api_key: none was given and OPENAI_API_KEY is not set "
            '(pass api_key="" for a server that wants none)'
        )
    said = {name: given.get(name) for name in ("organization", "project")}
    own = given.get("default_headers", {})
    if place is None:
        own = {**fields_from_environment(own), **own}
        said["organization"] = said["organization"] or os.environ.get("OPENAI_ORG_ID")
        said["project"] = said["project"] or os.environ.get("OPENAI_PROJECT_ID")
        place = Endpoint(_url_of(given))
    endpoint = place.replace(
        api_key=None if source is not None or key is None else Secret.of(key, "api_key"),
        admin_key=None if admin is None else Secret.of(admin, "admin_api_key"),
        auth=auth or "bearer",
        headers={**place.headers, **account_fields(**said), **own},
        query={**place.query, **given.get("default_query", {})},
        websocket_base_url=given.get("websocket_base_url", place.websocket_base_url),
    )
    return endpoint, source


def fields_from_environment(own: Mapping[str, object]) -> dict[str, str]:
    """The header fields in `OPENAI_CUSTOM_HEADERS`: lines of `Name: value`; others are passed over.

    Those that the caller has of its own are left out. `ValueError` for one that is none.
    """
    text = os.environ.get("OPENAI_CUSTOM_HEADERS")
    if not text:
        return {}
    taken, found = {name.lower() for name in own}, dict[str, str]()
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if not colon or name.strip().lower() in taken:
            continue
        try:
            header_name(name.strip())
            header_value(name.strip(), value.strip())
        except LocalProtocolError as error:
            reason = str(error)
        else:
            found[name.strip()] = value.strip()
            continue
        raise ValueError(f"OPENAI_CUSTOM_HEADERS: {reason}")
    return found


def _auth_of(given: dict[str, Any], network: Network | None) -> tuple[Auth | None, Any]:
    """What signs, and the function that gives keys: at most one of them."""
    auth, identity, key = (given.get(name) for name in ("auth", "workload_identity", "api_key"))
    if auth is not None:
        _refuse("auth", given, ("api_key", "workload_identity"))
        return auth, None
    if identity is None:
        return None, key if callable(key) and not isinstance(key, Secret) else None
    if key is not None:
        raise OpenAIError("api_key and workload_identity: expected one of them")
    from ..core.auth.workload_identity import WorkloadIdentityAuth, is_x509

    if is_x509(identity) and network is not None and network.client_cert is None:
        raise OpenAIError(
            "workload_identity: one by certificate needs network=Network(client_cert=...)"
        )
    return WorkloadIdentityAuth(workload_identity=identity), None


def _url_of(given: dict[str, Any]) -> str:
    region, url = given.get("data_residency"), given.get("base_url") or None
    if url is None and region is None:
        url = os.environ.get("OPENAI_BASE_URL") or None
    by_certificate = False
    if (identity := given.get("workload_identity")) is not None:
        from ..core.auth.workload_identity import is_x509

        by_certificate = is_x509(identity)
    if url is not None:
        if by_certificate and not str(url).startswith("https://"):
            raise OpenAIError(
                "base_url: expected https, for the client's certificate says who asks"
            )
        return str(url)
    if region is None and not by_certificate:
        return DEFAULT_BASE_URL
    from ..core.request.environment import regional_url

    return regional_url(region or "global", mtls=by_certificate)


def changed_endpoint(
    old: Endpoint, given: Mapping[str, Any], key_field: KeyField = "bearer"
) -> Endpoint:
    """Return an endpoint with what is in `given` of its arguments replaced.

    A new `base_url` with another origin takes no credentials along, and of the default header
    fields and query parameters those alone that are known to hold none. A region of the API does.
    """
    changes: dict[str, Any] = {}
    fields, pairs = dict(old.headers), dict(old.query)
    if given.get("provider") is not None:
        _refuse("provider", given, (*_WHO, *_WHERE), OpenAIError)
        old = _of_provider({"provider": given["provider"]})
        fields, pairs = dict(old.headers), {**pairs, **old.query}
    url = given.get("base_url")
    if (region := given.get("data_residency")) is not None:
        _refuse("data_residency", given, ("base_url", "websocket_base_url"), ValueError)
        url = _regional(old, region)
    if url is not None:
        changes |= {"base_url": url, "websocket_base_url": None}
        if region is None and Endpoint(url).origin != old.origin:
            changes |= {"api_key": None, "admin_key": None, "auth": key_field}
            fields = _harmless(fields, is_harmless_field)
            pairs = _harmless(pairs, is_harmless_param)
    if "websocket_base_url" in given:
        changes["websocket_base_url"] = given["websocket_base_url"]
    changes |= _who(given, key_field)
    if "admin_api_key" in given:
        admin = given["admin_api_key"]
        changes["admin_key"] = None if admin is None else Secret.of(admin, "admin_api_key")
    for name, field in (("organization", ORGANIZATION), ("project", PROJECT)):
        if name in given:
            fields = {k: v for k, v in fields.items() if k.lower() != field.lower()}
            fields |= account_fields(**{name: given[name]})
    changes["headers"] = _defaults(fields, given, "default_headers", _ACCOUNTS)
    changes["query"] = _defaults(pairs, given, "default_query", _VERSION)
    return old.replace(**changes)


def _defaults(
    old: dict[str, Any], given: Mapping[str, Any], name: str, kept: tuple[str, ...]
) -> dict[str, Any]:
    """Header fields or query parameters, added to, or with `set_` all but those `kept` replaced."""
    whole = given.get(f"set_{name}")
    if whole is None:
        return old | dict(given.get(name) or {})
    _refuse(f"set_{name}", given, (name,), ValueError)
    return {each: value for each, value in old.items() if each.lower() in kept} | dict(whole)


def _who(given: Mapping[str, Any], key_field: KeyField) -> dict[str, Any]:
    """What a new key, identity or `Auth` changes; each takes the place of the others."""
    auth, source = _auth_of({k: v for k, v in given.items() if v is not None}, None)
    if auth is not None:
        return {"auth": auth, "api_key": None}
    key = given.get("api_key")
    if source is not None:
        return {"auth": key_field}
    return {} if key is None else {"api_key": Secret.of(key, "api_key"), "auth": key_field}


def _regional(old: Endpoint, region: str) -> str:
    """The URL of another region; `OpenAIError` where the endpoint is none of OpenAI's own."""
    from ..core.request.environment import regional_url

    host = old.origin.host
    if host != "api.openai.com" and not host.endswith(".api.openai.com"):
        raise OpenAIError(f"data_residency={region!r}: {host} is no server of OpenAI's own")
    return regional_url(region, mtls=host.startswith("mtls"))


def _refuse(
    name: str,
    given: Mapping[str, Any],
    others: tuple[str, ...],
    kind: type[Exception] = TypeError,
) -> None:
    also = [each for each in others if given.get(each) is not None]
    if also:
        raise kind(f"{name}: it says already what {', '.join(also)} would")


def _harmless(fields: dict[str, V], is_harmless: Callable[[str], bool]) -> dict[str, V]:
    """The header fields, or query parameters, that another server may see."""
    return {name: value for name, value in fields.items() if is_harmless(name)}


_KINDS: Final[Mapping[str, tuple[type, str]]] = {
    "organization": (str, "text"),
    "project": (str, "text"),
    "default_headers": (Mapping, "a mapping of header fields"),
    "default_query": (Mapping, "a mapping of query parameters"),
    "set_default_headers": (Mapping, "a mapping of header fields"),
    "set_default_query": (Mapping, "a mapping of query parameters"),
    "endpoint": (Endpoint, "an Endpoint"),
    "network": (Network, "a Network"),
    "limits": (Limits, "Limits"),
    "strict": (bool, "True or False"),
}
_WITH: Final[Mapping[str, tuple[str, str]]] = {
    "environment": ("endpoint", "an Environment"),
    "transport": ("wire", "a transport, with wire(), close() and aclose()"),
}
"""Arguments that are known by a method, so that no module is loaded to check them."""
_URLS: Final = ("base_url", "websocket_base_url")
_ALWAYS: Final = ("limits", "strict")
"""Arguments that cannot be None once they are given."""


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without those that are `omit`, URLs of other libraries as text.

    `TypeError` names one that is of a wrong type; values are not shown, for some are secrets.
    """
    found = dict(not_omitted(given))
    for name, value in found.items():
        if value is None and name not in _ALWAYS:
            continue
        if name in _URLS and not isinstance(value, str):
            if not (hasattr(value, "scheme") and hasattr(value, "host")):
                raise _refusal(name, "a URL as text", value)
            found[name] = str(value)
        kind, words = _KINDS.get(name, (object, ""))
        method, described = _WITH.get(name, ("__class__", ""))
        fits = (isinstance(value, kind), hasattr(value, method), not _is_class(name, value))
        if not all(fits):
            raise _refusal(name, words or described, value)
    return found


def given(value: Any) -> Any:
    """The value of one argument; `None` for `omit`."""
    return None if is_omitted(value) else value


def _is_class(name: str, value: object) -> bool:
    return name in _WITH and isinstance(value, type)


def _refusal(name: str, expected: str, value: object) -> TypeError:
    got = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    return TypeError(f"{name}: expected {expected}, got {got}")


def listener(trace: Trace | Sequence[Trace] | None) -> Trace | None:
    """One listener of what was given, and of the log that `OPENAI_LOG` asks for."""
    told = listener_of(trace)
    if not os.environ.get("OPENAI_LOG"):
        return told
    from .listeners.trace_logger import TraceLogger

    each = [trace] if trace is None or callable(trace) else [*trace]
    log = None if any(isinstance(one, TraceLogger) for one in each) else TraceLogger.said()
    return told if log is None else listener_of([*(one for one in each if one), log])
