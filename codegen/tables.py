"""Facts that the description lacks, and choices that cannot be derived: each table says why."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from .description import Schema, Side

NAMES_FILE: Final = Path(__file__).with_name("names.json")
EXPORTS_FILE: Final = Path(__file__).with_name("exports.json")


Source = Literal["endpoints", "sessions"]
SOURCES: Final[tuple[Source, ...]] = ("endpoints", "sessions")
ByPlace = dict[str, list[str]]
"""The SDK's classes by place, as `module.Class`."""


@cache
def names_file() -> dict[Source, dict[Side, ByPlace]]:
    """What endpoints and sessions say of the SDK's names; see `codegen.align`."""
    found: dict[Source, dict[Side, ByPlace]] = json.loads(NAMES_FILE.read_text())
    return found


@cache
def sdk_names() -> dict[Side, ByPlace]:
    """All of the SDK's classes by place."""
    found: dict[Side, ByPlace] = {"request": {}, "response": {}}
    for source in SOURCES:
        for side, places in names_file()[source].items():
            for place, classes in places.items():
                known = found[side].setdefault(place, [])
                known += [each for each in classes if each not in known]
    return found


@cache
def sdk_spelling() -> dict[str, str]:
    """The names that the SDK's packages export, by their letters: `apikeylistparams`."""
    packages: dict[str, dict[str, str]] = json.loads(EXPORTS_FILE.read_text())["packages"]
    return {name.lower(): name for names in packages.values() for name in names}


def is_main(path: str) -> bool:
    """Whether a class is the one that its file is named after."""
    *_, file, name = path.split(".")
    return file.replace("_", "").lower() == name.lower()


OWN_NAMES: Final[dict[str, str]] = {"ModelIdsShared": "ChatModel"}
"""Names that the SDK has for schemas, and that `codegen.align` cannot find."""

WITHOUT_DRIFT: Final = frozenset({"InputContent"})
"""Schemas that the SDK widens for one area only (graders take `output_text` and audio there)."""

RESERVED: Final = frozenset(
    {"Any", "Given", "Literal", "NULL", "Open", "Required", "Tag", "TypeAlias"}
)
"""Names that generated modules import."""

MODEL_METHODS: Final = {
    "AgentSessionAssistantMessage": "MessageText",
    "AgentSessionMessage": "MessageText",
    "BetaResponse": "OutputText",
    "Embedding": "Vector",
    "EmbeddingBase64": "Vector",
    "Response": "OutputText",
}
"""Classes in `core/json/model_methods.py` that are the bases of generated ones, by schema."""

_SDK_NAMES: Final = {"schema": "schema_", "model_name": "run_model_name"}


def sdk_name(field: str) -> str | None:
    """What the official SDK calls a field whose name pydantic has for something else."""
    other = f"api_{field}" if field.startswith("model_") else None
    return _SDK_NAMES.get(field, other)


ACCEPTS: Final[dict[str, tuple[str, ...]]] = {
    "ChatCompletionRequestAssistantMessage": ("ChatCompletionResponseMessage",),
    "InputItem": ("OutputItem", "ItemResource", "ItemField"),
}
"""Schemas whose objects may be sent where another is asked for: answers given back as input."""

_BILLING: Final = {"type": "object", "properties": {"payer": {"type": "string"}}}
_SECURITY: Final = {"sip_media_security": {"type": "string"}}
_SEEN: Final[dict[str, dict[str, Schema]]] = {
    "Error": {"misalignment": {"$ref": "#/components/schemas/ResponseErrorMisalignment"}},
    "Response": {
        "billing": _BILLING,
        "frequency_penalty": {"type": "number"},
        "presence_penalty": {"type": "number"},
        "store": {"type": "boolean"},
    },
    "WebhookLiveCallIncoming.data": _SECURITY,
    "WebhookRealtimeCallIncoming.data": _SECURITY,
}
_DELTAS: Final = re.compile(r"(Beta)?Response\w+Delta(Streaming)?Event").fullmatch


def seen(place: str) -> dict[str, Schema]:
    """Fields that answers have, and no file describes at this place. They are optional.

    Without them every such answer would take the slow way of the codec. `obfuscation` is in all
    deltas by default (see `include_obfuscation`), and described in chunks of a chat only.
    """
    return {"obfuscation": {"type": "string"}} if _DELTAS(place) else _SEEN.get(place, {})


OPTIONAL: Final[dict[str, frozenset[str]]] = {
    "OutputTextContent": frozenset({"logprobs"}),
    "BetaOutputTextContent": frozenset({"logprobs"}),
}
"""Fields that the description demands, and that answers do without, as the official SDK does."""

WIDER: Final[dict[str, dict[str, str]]] = {
    "CreateCompletionResponse.choices[].finish_reason": {"type": "null"},
}
"""What places may hold besides what the description says: no reason to finish in a chunk of a
stream before the last."""

