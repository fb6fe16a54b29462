"""Schemas that no file has as they are here: what follows from others, and what the SDK alone says."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from .naming import camel

if TYPE_CHECKING:
    from .description import Schema

_REF: Final = "#/components/schemas/"
_TEXT: Final = {"type": "string"}

BETA_EVENTS: Final = {
    "conversation.created": "RealtimeServerEventConversationCreated",
    "output_audio_buffer.cleared": "RealtimeServerEventOutputAudioBufferCleared",
    "output_audio_buffer.started": "RealtimeServerEventOutputAudioBufferStarted",
    "output_audio_buffer.stopped": "RealtimeServerEventOutputAudioBufferStopped",
    "response.audio.delta": "RealtimeBetaServerEventResponseAudioDelta",
    "response.audio.done": "RealtimeBetaServerEventResponseAudioDone",
    "response.audio_transcript.delta": "RealtimeBetaServerEventResponseAudioTranscriptDelta",
    "response.audio_transcript.done": "RealtimeBetaServerEventResponseAudioTranscriptDone",
    "response.text.delta": "RealtimeBetaServerEventResponseTextDelta",
    "response.text.done": "RealtimeBetaServerEventResponseTextDone",
}
"""What a server of the beta of realtime says besides, by type. The description has some of these
events under the types that they have had since: both are right."""


def added(schemas: dict[str, "Schema"]) -> dict[str, "Schema"]:
    """Return the schemas that are to stand beside `schemas`, or in their place."""
    return dict(
        [*_embeddings(schemas), *_beta_events(schemas), *_references(schemas), *_webhooks()]
    )


Added = Iterator[tuple[str, "Schema"]]


def _embeddings(schemas: dict[str, "Schema"]) -> Added:
    """Embeddings asked for in base64."""
    rows = {"type": "array", "items": {"$ref": f"{_REF}EmbeddingBase64"}}
    yield "EmbeddingBase64", _with(schemas["Embedding"], embedding=_TEXT)
    yield "CreateEmbeddingResponseBase64", _with(schemas["CreateEmbeddingResponse"], data=rows)


def _beta_events(schemas: dict[str, "Schema"]) -> Added:
    """Events that have two types."""
    for kind, name in BETA_EVENTS.items():
        known: list[str] = schemas[name]["properties"]["type"]["enum"]
        if kind not in known:
            kinds = {"type": "string", "enum": [kind, *known]}
            yield name, _with(schemas[name], type=kinds)


def _references(schemas: dict[str, "Schema"]) -> Added:
    """Items of a session that the input of a response names."""
    properties: Schema = {"id": _TEXT, "type": {"const": "item_reference"}}
    name, reference = _of_sdk("realtime.response_item_reference", properties, "id type")
    yield name, reference
    response = schemas["RealtimeResponseCreateParams"]
    items = response["properties"]["input"]["items"]
    wider = {"type": "array", "items": {"anyOf": [items, {"$ref": f"{_REF}{name}"}]}}
    yield "RealtimeResponseCreateParams", _with(response, input=wider)


def _webhooks() -> Added:
    """A webhook of which the SDK has the class, and no list has the type; the list of endpoints."""
    may_be_null = {"anyOf": [_TEXT, {"type": "null"}]}
    properties: Schema = {
        "object": {"const": "list"},
        "data": {"type": "array", "items": {"$ref": f"{_REF}WebhookEndpoint"}},
        "first_id": may_be_null,
        "last_id": may_be_null,
        "has_more": {"type": "boolean"},
    }
    yield _of_sdk("webhooks.webhook_endpoint_list", properties, "object data has_more")
    texts = ("safety_category", "safety_identifier", "model", "project_id", "request_id")
    data = {
        "type": "object",
        "properties": dict.fromkeys(texts, _TEXT),
        "required": ["safety_category", "safety_identifier"],
    }
    properties = {
        "id": _TEXT,
        "created_at": {"type": "integer"},
        "data": data,
        "type": {"const": "safety_identifier.blocked"},
        "object": {"const": "event"},
    }
    module = "webhooks.safety_identifier_blocked_webhook_event"
    yield _of_sdk(module, properties, "id created_at data type")


def _of_sdk(module: str, properties: "Schema", required: str) -> tuple[str, "Schema"]:
    """The schema of the class that a module of the SDK is named after."""
    name = camel(module.rpartition(".")[2])
    found = {"type": "object", "properties": properties, "required": required.split()}
    return name, {**found, "x-sdk": f"{module}.{name}"}


def _with(schema: "Schema", **properties: Any) -> "Schema":
    return {**schema, "properties": {**schema["properties"], **properties}}
