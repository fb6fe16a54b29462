"""What the blocking and the async client have in common: settings, and how answers are parsed."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, Unpack, cast

from ..core.call.network import Network
from ..core.call.settings import Settings
from ..core.request.answer_kinds import Answer, EventsAnswer, StreamEnd, checked_end
from ..core.request.endpoint import Endpoint
from ..core.request.limits import Limits
from ..core.request.operation import Operation
from ..core.request.timeout import Timeout
from ..core.request.url import shown_url
from ..core.terms.errors import OpenAIError
from ..core.terms.secret import SecretValue
from .attributes import Attributes, kept, own_attributes
from .binding.resource import spelled
from .configuration import (
    Changes,
    Configuration,
    policies_of,
    refuse_beside_failover,
    refuse_lost_keys,
    secret_of,
    unpickled,
)
from .endpoint_options import checked, endpoint_of, given, listener
from .lazy_transport import LazyTransport
from .secrets.secret import Secret, from_environment

if TYPE_CHECKING:
    from ..core.agents.turn_answer import TurnAnswer
    from ..core.answers.pages import PageDocument
    from ..core.answers.source import EventSource
    from ..core.auth.workload_identity import WorkloadIdentity, X509WorkloadIdentity
    from ..core.call import policy
    from ..core.call.backend import Backend, Gates
    from ..core.call.policy import Policies
    from ..core.call.reply import Reply
    from ..core.call.trace import Trace
    from ..core.request.auth import Auth
    from ..core.request.endpoint import KeyField
    from ..core.request.environment import DataResidency, Environment
    from ..core.terms.effects import Clock, Files
    from ..core.terms.omit import Omit
    from ..transports.common.transport import Transport
    from .sending.modes import View
    from .sending.sender import Sender

K = TypeVar("K")
T = TypeVar("T")


def _itself(client: "Sender") -> "Sender":
    return client


class ClientSettings(Attributes[K], ABC, Generic[K]):
    """Settings of a client and how they are replaced; `K` is the type of its key sources."""

    asynchronous: bool = False
    """Whether what it returns is awaited."""
    sender: "Sender" = cast("Any", property(_itself))
    """The client is the sender of its own resources; computed, so that it holds no cycle."""
    view: "View" = "plain"
    """Which form of answer methods give."""
    _transport: "Transport | LazyTransport"
    _network: Network | None
    """What its connections are made with; `None` where the caller gave what carries the calls."""
    _closed: bool
    replaced: "dict[tuple[type, View, str], Any] | None" = None
    """What stands for methods of its resources, while something does."""
    key_field: "ClassVar[KeyField]" = "bearer"
    """Where a key goes that `with_options` is given."""

    def __init__(
        self,
        *,
        api_key: str | bytes | Secret | SecretValue | K | None = None,
        admin_api_key: str | bytes | Secret | SecretValue | None = None,
        webhook_secret: str | bytes | Secret | SecretValue | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | None = None,
        websocket_base_url: str | None = None,
        timeout: "float | Timeout | None" = None,
        max_retries: int | None = None,
        retry: "policy.Retry | None" = None,
        circuit_breaker: "policy.CircuitBreaker | None" = None,
        rate_limit: "policy.RateLimit | None" = None,
        failover: "policy.Failover | None" = None,
        health: "policy.Health | None" = None,
        hedge: "policy.Hedge | None" = None,
        default_headers: "Mapping[str, str | Secret | Omit | None] | None" = None,
        default_query: Mapping[str, object] | None = None,
        workload_identity: "WorkloadIdentity | X509WorkloadIdentity | None" = None,
        auth: "Auth | None" = None,
        data_residency: "DataResidency | None" = None,
        environment: "Environment | None" = None,
        provider: Endpoint | None = None,
        endpoint: Endpoint | None = None,
        network: Network | None = None,
        transport: "Transport | None" = None,
        http_client: Any = None,
        trace: "Trace | Sequence[Trace] | None" = None,
        limits: Limits | None = None,
        strict: bool = False,
        stream_end: StreamEnd = "announced",
    ) -> None:
        """Take the settings that all calls share; nothing is opened before the first of them.

        `api_key` is a text, a `Secret` (pydantic's too), or a function that is asked before each call;
        `admin_api_key` is used for admin endpoints, `webhook_secret` for `webhooks.unwrap`. What is
        not given comes from `OPENAI_API_KEY`, `OPENAI_ADMIN_KEY`, `OPENAI_WEBHOOK_SECRET`,
        `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID` and `OPENAI_BASE_URL`, if these are set.

        `workload_identity` (a token or certificate of the machine's own, exchanged for one of the
        API) and `auth` (any object that signs) take the place of a key. `data_residency` names a
        region instead of a base URL, `environment` says where calls go and for whom, `provider` is an
        endpoint of `api_openai.providers`, and `endpoint` says all of it at once.
        `websocket_base_url` is where sessions are opened, if not at `base_url`; it gets the same
        credentials. `timeout` is in seconds for each phase, or a `Timeout`. `default_headers`
        and `default_query` go with every call. `network` has proxy, certificates and limits of
        connections; `http_client`, an httpx client, or `transport` take its place. `trace` is told
        each step: a function, or several. `limits` bounds what is taken of an answer, and kept of a
        stream. `strict` makes an answer that does not fit its type an error. `stream_end="body"` lets a stream end with its
        body, for servers that never say that it does.

        A call is one request, unless a policy says otherwise: `max_retries` tries again as the
        official SDK does, `retry`, `circuit_breaker`, `rate_limit`, `failover`, `health` and `hedge`
        are those of `api_openai.policies`, or objects with the same methods. With `failover` its
        endpoints take the calls, and no other is needed. Raises `OpenAIError` where there is no key.
        """
        network, transport, http_client = map(given, (network, transport, http_client))
        _refuse_two_ways(network=network, transport=transport, http_client=http_client)
        if http_client is not None:
            from ..transports.httpx.package import check_client

            check_client(http_client, asynchronous=self.asynchronous)
        reliability: Any = {
            "max_retries": max_retries,
            "retry": retry,
            "circuit_breaker": circuit_breaker,
            "rate_limit": rate_limit,
            "failover": failover,
            "health": health,
            "hedge": hedge,
        }
        for name, each in reliability.items():
            reliability[name] = given(each)
        policies = policies_of(reliability)
        secret = given(webhook_secret)
        if secret is None:
            secret = from_environment("OPENAI_WEBHOOK_SECRET") or None
        options = {
            "api_key": api_key,
            "admin_api_key": admin_api_key,
            "workload_identity": workload_identity,
            "auth": auth,
            "organization": organization,
            "project": project,
            "base_url": base_url,
            "websocket_base_url": websocket_base_url,
            "data_residency": data_residency,
            "environment": environment,
            "default_headers": default_headers,
            "default_query": default_query,
            "provider": provider,
            "endpoint": endpoint,
        }
        options = checked(options)
        own, bounds = network or Network(), limits or Limits()
        strict, stream_end = strict or False, stream_end or "announced"
        checked({"network": own, "transport": transport, "limits": bounds, "strict": strict})
        if (first := _first_of(policies.failover)) is not None:
            also = [name for name, value in options.items() if value is not None]
            refuse_beside_failover(failover, also)
            options["endpoint"] = first
        certified = own if transport is None and http_client is None else None
        endpoint, source = endpoint_of(options, certified)
        settings = Settings(
            endpoint=endpoint,
            timeout=Timeout.of(given(timeout)),
            policies=policies,
            trace=listener(given(trace)),
            limits=bounds,
            strict=strict,
            stream_end=checked_end(stream_end),
        )
        self._configuration = Configuration(
            settings, source, secret_of(secret, "webhook_secret"), self.key_field
        )
        self._connect(own, http_client)
        if transport is not None:
            self._transport, self._network = transport, None

    @staticmethod
    @abstractmethod
    def _make_transport(network: Network, http_client: Any) -> "Transport":
        """Make the transport of this kind of client."""

    @abstractmethod
    def deliver(self, operation: Operation[Any, Any], view: "View", /) -> Any:
        """Send an operation for the caller of a view; methods of resources end here."""
        ...

    @abstractmethod
    def run(self, program: Coroutine[Any, Any, T], /, *, numbered: bool = False) -> Any:
        """Run a program of several calls to its end, or return it for the caller to await."""
        ...

    @abstractmethod
    async def perform(self, operation: Operation[T, T], /) -> T:
        """Send an operation from within a program of several calls."""
        ...

    async def gather(
        self, programs: "Sequence[Callable[[], Coroutine[Any, Any, T]]]", limit: int, /
    ) -> list[T]:
        """Run programs, at most `limit` at once; the first failure ends the others."""
        return await self._transport.wire().tasks.gather(programs, limit)

    @property
    def clock(self) -> "Clock":
        """Time and waiting, as the running transport has them."""
        return self._transport.wire().clock

    @property
    def policies(self) -> "Policies":
        """What decides about its calls."""
        return self._configuration.settings.policies

    @property
    def gates(self) -> "Gates":
        """Where programs wait for one another, as the running transport has it."""
        return self._transport.wire().gates

    @abstractmethod
    def stream(self, source: "EventSource[Any]", /) -> Any:
        """Wrap a stream of events for this kind of caller."""
        ...

    @abstractmethod
    def turn(self, reply: "Reply", answer: "TurnAnswer", /) -> Any:
        """Wrap the events of an agent's session for this kind of caller."""
        ...

    @abstractmethod
    def page(self, document: "PageDocument[Any]", operation: Operation[Any, Any], /) -> Any:
        """Wrap a page for this kind of caller."""
        ...

    @property
    def transport(self) -> "Transport":
        """What carries the calls out; clients made by `with_options` share it."""
        own = self._transport
        return own.made() if isinstance(own, LazyTransport) else own

    @property
    def disk(self) -> "Files":
        """The disk, as the running transport reads and writes it."""
        return self._transport.wire().files

    @spelled("_keywords")
    def with_options(self, **changes: Unpack[Changes[K]]) -> Self:
        """Return a client with some settings replaced and the rest, its connections too, shared.

        `default_headers` and `default_query` are added to those there are; with `set_` before their
        names they take their place. A new `base_url` with
        another origin needs credentials of its own: keys, organization and project are not taken
        along to another server, and of the default header fields and query parameters those alone
        that are known to hold none.
        """
        return self._like(self._changed(changes, 1, "with_options"))

    copy = with_options

    def _like(self, configuration: Configuration[K]) -> Self:
        """A client over the same connections, with the attributes that a subclass has given it."""
        new = type(self).__new__(type(self))
        vars(new).update(kept(self))
        new._configuration = configuration
        return new

    def __copy__(self) -> Self:
        return self._like(self._configuration.changed({}, 1))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A client with connections of its own; policies are shared, as their limits are."""
        new = self.__copy__()
        memo[id(self)] = new
        if self._network is not None:
            new._connect(self._network)
        for name, value in own_attributes(self).items():
            from copy import deepcopy

            vars(new)[name] = deepcopy(value, memo)
        return new

    def __getstate__(self) -> dict[str, Any]:
        """Without connections, and where credentials come from in place of their texts.

        `TypeError` for a key that was given as text, but within `Secret.in_pickles()`.
        """
        if self._network is None:
            raise TypeError(
                f"{type(self).__name__}: what was given as transport or http_client does not go into a "
                "pickle; make the client there, or give network in its place"
            )
        refuse_lost_keys(type(self).__name__, self._configuration)
        return {
            "configuration": self._configuration,
            "network": self._network,
            "attributes": own_attributes(self),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state["attributes"])
        self._configuration = unpickled(state["configuration"])
        self._connect(state["network"])

    def _connect(self, network: Network, http_client: Any = None) -> None:
        self._transport = LazyTransport(partial(self._make_transport, network, http_client))
        self._network = network if http_client is None else None
        self._closed = False
        if sys.platform == "emscripten":
            self._transport.made()  # which says what it cannot do

    def is_closed(self) -> bool:
        """Say whether `close` was called; the client can be used nevertheless."""
        return self._closed

    def socket_backend(self) -> "Backend[Any]":
        """Return what sessions over a WebSocket run over.

        `OpenAIError` for a transport that has nothing for them: httpx speaks HTTP alone.
        """
        backend: Backend[Any] | None = getattr(self._transport.wire(), "backend", None)
        if backend is None:
            raise OpenAIError(
                "http_client, transport: they carry no WebSocket; open sessions with a client "
                "without one, whose proxy and certificates are network=Network(...)"
            )
        return backend

    def _for_sockets(self, settings: Settings, operation: Operation[Any, Any]) -> Settings:
        """The settings of a session: its own base URL, and credentials there have to be."""
        endpoint, configuration = settings.endpoint, self._configuration
        missing = endpoint.api_key is None or (
            configuration.key_source is not None and not endpoint.api_key
        )
        if missing and endpoint.signer is None and not endpoint.authorizes(operation):
            raise OpenAIError(
                "api_key: a session needs one, and this client has none (an admin key opens no session)"
            )
        return settings

    def streams(self, reply: "Reply", to: Any) -> bool:
        """Whether the answer is read event by event."""
        return to is None and isinstance(reply.operation.answer, EventsAnswer)

    def parse(self, reply: "Reply", to: Any = None) -> Any:
        """Turn an answer into what its method returns, or decode it into `to`."""
        wanted: Answer | None = None
        if to is not None:
            from ..core.api.untyped import answer_for

            wanted = answer_for(to)
        return _parser()(reply, reply.settings or self._configuration.settings, self, wanted)

    def save(self, path: str, data: bytes) -> None:
        """Write a file."""
        with open(path, "wb") as file:
            file.write(data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={shown_url(self.base_url)!r})"


@cache
def _parser() -> "Callable[..., Any]":
    from ..core.results import parse  # here, so that making a client does not load it

    return parse


def _refuse_two_ways(**ways: object) -> None:
    """Raise `TypeError` where two arguments say how calls get to the server."""
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise TypeError(
            f"{given[0]}: it would not be looked at, for {given[1]} carries the calls; give one of "
            f"network, transport and http_client"
        )


def _first_of(failover: "policy.Failover | None") -> Endpoint | None:
    """The first endpoint of a failover, for what is said of a client as a whole."""
    endpoints: Sequence[Endpoint] = getattr(failover, "endpoints", ())
    return endpoints[0] if endpoints else None


def whole(operation: Operation[Any, Any]) -> bool:
    """Whether the body is read as a part of the call."""
    return not isinstance(operation.answer, EventsAnswer)
