"""An OpenAI API client with a sans-I/O protocol core and pluggable transports.

    from api_openai import Client

    client = Client()
    print(client.responses.create(model="gpt-5", input="Hello").output_text)

Every name is imported when it is first used (PEP 562): importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client.azure import AsyncAzureOpenAI, AzureOpenAI
    from .client.client import AsyncClient, AsyncOpenAI, Client, OpenAI
    from .client.response import APIResponse, AsyncStreamedResponse, StreamedResponse
    from .core.binary import BinaryContent
    from .core.endpoint import Endpoint
    from .core.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        Attempt,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        InternalServerError,
        LocalProtocolError,
        NotFoundError,
        OpenAIError,
        PermissionDeniedError,
        RateLimitError,
        RemoteProtocolError,
        ResponseDecodeError,
        StreamTruncatedError,
        UnprocessableEntityError,
    )
    from .core.model import NOT_GIVEN, Issue, Meta, Model, Omit, Unknown, meta, omit
    from .core.model import Omit as NotGiven
    from .core.network import Network, Proxy
    from .core.operation import Operation
    from .core.pages import AsyncPage, AsyncPager, Page
    from .core.policies import Policies
    from .core.rate_limits import RateLimits
    from .core.secret import Secret
    from .core.stream import AsyncStream, Stream
    from .core.timeout import Timeout
    from .core.trace import Trace, TraceEvent
    from .core.version import __version__

_HOMES = {
    "client.azure": ("AsyncAzureOpenAI", "AzureOpenAI"),
    "client.client": ("AsyncClient", "AsyncOpenAI", "Client", "OpenAI"),
    "client.response": ("APIResponse", "AsyncStreamedResponse", "StreamedResponse"),
    "core.binary": ("BinaryContent",),
    "core.endpoint": ("Endpoint",),
    "core.errors": (
        "APIConnectionError",
        "APIError",
        "APIResponseValidationError",
        "APIStatusError",
        "APITimeoutError",
        "Attempt",
        "AuthenticationError",
        "BadRequestError",
        "ConflictError",
        "InternalServerError",
        "LocalProtocolError",
        "NotFoundError",
        "OpenAIError",
        "PermissionDeniedError",
        "RateLimitError",
        "RemoteProtocolError",
        "ResponseDecodeError",
        "StreamTruncatedError",
        "UnprocessableEntityError",
    ),
    "core.model": ("NOT_GIVEN", "Issue", "Meta", "Model", "Omit", "Unknown", "meta", "omit"),
    "core.network": ("Network", "Proxy"),
    "core.operation": ("Operation",),
    "core.pages": ("AsyncPage", "AsyncPager", "Page"),
    "core.policies": ("Policies",),
    "core.rate_limits": ("RateLimits",),
    "core.secret": ("Secret",),
    "core.stream": ("AsyncStream", "Stream"),
    "core.timeout": ("Timeout",),
    "core.trace": ("Trace", "TraceEvent"),
    "core.version": ("__version__",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ALIASES = {"NotGiven": ("core.model", "Omit")}

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncAzureOpenAI",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncPage",
    "AsyncPager",
    "AsyncStream",
    "AsyncStreamedResponse",
    "Attempt",
    "AuthenticationError",
    "AzureOpenAI",
    "BadRequestError",
    "BinaryContent",
    "Client",
    "ConflictError",
    "Endpoint",
    "InternalServerError",
    "Issue",
    "LocalProtocolError",
    "Meta",
    "Model",
    "Network",
    "NotFoundError",
    "NotGiven",
    "Omit",
    "OpenAI",
    "OpenAIError",
    "Operation",
    "Page",
    "PermissionDeniedError",
    "Policies",
    "Proxy",
    "RateLimitError",
    "RateLimits",
    "RemoteProtocolError",
    "ResponseDecodeError",
    "Secret",
    "Stream",
    "StreamTruncatedError",
    "StreamedResponse",
    "Timeout",
    "Trace",
    "TraceEvent",
    "Unknown",
    "UnprocessableEntityError",
    "__version__",
    "meta",
    "omit",
]


def __getattr__(name: str) -> Any:
    home, attribute = _ALIASES.get(name) or (_HOME.get(name), name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