_ENDS: Final = ("response.completed", "response.failed", "response.incomplete", "error")
STREAMS: Final[dict[str, dict[str, object]]] = {
    "ChatCompletionChunk": {"finish_reasons": True},
    "Completion": {"finish_reasons": True},
    "ResponseStreamEvent": {"terminal": _ENDS},
    "BetaResponseStreamEvent": {"terminal": _ENDS},
    "TranscriptionStreamEvent": {"terminal": ("transcript.text.done",)},
    "SpeechStreamEvent": {"terminal": ("speech.audio.done",)},
    "ImageGenStreamEvent": {"last": ("image_generation.completed",)},  # one for each of `n` images
    "ImageEditStreamEvent": {"last": ("image_edit.completed",)},
    "AssistantStreamEvent": {"named": True},
    "AgentSessionEvent": {"may_just_end": True, "reports_errors": True},  # goes on over all turns
}
"""What is known of streams beside the type of their events, by the name of that: the fields of
`EventsAnswer`. Runs of assistants end with `[DONE]` and nothing else.
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a method answers to some values of a parameter."""

    suffix: str
    """Ends the name of its function; empty for what is answered by default."""
    values: tuple[str, ...]
    kind: Literal["json", "text", "bytes", "events"]
    name: str = ""
    """The SDK's name of the type, or ours where it has none."""
    schema: str = ""


CHOICES: Final[dict[str, tuple[str, tuple[Answered, ...]]]] = {
    "embeddings.create": (
        "encoding_format",
        (
            Answered("", ("float",), "json", "CreateEmbeddingResponse", "CreateEmbeddingResponse"),
            Answered(
                "base64",
                ("base64",),
                "json",
                "CreateEmbeddingResponseBase64",
                "CreateEmbeddingResponseBase64",
            ),
        ),
    ),
    "audio.speech.create": (
        "stream_format",
        (
            Answered("", ("audio",), "bytes"),
            Answered(
                "stream",
                ("sse",),
                "events",
                "SpeechStreamEvent",
                "CreateSpeechResponseStreamEvent",
            ),
        ),
    ),
    "audio.transcriptions.create": (
        "response_format",
        (
            Answered("", ("json",), "json", "Transcription", "CreateTranscriptionResponseJson"),
            Answered(
                "verbose",
                ("verbose_json",),
                "json",
                "TranscriptionVerbose",
                "CreateTranscriptionResponseVerboseJson",
            ),
            Answered(
                "diarized",
                ("diarized_json",),
                "json",
                "TranscriptionDiarized",
                "CreateTranscriptionResponseDiarizedJson",
            ),
            Answered("text", ("text", "srt", "vtt"), "text"),
        ),
    ),
    "audio.translations.create": (
        "response_format",
        (
            Answered("", ("json",), "json", "Translation", "CreateTranslationResponseJson"),
            Answered(
                "verbose",
                ("verbose_json",),
                "json",
                "TranslationVerbose",
                "CreateTranslationResponseVerboseJson",
            ),
            Answered("text", ("text", "srt", "vtt"), "text"),
        ),
    ),
}
"""Methods whose answer depends on a parameter. The description lists the answers, not the values."""

_DEPRECATED: Final = {
    "beta.assistants.": "ASSISTANTS",
    "beta.threads.": "ASSISTANTS",
    "videos.": "VIDEOS",
    "audio.translations.create": "OTHER",
    "images.create_variation": "OTHER",
    "files.retrieve_content": "FORMER",
    "fine_tuning.checkpoints.permissions.retrieve": "FORMER",
}
"""What the official SDK warns of, by the beginnings of methods: names of `client.binding.deprecated`."""


def deprecation(client: str) -> str | None:
    """The name of the words that a method warns with, if it does."""
    return next((words for begin, words in _DEPRECATED.items() if client.startswith(begin)), None)


_COMPACTION: Final = ("compaction", "async")
_TARGET: Final = ("target", "new_session", "agent", *_COMPACTION)
RESPELLED: Final[dict[str, tuple[str, ...]]] = {
    "beta.agents.create": _COMPACTION,
    "beta.agents.update": _COMPACTION,
    "beta.agents.sessions.create": ("agent", *_COMPACTION),
    "beta.agents.automations.create": _TARGET,
    "beta.agents.automations.update": _TARGET,
}
"""Where callers may write `async_` for a key that is a word of Python's, as in the official SDK."""

RESPELLED_IN: Final = "compaction"
"""How the places of the objects with such a key end."""

JSON_WITHOUT_FILES: Final = frozenset(
    {"containers.files.create", "skills.create", "skills.versions.create"}
)
"""Methods with a multipart body that send JSON where no file is given: both are described."""

HELPERS: Final[dict[str, str]] = {
    "chat.completions": "CompletionsHelpers",
    "responses": "ResponsesHelpers",
    "files": "FilesHelpers",
    "uploads": "UploadsHelpers",
    "videos": "VideosHelpers",
    "vector_stores.files": "FilesHelpers",
    "vector_stores.file_batches": "FileBatchesHelpers",
    "webhooks": "WebhooksHelpers",
    "realtime": "RealtimeHelpers",
    "realtime.translations": "TranslationsHelpers",
    "live": "LiveHelpers",
    "live.sideband": "SidebandHelpers",
    "live.forks": "ForksHelpers",
    "beta.realtime": "RealtimeHelpers",
    "beta.responses": "ResponsesHelpers",
    "beta.threads": "ThreadsHelpers",
    "beta.threads.runs": "RunsHelpers",
    "beta.agents.environments.files": "FilesHelpers",
    "beta.agents.sessions": "SessionsHelpers",
    "beta.agents.sessions.artifacts": "ArtifactsHelpers",
}
"""Methods written by hand, by resource: a class `X(Resource[M])` in `client/tree/helpers/<module>.py`,
which becomes the base of the generated one."""

