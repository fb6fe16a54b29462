"""What the transports beneath clients of httpx and httpx2 have in common: all but two class names."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from ...core.call.call import call
from ...core.call.listeners import listener_of
from ...core.call.network import Network
from ...core.call.run import run
from ...core.call.settings import Settings
from ...core.request.answer_kinds import EventsAnswer, StreamEnd, checked_end
from ...core.request.limits import Limits
from ...core.request.passed_on import Passage, PassedOn
from ...core.request.timeout import Timeout
from ...core.request.url import Origin
from ...core.terms.errors import APIStatusError, OpenAIError
from ...transports.httpx.package import made_for
from ..configuration import policies_of
from ..lazy_transport import LazyTransport
from .failures import translated
from .parts import AsyncParts, Parts
from .requests import is_read_whole, origin_of, passed_on

if TYPE_CHECKING:
    from ...core.call import policy
    from ...core.call.reply import Reply
    from ...core.call.trace import Trace
    from ...transports.common.transport import Transport

__all__ = ["ERROR", "AsyncBeneath", "Beneath"]

ERROR: Final = "api_openai.error"
"""The extension of a response that holds the error of its status."""

_CODED = (b"content-encoding", b"content-length")
_ORIGINS = 1000
"""Servers that are remembered; a client of one API has one."""


class _Carrier:
    """Carries requests of `_package` as calls of this client."""

    _package: ClassVar[Any]

    def __init__(
        self,
        *,
        timeout: "float | Timeout | None" = None,
        network: Network | None = None,
        max_retries: int | None = None,
        retry: "policy.Retry | None" = None,
        circuit_breaker: "policy.CircuitBreaker | None" = None,
        rate_limit: "policy.RateLimit | None" = None,
        hedge: "policy.Hedge | None" = None,
        trace: "Trace | Sequence[Trace] | None" = None,
        limits: Limits | None = None,
        stream_end: StreamEnd = "announced",
    ) -> None:
        """Take settings as `Client` does; nothing is opened before the first request.

        `timeout` counts beside the timeouts of the client above, the shorter one in each phase; its
        `total` bounds a whole call. Policies repeat or hold back requests beneath those of the
        client above, which knows nothing of it: give one of the two the retries. `stream_end="body"`
        lets a stream of events end with its body.
        """
        policies = policies_of(
            {
                "max_retries": max_retries,
                "retry": retry,
                "circuit_breaker": circuit_breaker,
                "rate_limit": rate_limit,
                "hedge": hedge,
            }
        )
        self._timeout = Timeout.of(timeout)
        self._settings = Settings(
            endpoint=Passage(Origin("https", "api.openai.com", 443)),  # replaced for each request
            policies=policies,
            trace=listener_of(trace),
            limits=limits or Limits(),
            stream_end=checked_end(stream_end),
        )
        self._by_origin: dict[Origin, Settings] = {}
        own = network or Network()
        self._transport = LazyTransport(lambda: self._make_transport(own))

    @staticmethod
    def _make_transport(network: Network) -> "Transport":
        raise NotImplementedError

    async def _carry(self, request: Any, parts: Callable[..., Any]) -> Any:
        """Carry out a request, and return the response; `parts` is the class of its stream."""
        package = self._package
        origin = origin_of(request.url)
        if origin is None:
            raise package.UnsupportedProtocol(
                f"url: expected http:// or https://, got {request.url.scheme!r}"
            )
        settings = self._by_origin.get(origin) or self._settings_for(origin)
        try:
            operation = passed_on(request, package, self._timeout)
            whole = is_read_whole(operation.answer)
            reply = await call(self._transport.wire(), settings, operation, whole=whole)
        except APIStatusError as error:
            return self._failed(error)
        except OpenAIError as error:
            raise translated(error, package) from error
        try:
            return self._response(reply, operation, settings, parts)
        except BaseException:
            reply.abort()
            raise

    def _settings_for(self, origin: Origin) -> Settings:
        if len(self._by_origin) >= _ORIGINS:
            self._by_origin.clear()
        settings = msgspec.structs.replace(self._settings, endpoint=Passage(origin))
        return self._by_origin.setdefault(origin, settings)

    def _response(
        self, reply: "Reply", operation: PassedOn, settings: Settings, parts: Callable[..., Any]
    ) -> Any:
        package, head = self._package, reply.head
        if reply.content is not None:
            stream = package.ByteStream(reply.content)
        else:
            watch = None
            if isinstance(reply.operation.answer, EventsAnswer):
                from .endings import watch_of

                watch = watch_of(reply, settings)
            if not reply.tracer.listens:  # what has been sent is kept above, and in no second place
                reply.operation = operation.spent()
            stream = parts(reply, watch, package)
        return package.Response(
            head.status,
            headers=head.headers.raw,
            stream=stream,
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    def _failed(self, error: APIStatusError) -> Any:
        """The response of an error status, whose body has been read, its coding undone."""
        fields = [field for field in error.headers.raw if field[0] not in _CODED]
        return self._package.Response(
            error.status_code,
            headers=fields,
            content=error.response.content,
            extensions={"http_version": b"HTTP/1.1", ERROR: error},
        )


class Beneath(_Carrier):
    """The blocking kind."""

    @staticmethod
    def _make_transport(network: Network) -> "Transport":
        from ...transports.blocking.transport import BlockingTransport

        return BlockingTransport(network)

    def _handle(self, request: Any) -> Any:
        return run(self._carry(request, made_for(Parts, self._package.SyncByteStream)))

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()


class AsyncBeneath(_Carrier):
    """The kind for asyncio and trio, whichever runs."""

    @staticmethod
    def _make_transport(network: Network) -> "Transport":
        from ...transports.auto import AutoTransport

        return AutoTransport(network)

    async def _handle(self, request: Any) -> Any:
        return await self._carry(request, made_for(AsyncParts, self._package.AsyncByteStream))

    async def aclose(self) -> None:
        """Close the idle connections of the running loop."""
        await self._transport.aclose()
