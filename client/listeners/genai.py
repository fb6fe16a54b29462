"""What the OpenTelemetry GenAI conventions call the things of this API: names and attributes.

They are those of the GenAI conventions 0.1.0, with `server.*`, `error.*` and `http.*` of the general
conventions. All texts are masked by who sets them.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from ...core.call.summary import AnswerSummary
from ...core.call.traced_call import TracedCall
from ...core.request.endpoint import Endpoint
from .usage import GENERATING

__all__ = [
    "answer_attributes",
    "conventional_name",
    "modalities",
    "provider_of",
    "request_attributes",
]

Value = str | bool | int | float | list[str]

_BY_OPERATION: Final = {
    "responses.retrieve": "fetch_response",
    "vector_stores.search": "retrieval",
    "beta.assistants.create": "create_agent",
    "beta.agents.create": "create_agent",
    "beta.threads.runs.create": "invoke_agent",
    "beta.threads.create_and_run": "invoke_agent",
}
_API_TYPES: Final = {"/chat/completions": "chat_completions", "/responses": "responses"}
_OUTPUTS: Final = {"/images": "image", "/audio/speech": "speech", "/audio/tr": "text"}
_PROVIDERS: Final = {
    ".openai.azure.com": "azure.ai.openai",
    ".cognitiveservices.azure.com": "azure.ai.openai",
    ".services.ai.azure.com": "azure.ai.openai",
    ".amazonaws.com": "aws.bedrock",
    ".api.aws": "aws.bedrock",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
}

_REQUEST: Final[dict[str, tuple[str, type | tuple[type, ...]]]] = {
    "frequency_penalty": ("gen_ai.request.frequency_penalty", (int, float)),
    "presence_penalty": ("gen_ai.request.presence_penalty", (int, float)),
    "temperature": ("gen_ai.request.temperature", (int, float)),
    "top_p": ("gen_ai.request.top_p", (int, float)),
    "max_tokens": ("gen_ai.request.max_tokens", int),
    "max_completion_tokens": ("gen_ai.request.max_tokens", int),
    "max_output_tokens": ("gen_ai.request.max_tokens", int),
    "seed": ("gen_ai.request.seed", int),
    "reasoning_effort": ("gen_ai.request.reasoning.level", str),
    "previous_response_id": ("gen_ai.request.previous_response.id", str),
    "dimensions": ("gen_ai.embeddings.dimension.count", int),
}


def conventional_name(traced: TracedCall) -> str:
    """The name of an operation: one of the conventions' where there is one, else the method's."""
    if traced.method == "POST" and traced.path in GENERATING:
        return GENERATING[traced.path]
    return _BY_OPERATION.get(traced.name, traced.name)


def provider_of(endpoint: Endpoint) -> str:
    """Who serves an endpoint, as far as it shows."""
    host = endpoint.origin.host
    known = next((name for end, name in _PROVIDERS.items() if host.endswith(end)), None)
    if known is not None:
        return known
    return "azure.ai.openai" if endpoint.deployments or endpoint.auth == "api-key" else "openai"


def request_attributes(traced: TracedCall, provider: str) -> dict[str, Value]:
    """What a request asks for, contents aside."""
    found: dict[str, Value] = {}
    if traced.streams:
        found["gen_ai.request.stream"] = True
    if traced.path not in GENERATING:
        return found
    request: dict[str, Any] = traced.request or {}
    for key, (name, kind) in _REQUEST.items():
        value: Any = request.get(key)
        if not isinstance(value, bool) and _fits(value, kind):
            found[name] = value
    choices = request.get("n")
    if isinstance(choices, int) and choices != 1:
        found["gen_ai.request.choice.count"] = choices
    stop = request.get("stop")
    if stop := [stop] if isinstance(stop, str) else _texts(stop):
        found["gen_ai.request.stop_sequences"] = stop
    if isinstance(effort := _inside(request, "reasoning", "effort"), str):
        found["gen_ai.request.reasoning.level"] = effort
    if isinstance(prompt := _inside(request, "prompt", "id"), str):
        found["gen_ai.prompt.name"] = prompt
    if isinstance(version := _inside(request, "prompt", "version"), str):
        found["gen_ai.prompt.version"] = version
    conversation = _inside(request, "conversation", "id") or request.get("conversation")
    if isinstance(conversation, str):
        found["gen_ai.conversation.id"] = conversation
    if traced.path == "/embeddings" and isinstance(form := request.get("encoding_format"), str):
        found["gen_ai.request.encoding_formats"] = [form]
    if output := _output_type(traced.path, request):
        found["gen_ai.output.type"] = output
    if provider in ("openai", "azure.ai.openai"):
        if api := _API_TYPES.get(traced.path):
            found["openai.api.type"] = api
        if isinstance(tier := request.get("service_tier"), str) and tier != "auto":
            found["openai.request.service_tier"] = tier
    return found


def _output_type(path: str, request: dict[str, Any]) -> str | None:
    for start, output in _OUTPUTS.items():
        if path.startswith(start):
            return output
    kind = _inside(request, "response_format", "type")
    text = request.get("text")
    if kind is None and isinstance(text, dict):
        kind = _inside(cast("dict[str, Any]", text), "format", "type")
    if not isinstance(kind, str):
        return None
    return "json" if kind.startswith("json") else "text" if kind == "text" else None


def answer_attributes(answer: AnswerSummary, provider: str) -> dict[str, Value]:
    """What an answer says of itself."""
    usage = answer.usage
    found: dict[str, Value | None] = {
        "gen_ai.response.id": answer.id,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": [*answer.finish_reasons] or None,
        "gen_ai.conversation.id": answer.conversation,
    }
    if usage is not None:
        found |= {
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
            "gen_ai.usage.audio.input_tokens": usage.input_audio_tokens or None,
            "gen_ai.usage.audio.output_tokens": usage.output_audio_tokens or None,
            "gen_ai.usage.image.input_tokens": usage.input_image_tokens or None,
            "gen_ai.usage.image.output_tokens": usage.output_image_tokens or None,
        }
    if provider in ("openai", "azure.ai.openai"):
        found["openai.response.service_tier"] = answer.service_tier
        found["openai.response.system_fingerprint"] = answer.system_fingerprint
    return {name: value for name, value in found.items() if value is not None}


def modalities(total: int | None, audio: int | None, image: int | None) -> dict[str, int]:
    """Tokens by modality; of what is left servers do not say what it is."""
    if total is None:
        return {"unknown": 0}
    parts = {"audio": audio or 0, "image": image or 0}
    rest = total - sum(parts.values())
    if rest < 0:  # they say things that do not add up
        return {"unknown": total}
    found = {name: count for name, count in parts.items() if count}
    return found | ({"unknown": rest} if rest or not found else {})


def _inside(value: Mapping[str, Any], name: str, key: str) -> object:
    inner = value.get(name)
    return cast("Mapping[str, object]", inner).get(key) if isinstance(inner, Mapping) else None


def _fits(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [each for each in cast("list[object]", value) if isinstance(each, str)]
