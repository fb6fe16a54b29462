"""`OpenAI` and its kin: the SDK's classes, over this client's transports."""

from collections.abc import Mapping, Sequence
from inspect import Signature, signature
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx2
import openai

from ...core.request.timeout import Timeout
from ...core.terms.version import __version__
from ..beneath.of_httpx2 import AsyncHTTPTransport, HTTPTransport
from .errors import as_both
from .events import EventDecoder, made_by_type
from .streams import stream_class

if TYPE_CHECKING:
    from ...core.call import policy
    from ...core.call.network import Network
    from ...core.call.trace import Trace
    from ...core.request.answer_kinds import StreamEnd
    from ...core.request.limits import Limits

T = TypeVar("T")

__all__ = ["AsyncAzureOpenAI", "AsyncOpenAI", "AzureOpenAI", "OpenAI"]


class _Compat:
    """What both kinds have in common; stands before a class of the SDK."""

    def __init__(
        self,
        *,
        timeout: Any = None,
        max_retries: int = 0,
        http_client: Any = None,
        answers: Literal["sdk"] = "sdk",
        network: "Network | None" = None,
        retry: "policy.Retry | None" = None,
        circuit_breaker: "policy.CircuitBreaker | None" = None,
        rate_limit: "policy.RateLimit | None" = None,
        hedge: "policy.Hedge | None" = None,
        trace: "Trace | Sequence[Trace] | None" = None,
        limits: "Limits | None" = None,
        stream_end: "StreamEnd | None" = None,
        **of_sdk: Any,
    ) -> None:
        """Take the arguments of the SDK's class, and settings of `api_openai.Client`.

        Unlike there, nothing is tried again and nothing times out unless asked for. `timeout` may be
        an `api_openai.Timeout`, `total` included. With an `http_client` the calls are carried by it:
        the settings that are this client's then belong to its transport. `answers="sdk"`, the only
        choice, says that answers are the SDK's objects.
        """
        if answers != "sdk":
            raise ValueError(f"answers={answers!r}: expected 'sdk'")
        beneath: dict[str, Any] = {
            "network": network,
            "retry": retry,
            "circuit_breaker": circuit_breaker,
            "rate_limit": rate_limit,
            "hedge": hedge,
            "trace": trace,
            "limits": limits,
            "stream_end": stream_end,
        }
        given = {name: value for name, value in beneath.items() if value is not None}
        if isinstance(timeout, openai.NotGiven):
            timeout = None
        elif isinstance(timeout, Timeout):
            given["timeout"], timeout = timeout, None
        if http_client is None:
            http_client = self._over(given, timeout)
        elif given:
            raise TypeError(
                f"{', '.join(sorted(given))}: these are settings of the transport that a client"
                " makes for itself; with http_client=, or in a copy, there is one already"
            )
        of_sdk |= {"timeout": timeout, "max_retries": max_retries, "http_client": http_client}
        super().__init__(**of_sdk)

    @staticmethod
    def _over(settings: Mapping[str, Any], timeout: Any) -> Any:
        """A client of httpx2 over a transport with these settings."""
        raise NotImplementedError

    @property
    def user_agent(self) -> str:
        """What servers are told: this client, and which SDK stands above it."""
        return f"api_openai/{__version__} (compat; openai {openai.__version__})"

    def _make_status_error(self, err_msg: str, *, body: object, response: Any) -> Any:
        above: Any = super()
        return as_both(above._make_status_error(err_msg, body=body, response=response))

    def _make_sse_decoder(self) -> Any:
        return EventDecoder()

    def _process_response_data(self, *, data: object, cast_to: Any, response: Any) -> Any:
        made = made_by_type(data, cast_to)
        if made is not None:
            return made
        above: Any = super()
        return above._process_response_data(data=data, cast_to=cast_to, response=response)


class _Blocking(_Compat):
    @staticmethod
    def _over(settings: Mapping[str, Any], timeout: Any) -> httpx2.Client:
        transport = HTTPTransport(**settings)
        return httpx2.Client(transport=transport, timeout=timeout, follow_redirects=True)

    def request(
        self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None
    ) -> Any:
        """Carry out a call, as the SDK's client does; errors are of both kinds."""
        try:
            return super().request(  # type: ignore[misc]
                cast_to, options, stream=stream, stream_cls=stream_cls and stream_class(stream_cls)
            )
        except openai.APIError as error:
            raise as_both(error) from error.__cause__


class _Async(_Compat):
    @staticmethod
    def _over(settings: Mapping[str, Any], timeout: Any) -> httpx2.AsyncClient:
        transport = AsyncHTTPTransport(**settings)
        return httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=True)

    async def request(
        self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None
    ) -> Any:
        """Carry out a call, as the SDK's client does; errors are of both kinds."""
        try:
            return await super().request(  # type: ignore[misc]
                cast_to, options, stream=stream, stream_cls=stream_cls and stream_class(stream_cls)
            )
        except openai.APIError as error:
            raise as_both(error) from error.__cause__


def _signed(cls: type[T]) -> type[T]:
    """Let a class say what it takes: what the SDK's does, and what is added here."""
    known = dict(signature(cls).parameters)
    del known["of_sdk"]
    for name, parameter in signature(cls.__bases__[-1]).parameters.items():
        known.setdefault(name, parameter)
    ordered = sorted(known.values(), key=lambda parameter: parameter.kind)
    cls.__signature__ = Signature(ordered)  # type: ignore[attr-defined]
    return cls


@_signed
class OpenAI(_Blocking, openai.OpenAI):
    """`openai.OpenAI`, whose calls this client carries out."""


@_signed
class AsyncOpenAI(_Async, openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, whose calls this client carries out."""


@_signed
class AzureOpenAI(_Blocking, openai.AzureOpenAI):
    """`openai.AzureOpenAI`, whose calls this client carries out."""


@_signed
class AsyncAzureOpenAI(_Async, openai.AsyncAzureOpenAI):
    """`openai.AsyncAzureOpenAI`, whose calls this client carries out."""
