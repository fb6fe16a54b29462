"""What a client is set to, as one value that a call takes whole, and how another is made of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypedDict, TypeVar, cast

import msgspec

from ..core.call.policy import NO_POLICIES, Policies
from ..core.call.settings import Settings
from ..core.request.answer_kinds import StreamEnd, checked_end
from ..core.request.endpoint import Endpoint, KeyField
from ..core.request.limits import Limits
from ..core.request.timeout import Timeout
from ..core.terms.secret import Secret, SecretValue
from .endpoint_options import changed_endpoint, checked, listener

if TYPE_CHECKING:
    from ..core.auth.workload_identity import WorkloadIdentity, X509WorkloadIdentity
    from ..core.call import policy
    from ..core.call.trace import Trace
    from ..core.request.auth import Auth
    from ..core.request.environment import DataResidency
    from ..core.terms.omit import Omit

K = TypeVar("K")

DEFAULT_MAX_RETRIES: Final = 0
"""How often a client tries again that is not told to."""


class Reliability(TypedDict, total=False):
    """The policies of a client as keywords; each is off while it is `None`."""

    max_retries: int | None
    """How often to try again, as the official SDK does; `retry` says more."""
    retry: "policy.Retry | None"
    circuit_breaker: "policy.CircuitBreaker | None"
    rate_limit: "policy.RateLimit | None"
    failover: "policy.Failover | None"
    health: "policy.Health | None"
    hedge: "policy.Hedge | None"


class Changes(Reliability, Generic[K], total=False):
    """What `with_options` and `reconfigure` replace, as keywords; what is left out stays."""

    api_key: "str | bytes | Secret | SecretValue | K | None"
    admin_api_key: "str | bytes | Secret | SecretValue | None"
    webhook_secret: "str | bytes | Secret | SecretValue | None"
    base_url: str
    websocket_base_url: str | None
    organization: str | None
    project: str | None
    timeout: "float | Timeout | None"
    default_headers: "Mapping[str, str | Secret | Omit | None]"
    default_query: Mapping[str, object]
    set_default_headers: "Mapping[str, str | Secret | Omit | None] | None"
    set_default_query: "Mapping[str, object] | None"
    workload_identity: "WorkloadIdentity | X509WorkloadIdentity | None"
    auth: "Auth | None"
    data_residency: "DataResidency | None"
    provider: Endpoint | None
    trace: "Trace | Sequence[Trace] | None"
    limits: Limits
    strict: bool
    stream_end: StreamEnd


class Configuration(Generic[K]):
    """Settings of calls, and where keys come from; immutable but for the key that came last."""

    __slots__ = ("arguments", "key_field", "key_source", "settings", "version", "webhook_secret")

    def __init__(
        self,
        settings: Settings,
        key_source: K | None = None,
        webhook_secret: Secret | None = None,
        key_field: KeyField = "bearer",
        version: int = 1,
    ) -> None:
        self.settings = settings
        self.key_source = key_source
        self.key_field: KeyField = key_field
        """Where a key goes that is given anew."""
        self.webhook_secret = webhook_secret
        self.version = version
        """Counts the configurations of a client, from 1."""
        self.arguments: Mapping[str, Any] = {}
        """What a provider was made of, where later changes are put together with it."""

    def keyed(self, key: object) -> Settings:
        """The settings with a key that a source has just given; `TypeError` for what is none."""
        old, secret = self.settings, Secret.of(key, "api_key, from its function")
        if old.endpoint.api_key != secret:
            self.settings = old = msgspec.structs.replace(
                old, endpoint=old.endpoint.replace(api_key=secret)
            )
        return old

    def changed(
        self,
        changes: Changes[K],
        version: int,
        by: str = "with_options",
        known: type[Changes[Any]] = Changes,
    ) -> "Configuration[K]":
        """Return another, with some settings replaced; `by` is the method that errors name.

        `known` has the keywords that it takes. What is `omit` stays.

        `default_headers` and `default_query` are added to those there are; with `set_` before their
        names they take their place. A new `base_url` with
        another origin needs credentials of its own: keys, organization and project are not taken
        along to another server, and of the default header fields and query parameters those alone
        that are known to hold none.
        """
        names = keywords_of(known)
        if unknown := changes.keys() - names:
            from ..core.terms.keywords import unknown_keyword

            raise TypeError(unknown_keyword(by, min(unknown), names))
        changes = cast("Changes[K]", checked(changes))
        old = self.settings
        policies = policies_of(changes, old.policies)
        refuse_beside_failover(policies.failover, changes.keys() & _OF_ENDPOINT)
        settings = msgspec.structs.replace(
            old,
            **{name: value for name, value in changes.items() if name in _AS_THEY_ARE},
            **({"trace": listener(changes["trace"])} if "trace" in changes else {}),
            **({"timeout": Timeout.of(changes["timeout"])} if "timeout" in changes else {}),
            **(
                {"stream_end": checked_end(changes["stream_end"])}
                if "stream_end" in changes
                else {}
            ),
            policies=policies,
            endpoint=(
                changed_endpoint(old.endpoint, changes, self.key_field)
                if changes.keys() & _OF_ENDPOINT
                else old.endpoint
            ),
        )
        new = Configuration(settings, self.key_source, self.webhook_secret, self.key_field, version)
        key, endpoint = changes.get("api_key"), settings.endpoint
        moved = endpoint.origin != old.endpoint.origin and not changes.get("data_residency")
        if key is not None:
            new.key_source = cast("K", key) if callable(key) else None
        elif moved or endpoint.signer is not None or changes.get("provider") is not None:
            new.key_source = None
        new.arguments = self.arguments
        if "webhook_secret" in changes:
            new.webhook_secret = secret_of(changes["webhook_secret"], "webhook_secret")
        return new


def refuse_lost_keys(kind: str, configuration: Configuration[Any]) -> None:
    """Raise `TypeError` where the key of a client would not come along in a pickle.

    One that was loaded by name, or is asked for, does: what goes along is where it comes from.
    """
    settings = configuration.settings
    others: Sequence[Endpoint] = getattr(settings.policies.failover, "endpoints", ())
    asked = configuration.key_source is not None
    for endpoint in (settings.endpoint, *others):
        for name, key in (("api_key", endpoint.api_key), ("admin_api_key", endpoint.admin_key)):
            known = key is None or key.goes_along() or (asked and name == "api_key")
            if not known:
                raise TypeError(
                    f"{kind}: its {name} was given as text, which goes into no pickle; "
                    f'name where it comes from: {name}=Secret.load_from_env("NAME") or '
                    f"load_from_file(path), or the variable of the environment that is looked at "
                    f"without {name}; or pickle within Secret.in_pickles()"
                )


def unpickled(configuration: Configuration[K]) -> Configuration[K]:
    """A configuration out of a pickle, without the mask of a key that is asked for before each call."""
    old = configuration.settings
    key = old.endpoint.api_key
    if key is not None and key.is_mask() and configuration.key_source is not None:
        endpoint = old.endpoint.replace(api_key=None)
        configuration.settings = msgspec.structs.replace(old, endpoint=endpoint)
    return configuration


def keywords_of(changes: type[Changes[Any]]) -> set[str]:
    """The keywords of a typed dict and of those that it is made of."""
    return {name for each in (changes, Changes, Reliability) for name in each.__annotations__}


def policies_of(given: Reliability, old: Policies = NO_POLICIES) -> Policies:
    """Put policies that are given as keywords in the place of those there are.

    `ValueError` for a `max_retries` that is no count, `TypeError` for it beside `retry`.
    """
    names = Policies.__struct_fields__
    changes: dict[str, Any] = {name: value for name, value in given.items() if name in names}
    count = given.get("max_retries")
    if count is not None:
        if changes.get("retry") is not None:
            raise TypeError("max_retries: retry says already how often to try again")
        from ..core.policies import checks

        checks.count("Client", "max_retries", count)
        changes["retry"] = None
        if count:
            from ..core.policies.retry import Retry

            changes["retry"] = Retry.official(count)
    if not changes:
        return old
    for name, value in changes.items():
        found = not isinstance(value, type) and all(hasattr(value, each) for each in _ASKED[name])
        if value is not None and not found:
            raise TypeError(
                f"{name}={value!r}: expected an object with the methods {', '.join(_ASKED[name])}"
            )
    new = msgspec.structs.replace(old, **changes)
    return NO_POLICIES if new == NO_POLICIES else new


def refuse_beside_failover(failover: object, given: Collection[str]) -> None:
    """Raise `TypeError` for what is given of an endpoint where a failover has its own."""
    if given and getattr(failover, "endpoints", ()):
        names = ", ".join(sorted(given))
        raise TypeError(
            f"{names}: failover has its own endpoints, each with its key, base URL and header fields"
        )


_ASKED: Mapping[str, tuple[str, ...]] = {
    "retry": ("judge", "record"),
    "circuit_breaker": ("allow", "record"),
    "rate_limit": ("reserve", "record"),
    "failover": ("routes", "judge", "record"),
    "health": ("condition",),
    "hedge": ("delay", "may_begin", "record"),
}
"""The methods that the program of a call needs of each policy."""


_AS_THEY_ARE: Collection[str] = frozenset({"limits", "strict"})
_OF_ENDPOINT: Collection[str] = frozenset(
    """
    set_default_headers set_default_query api_key admin_api_key base_url websocket_base_url organization project default_headers default_query
    workload_identity auth data_residency provider
    """.split()
)


def secret_of(key: object, name: str) -> Secret | None:
    """A secret of what was given as `name`, if anything was."""
    return None if key is None else Secret.of(key, name)
