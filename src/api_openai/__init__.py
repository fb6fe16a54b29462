"""An OpenAI API client with a sans-I/O protocol core and pluggable transports.

    from api_openai import Client

    client = Client()
    print(client.responses.create(model="gpt-5", input="Hello").output_text)

Every name is imported when it is first used (PEP 562): importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import pagination as pagination
    from . import streaming as streaming
    from . import types as types
    from . import webhooks as webhooks
    from .client.assistants import AssistantEventHandler
    from .client.assistants_async import AsyncAssistantEventHandler
    from .client.azure import AsyncAzureOpenAI, AzureOpenAI
    from .client.client import AsyncClient, AsyncOpenAI, Client, OpenAI
    from .client.response import APIResponse, AsyncStreamedResponse, StreamedResponse
    from .core.agents.files import (
        AgentFilePreparationError,
        AgentFileStagingError,
        PreparedAgentFiles,
        StagedAgentFile,
    )
    from .core.agents.tools import AgentToolError
    from .core.agents.turns import AgentOutputParseError, AgentTurnResult, AgentTurnResultError
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
        ContentFilterFinishReasonError,
        InternalServerError,
        LengthFinishReasonError,
        LocalProtocolError,
        NotFoundError,
        OpenAIError,
        PermissionDeniedError,
        PollTimeoutError,
        RateLimitError,
        RemoteProtocolError,
        ResponseDecodeError,
        StreamTruncatedError,
        StructuredOutputError,
        UnprocessableEntityError,
    )
    from .core.model import NOT_GIVEN, Issue, Meta, Model, Omit, Unknown, meta, omit
    from .core.model import NOT_GIVEN as not_given
    from .core.model import Omit as NotGiven
    from .core.network import Network, Proxy
    from .core.operation import Operation
    from .core.pages import AsyncPage, AsyncPager, Page
    from .core.policies import Policies
    from .core.programs.uploads import UploadProgress
    from .core.rate_limits import RateLimits
    from .core.secret import Secret
    from .core.stream import AsyncStream, Stream
    from .core.structured.outcomes import Called, Misfit, Outcome, Parsed, Refused, Stopped
    from .core.structured.output import OutputFormat
    from .core.structured.reader import OutputMisfitError
    from .core.structured.schema import SchemaError, json_schema
    from .core.structured.tools import (
        function_tool,
        pydantic_function_tool,
        pydantic_responses_function_tool,
        response_function_tool,
    )
    from .core.timeout import Timeout
    from .core.trace import Trace, TraceEvent
    from .core.version import __version__
    from .core.webhooks import InvalidWebhookSignatureError, WebhookPayloadError

_HOMES = {
    "client.assistants": ("AssistantEventHandler",),
    "client.assistants_async": ("AsyncAssistantEventHandler",),
    "client.azure": ("AsyncAzureOpenAI", "AzureOpenAI"),
    "client.client": ("AsyncClient", "AsyncOpenAI", "Client", "OpenAI"),
    "client.response": ("APIResponse", "AsyncStreamedResponse", "StreamedResponse"),
    "core.agents.files": (
        "AgentFilePreparationError",
        "AgentFileStagingError",
        "PreparedAgentFiles",
        "StagedAgentFile",
    ),
    "core.agents.tools": ("AgentToolError",),
    "core.agents.turns": ("AgentOutputParseError", "AgentTurnResult", "AgentTurnResultError"),
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
        "ContentFilterFinishReasonError",
        "InternalServerError",
        "LengthFinishReasonError",
        "LocalProtocolError",
        "NotFoundError",
        "OpenAIError",
        "PermissionDeniedError",
        "PollTimeoutError",
        "RateLimitError",
        "RemoteProtocolError",
        "ResponseDecodeError",
        "StreamTruncatedError",
        "StructuredOutputError",
        "UnprocessableEntityError",
    ),
    "core.model": ("NOT_GIVEN", "Issue", "Meta", "Model", "Omit", "Unknown", "meta", "omit"),
    "core.network": ("Network", "Proxy"),
    "core.operation": ("Operation",),
    "core.pages": ("AsyncPage", "AsyncPager", "Page"),
    "core.policies": ("Policies",),
    "core.programs.uploads": ("UploadProgress",),
    "core.rate_limits": ("RateLimits",),
    "core.secret": ("Secret",),
    "core.stream": ("AsyncStream", "Stream"),
    "core.structured.outcomes": ("Called", "Misfit", "Outcome", "Parsed", "Refused", "Stopped"),
    "core.structured.output": ("OutputFormat",),
    "core.structured.reader": ("OutputMisfitError",),
    "core.structured.schema": ("SchemaError", "json_schema"),
    "core.structured.tools": (
        "function_tool",
        "pydantic_function_tool",
        "pydantic_responses_function_tool",
        "response_function_tool",
    ),
    "core.timeout": ("Timeout",),
    "core.trace": ("Trace", "TraceEvent"),
    "core.version": ("__version__",),
    "core.webhooks": ("InvalidWebhookSignatureError", "WebhookPayloadError"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ALIASES = {"NotGiven": ("core.model", "Omit"), "not_given": ("core.model", "NOT_GIVEN")}
_MODULES = ("pagination", "streaming", "types", "webhooks")

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AgentFilePreparationError",
    "AgentFileStagingError",
    "AgentOutputParseError",
    "AgentToolError",
    "AgentTurnResult",
    "AgentTurnResultError",
    "AssistantEventHandler",
    "AsyncAssistantEventHandler",
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
    "Called",
    "Client",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "Endpoint",
    "InternalServerError",
    "InvalidWebhookSignatureError",
    "Issue",
    "LengthFinishReasonError",
    "LocalProtocolError",
    "Meta",
    "Misfit",
    "Model",
    "Network",
    "NotFoundError",
    "NotGiven",
    "Omit",
    "OpenAI",
    "OpenAIError",
    "Operation",
    "Outcome",
    "OutputFormat",
    "OutputMisfitError",
    "Page",
    "Parsed",
    "PermissionDeniedError",
    "Policies",
    "PollTimeoutError",
    "PreparedAgentFiles",
    "Proxy",
    "RateLimitError",
    "RateLimits",
    "Refused",
    "RemoteProtocolError",
    "ResponseDecodeError",
    "SchemaError",
    "Secret",
    "StagedAgentFile",
    "Stopped",
    "Stream",
    "StreamTruncatedError",
    "StreamedResponse",
    "StructuredOutputError",
    "Timeout",
    "Trace",
    "TraceEvent",
    "Unknown",
    "UnprocessableEntityError",
    "UploadProgress",
    "WebhookPayloadError",
    "__version__",
    "function_tool",
    "json_schema",
    "meta",
    "not_given",
    "omit",
    "pagination",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
    "response_function_tool",
    "streaming",
    "types",
    "webhooks",
]

if not TYPE_CHECKING:  # checkers would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        home, attribute = _ALIASES.get(name) or (_HOME.get(name), name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(f".{home}", __name__), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
