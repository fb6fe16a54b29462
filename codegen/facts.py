"""Writes `tests/facts`: what tests must know without the description: methods, helpers, events."""

import json
from collections.abc import Sequence
from typing import Final

from .areas import Area
from .description import Description, Method
from .nodes import Ref
from .plan import Types
from .sockets import SPEAKERS

EVENTS: Final = {
    "AgentSessionEvent": "agent_session_events",
    "AssistantStreamEvent": "assistant_stream_events",
    "BetaResponseStreamEvent": "beta_response_stream_events",
    "ImageEditStreamEvent": "image_edit_stream_events",
    "ImageGenStreamEvent": "image_generation_stream_events",
    "ResponseStreamEvent": "response_stream_events",
    "SpeechStreamEvent": "speech_stream_events",
    "TranscriptionStreamEvent": "transcription_stream_events",
    "UnwrapWebhookEvent": "unwrap_webhook_events",
}
"""What `events.json` calls the unions that methods stream, by our names."""


def text(description: Description, areas: Sequence[Area]) -> str:
    """Return the methods of `areas` as JSON, one in each line."""
    names = {area.name for area in areas}
    rows = [
        json.dumps(_row(each))
        for each in description.methods
        if each.area in names and each.alias_of is None
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def helpers(description: Description) -> str:
    """Return the methods that are more than one request as JSON, one in each line."""
    rows = [
        json.dumps({"client": client, "params": list(names)})
        for client, names in description.helpers
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def events(description: Description, models: Types) -> str:
    """Return the events of each union that is streamed or said in a session, one union in each line."""
    known = description.events_by_union
    places = {name: place for place, name in models.names.items() if name in EVENTS}
    found = {
        _shown(models, Ref(places[name])): known[source]
        for name, source in EVENTS.items()
        if source in known and name in places
    }
    for socket in description.sockets:
        for speaker in SPEAKERS:
            node = models.roots.get(f"{socket.client}:{speaker}")
            if isinstance(node, Ref):
                found[_shown(models, node)] = socket.kinds[speaker]
    rows = [f"{json.dumps(name)}: {json.dumps(sorted(kinds))}" for name, kinds in found.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _shown(models: Types, node: Ref) -> str:
    """A type as the codec takes it: `chat:ChatCompletionChunk`."""
    return f"{models.homes[node.place]}:{models.names[node.place]}"


def _row(method: Method) -> dict[str, object]:
    return {
        "client": method.client,
        "aliases": list(method.aliases),
        "method": method.verb,
        "path": method.sent,
        "params": [
            {"name": each.name, "in": each.where, "required": each.required}
            | ({"positional": True} if each.positional else {})
            for each in method.params
        ],
        "answer": "bytes" if method.binary else method.answer,
        "events": method.events,
        "page": method.page,
        "multipart": method.multipart,
        "files": list(method.files),
        "headers": dict(method.headers),
        "fields": dict(method.dynamic),
        "admin": method.admin,
    }