PARTS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "chat.completions.create:request": ("CompletionParseParams", frozenset({"response_format"})),
    "embeddings.create:request": ("EmbeddingCreateParamsBase", frozenset({"encoding_format"})),
    "audio.speech.create:request": ("SpeechCreateParamsBase", frozenset({"stream_format"})),
    "audio.transcriptions.create:request": (
        "TranscriptionCreateParamsBase",
        frozenset({"response_format"}),
    ),
    "audio.translations.create:request": (
        "TranslationCreateParamsBase",
        frozenset({"response_format"}),
    ),
}
"""Keywords written as two classes: a base of this name, and one with the rest of the fields.

Functions that take the rest with types of their own take the base: methods written by hand, and
those in `CHOICES`.
"""

_PARSED_CHAT: Final = ("ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice")
_PARSED_CALL: Final = ("ParsedFunction", "ParsedFunctionToolCall")
_PARSED_RESPONSE: Final = (
    "ParsedContent",
    "ParsedResponse",
    "ParsedResponseFunctionToolCall",
    "ParsedResponseOutputItem",
    "ParsedResponseOutputMessage",
    "ParsedResponseOutputText",
)
_RECONNECTING: Final = ("ReconnectingEvent", "ReconnectingOverrides")
_CONNECTING: Final = ("SyncWebSocketConnectionOptions", "WebSocketConnectionOptions")
BY_HAND: Final[dict[str, tuple[str, str]]] = {
    f"{module}.{name}": (home, name)
    for home, module, names in (
        ("core.structured.parsed_chat", "chat.parsed_chat_completion", _PARSED_CHAT),
        ("core.structured.parsed_chat", "chat.parsed_function_tool_call", _PARSED_CALL),
        ("core.structured.parsed_responses", "responses.parsed_response", _PARSED_RESPONSE),
        ("core.api.session_options", "websocket_reconnection", _RECONNECTING),
        ("core.api.session_options", "websocket_connection_options", _CONNECTING),
    )
    for name in names
}
"""Types of the SDK that are written by hand here, by definition: the module and the name."""

ALONE: Final[dict[str, tuple[str, str]]] = {
    "BetaResponseItemList": (
        "beta_responses",
        "beta.responses.beta_response_item_list.BetaResponseItemList",
    ),
    "ResponseFormatTextGrammar": (
        "evals",
        "shared.response_format_text_grammar.ResponseFormatTextGrammar",
    ),
    "ResponseFormatTextPython": (
        "evals",
        "shared.response_format_text_python.ResponseFormatTextPython",
    ),
    "ResponseItemList": ("responses", "responses.response_item_list.ResponseItemList"),
    "SafetyIdentifierBlockedWebhookEvent": (
        "webhooks",
        "webhooks.safety_identifier_blocked_webhook_event.SafetyIdentifierBlockedWebhookEvent",
    ),
    "SkillListResource": ("skills", "skill_list.SkillList"),
    "SkillVersionListResource": ("skills", "skills.skill_version_list.SkillVersionList"),
    "ThreadItemListResource": (
        "beta_chatkit",
        "beta.chatkit.chatkit_thread_item_list.ChatKitThreadItemList",
    ),
    "WebhookEndpointList": (
        "webhooks",
        "webhooks.webhook_endpoint_list.WebhookEndpointList",
    ),
}
"""Schemas that nothing is answered as, and that the SDK has a class for: whole pages, which are a
`Page` here, and what only people use. With the area that it goes to."""

_CREATE: Final = "decision_create_params.InputUnionMember1DecisionInput"
_MESSAGE: Final = "decision_input_message_param.DecisionInput"
_BROWSER: Final = {
    f"beta.agent_browser_{file}_param.{name}Param": f"beta.agent_browser_{file}_param_param.{name}ParamParam"
    for file, name in (
        ("authentication_cancel", "AgentBrowserAuthenticationCancel"),
        ("authentication_submit", "AgentBrowserAuthenticationSubmit"),
        ("origin_access", "AgentBrowserOriginAccess"),
    )
}
AGAIN: Final[dict[str, str]] = {
    **_BROWSER,
    **{
        f"{_MESSAGE}{role}Message": f"{_CREATE}{role}Message"
        for role in ("Assistant", "Developer", "System", "User")
    },
    f"{_MESSAGE}MessageParam": f"{_CREATE}UserMessage",
    "realtime.realtime_tools_config_union_param.Mcp": "realtime.realtime_tools_config_param.Mcp",
}
"""Definitions of the SDK that are written there twice, and the one that a method takes."""
