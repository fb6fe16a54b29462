"""An OpenAI API client with a sans-I/O protocol core and pluggable transports.

    from api_openai import Client

    client = Client()
    print(client.responses.create(model="gpt-5", input="Hello").output_text)

Every name is imported when it is first used (PEP 562): importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import audio as audio
    from . import auth as auth
    from . import emulator as emulator
    from . import operations as operations
    from . import pagination as pagination
    from . import policies as policies
    from . import providers as providers
    from . import resources as resources
    from . import streaming as streaming
    from . import tracing as tracing
    from . import transports as transports
    from . import types as types
    from . import webhooks as webhooks
    from .client.answers.assistants import AssistantEventHandler
    from .client.answers.assistants_async import AsyncAssistantEventHandler
    from .client.answers.response import APIResponse, AsyncStreamedResponse, StreamedResponse
    from .client.azure import AsyncAzureOpenAI, AzureOpenAI
    from .client.bedrock import AsyncBedrockOpenAI, BedrockOpenAI
    from .client.client import AsyncClient, AsyncOpenAI, Client, OpenAI
    from .client.configuration import DEFAULT_MAX_RETRIES
    from .client.reconfiguring import ConfigurationChanged
    from .client.secrets.secret import Secret
    from .core.agents.environment_files import (
        AgentFilePreparationError,
        AgentFileStagingError,
        PreparedAgentFiles,
        StagedAgentFile,
    )
    from .core.agents.tool_answers import AgentToolError
    from .core.agents.turn import AgentOutputParseError, AgentTurnResult, AgentTurnResultError
    from .core.answers.binary import BinaryContent
    from .core.answers.pages import AsyncPage, AsyncPager, Page
    from .core.answers.stream import AsyncStream, Stream
    from .core.api.session_options import ReconnectingEvent, ReconnectingOverrides
    from .core.api.webhook_delivery import InvalidWebhookSignatureError, WebhookPayloadError
    from .core.call.network import Network, Proxy
    from .core.call.trace import Trace, TraceEvent
    from .core.json.issues import Issue
    from .core.json.model import Model
    from .core.json.provenance import Meta, meta
    from .core.json.restoring import restore
    from .core.json.unknown import Unknown
    from .core.policies.circuit_breaker import CircuitBreaker
    from .core.policies.failover import Failover
    from .core.policies.health import Health, HealthReport
    from .core.policies.hedge import Hedge
    from .core.policies.rate_limit import RateLimit
    from .core.policies.retry import Retry
    from .core.programs.resume import Resume
    from .core.programs.uploads import UploadProgress
    from .core.realtime.audio_formats import AudioError
    from .core.realtime.reconnect import Reconnect, ReconnectedEvent
    from .core.request.endpoint import Endpoint
    from .core.request.environment import DataResidency, Environment
    from .core.request.limits import Limits
    from .core.request.operation import Operation
    from .core.request.timeout import DEFAULT_TIMEOUT, Timeout
    from .core.structured.function_tools import (
        function_tool,
        pydantic_function_tool,
        pydantic_responses_function_tool,
        response_function_tool,
    )
    from .core.structured.json_schema import SchemaError, json_schema
    from .core.structured.outcomes import (
        Called,
        ContentFilterFinishReasonError,
        LengthFinishReasonError,
        Misfit,
        Outcome,
        Parsed,
        Refused,
        Stopped,
        StructuredOutputError,
    )
    from .core.structured.output_format import OutputFormat
    from .core.structured.type_reader import OutputMisfitError
    from .core.terms.errors import (
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
        OAuthError,
        OpenAIError,
        PermissionDeniedError,
        PolicyRefusedError,
        PollTimeoutError,
        RateLimitError,
        RemoteProtocolError,
        ResponseDecodeError,
        StreamCancelledError,
        StreamSequenceError,
        StreamTruncatedError,
        SubjectTokenProviderError,
        UnprocessableEntityError,
    )
    from .core.terms.http_message import Headers
    from .core.terms.nesting import set_nesting_limit
    from .core.terms.omit import NOT_GIVEN, Omit, omit
    from .core.terms.omit import NOT_GIVEN as not_given
    from .core.terms.omit import Omit as NotGiven
    from .core.terms.rate_limits import RateLimits
    from .core.terms.secret import SecretExposure
    from .core.terms.secret_errors import SecretError, SecretPermissionsWarning
    from .core.terms.session_errors import (
        WebSocketConnectionClosedError,
        WebSocketQueueFullError,
    )
    from .core.terms.version import __version__
    from .transports.httpx.defaults import DefaultAsyncHttpxClient, DefaultHttpxClient

_HOMES = {
    "client.answers.assistants": ("AssistantEventHandler",),
    "client.answers.assistants_async": ("AsyncAssistantEventHandler",),
    "client.answers.response": (
        "APIResponse",
        "AsyncStreamedResponse",
        "StreamedResponse",
    ),
    "client.azure": (
        "AsyncAzureOpenAI",
        "AzureOpenAI",
    ),
    "client.bedrock": (
        "AsyncBedrockOpenAI",
        "BedrockOpenAI",
    ),
    "client.client": (
        "AsyncClient",
        "AsyncOpenAI",
        "Client",
        "OpenAI",
    ),
    "client.secrets.secret": ("Secret",),
    "core.agents.environment_files": (
        "AgentFilePreparationError",
        "AgentFileStagingError",
        "PreparedAgentFiles",
        "StagedAgentFile",
    ),
    "core.agents.tool_answers": ("AgentToolError",),
    "core.agents.turn": (
        "AgentOutputParseError",
        "AgentTurnResult",
        "AgentTurnResultError",
    ),
    "core.answers.binary": ("BinaryContent",),
    "core.answers.pages": (
        "AsyncPage",
        "AsyncPager",
        "Page",
    ),
    "core.answers.stream": (
        "AsyncStream",
        "Stream",
    ),
    "core.api.session_options": (
        "ReconnectingEvent",
        "ReconnectingOverrides",
    ),
    "core.api.webhook_delivery": (
        "InvalidWebhookSignatureError",
        "WebhookPayloadError",
    ),
    "core.call.network": (
        "Network",
        "Proxy",
    ),
    "core.call.trace": (
        "Trace",
        "TraceEvent",
    ),
    "core.json.issues": ("Issue",),
    "core.json.model": ("Model",),
    "core.json.provenance": (
        "Meta",
        "meta",
    ),
    "core.json.restoring": ("restore",),
    "core.json.unknown": ("Unknown",),
    "core.policies.circuit_breaker": ("CircuitBreaker",),
    "core.policies.failover": ("Failover",),
    "core.policies.health": ("Health", "HealthReport"),
    "core.policies.hedge": ("Hedge",),
    "core.policies.rate_limit": ("RateLimit",),
    "core.policies.retry": ("Retry",),
    "client.configuration": ("DEFAULT_MAX_RETRIES",),
    "client.reconfiguring": ("ConfigurationChanged",),
    "core.programs.resume": ("Resume",),
    "core.programs.uploads": ("UploadProgress",),
    "core.realtime.audio_formats": ("AudioError",),
    "core.realtime.reconnect": (
        "Reconnect",
        "ReconnectedEvent",
    ),
    "core.request.endpoint": ("Endpoint",),
    "core.request.environment": ("DataResidency", "Environment"),
    "core.request.operation": ("Operation",),
    "core.request.limits": ("Limits",),
    "core.request.timeout": ("DEFAULT_TIMEOUT", "Timeout"),
    "core.structured.function_tools": (
        "function_tool",
        "pydantic_function_tool",
        "pydantic_responses_function_tool",
        "response_function_tool",
    ),
    "core.structured.json_schema": (
        "SchemaError",
        "json_schema",
    ),
    "core.structured.outcomes": (
        "Called",
        "ContentFilterFinishReasonError",
        "LengthFinishReasonError",
        "Misfit",
        "Outcome",
        "Parsed",
        "Refused",
        "Stopped",
        "StructuredOutputError",
    ),
    "core.structured.output_format": ("OutputFormat",),
    "core.structured.type_reader": ("OutputMisfitError",),
    "core.terms.errors": (
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
        "OAuthError",
        "OpenAIError",
        "PermissionDeniedError",
        "PolicyRefusedError",
        "PollTimeoutError",
        "RateLimitError",
        "RemoteProtocolError",
        "ResponseDecodeError",
        "StreamCancelledError",
        "StreamSequenceError",
        "StreamTruncatedError",
        "SubjectTokenProviderError",
        "UnprocessableEntityError",
    ),
    "core.terms.http_message": ("Headers",),
    "core.terms.nesting": ("set_nesting_limit",),
    "core.terms.omit": (
        "NOT_GIVEN",
        "Omit",
        "omit",
    ),
    "core.terms.rate_limits": ("RateLimits",),
    "core.terms.secret": ("SecretExposure",),
    "core.terms.secret_errors": (
        "SecretError",
        "SecretPermissionsWarning",
    ),
    "core.terms.session_errors": (
        "WebSocketConnectionClosedError",
        "WebSocketQueueFullError",
    ),
    "core.terms.version": ("__version__",),
    "transports.httpx.defaults": ("DefaultAsyncHttpxClient", "DefaultHttpxClient"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ALIASES = {"not_given": ("core.terms.omit", "NOT_GIVEN"), "NotGiven": ("core.terms.omit", "Omit")}
_MODULES = (
    "audio",
    "auth",
    "emulator",
    "operations",
    "pagination",
    "policies",
    "providers",
    "resources",
    "streaming",
    "tracing",
    "transports",
    "types",
    "webhooks",
)

__all__ = [
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
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
    "AsyncBedrockOpenAI",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncPage",
    "AsyncPager",
    "AsyncStream",
    "AsyncStreamedResponse",
    "Attempt",
    "AudioError",
    "AuthenticationError",
    "AzureOpenAI",
    "BadRequestError",
    "BedrockOpenAI",
    "BinaryContent",
    "Called",
    "CircuitBreaker",
    "Client",
    "ConfigurationChanged",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "DataResidency",
    "DefaultAsyncHttpxClient",
    "DefaultHttpxClient",
    "Endpoint",
    "Environment",
    "Failover",
    "Headers",
    "Health",
    "HealthReport",
    "Hedge",
    "InternalServerError",
    "InvalidWebhookSignatureError",
    "Issue",
    "LengthFinishReasonError",
    "Limits",
    "LocalProtocolError",
    "Meta",
    "Misfit",
    "Model",
    "Network",
    "NotFoundError",
    "NotGiven",
    "OAuthError",
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
    "PolicyRefusedError",
    "PollTimeoutError",
    "PreparedAgentFiles",
    "Proxy",
    "RateLimit",
    "RateLimitError",
    "RateLimits",
    "Reconnect",
    "ReconnectedEvent",
    "ReconnectingEvent",
    "ReconnectingOverrides",
    "Refused",
    "RemoteProtocolError",
    "ResponseDecodeError",
    "Resume",
    "Retry",
    "SchemaError",
    "Secret",
    "SecretError",
    "SecretExposure",
    "SecretPermissionsWarning",
    "StagedAgentFile",
    "Stopped",
    "Stream",
    "StreamCancelledError",
    "StreamSequenceError",
    "StreamTruncatedError",
    "StreamedResponse",
    "StructuredOutputError",
    "SubjectTokenProviderError",
    "Timeout",
    "Trace",
    "TraceEvent",
    "Unknown",
    "UnprocessableEntityError",
    "UploadProgress",
    "WebSocketConnectionClosedError",
    "WebSocketQueueFullError",
    "WebhookPayloadError",
    "__version__",
    "audio",
    "auth",
    "emulator",
    "function_tool",
    "json_schema",
    "meta",
    "not_given",
    "omit",
    "operations",
    "pagination",
    "policies",
    "providers",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
    "resources",
    "response_function_tool",
    "restore",
    "set_nesting_limit",
    "streaming",
    "tracing",
    "transports",
    "types",
    "webhooks",
]

if not TYPE_CHECKING:  # checkers would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        home, attribute = _ALIASES.get(name) or (_HOME.get(name), name)
        if home is None:
            words = import_module("._lazy", __name__).absent(__name__, name)
            raise AttributeError(words, name=name)
        value = getattr(import_module(f".{home}", __name__), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
