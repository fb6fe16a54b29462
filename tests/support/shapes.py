"""A small API with one endpoint of each kind, so that tests of how calls run need no generated code."""

from typing import Any

from api_openai.core.json.model import Model
from api_openai.core.request.answer_kinds import BytesAnswer, EventsAnswer, JsonAnswer, PageAnswer
from api_openai.core.request.blueprint import Blueprint


class Choice(Model):
    """One choice of a chunk."""

    delta: str | None = None
    finish_reason: str | None = None


class Chunk(Model):
    """An event of a chat stream, which `[DONE]` ends."""

    choices: list[Choice]


class Step(Model):
    """An event of a stream that ends with one of its own events."""

    type: str
    text: str | None = None


class Reply(Model):
    """What a chat answers."""

    id: str
    text: str | None = None


class Item(Model):
    """An item of a list."""

    id: str


CHAT = Blueprint(
    name="chat.create",
    method="POST",
    path="/chat",
    answer=JsonAnswer(Reply),
    events=EventsAnswer(Chunk, finish_reasons=True),
    body=("model", "messages", "stream", "user"),
    required=("model",),
)
RESPOND = Blueprint(
    name="responses.create",
    method="POST",
    path="/responses",
    answer=JsonAnswer(Reply),
    events=EventsAnswer(Step, ("response.completed", "response.failed")),
    body=("model", "input", "stream"),
    required=("model",),
)
RETRIEVE = Blueprint(
    name="items.retrieve",
    method="GET",
    path="/items/{item_id}",
    answer=JsonAnswer(Item),
    query=("include",),
    safe=True,
)
LIST = Blueprint(
    name="items.list",
    method="GET",
    path="/items",
    answer=PageAnswer("CursorPage", Item),
    query=("after", "limit"),
    safe=True,
)
UPLOAD = Blueprint(
    name="files.create",
    method="POST",
    path="/files",
    answer=JsonAnswer(Item),
    body=("file", "purpose"),
    required=("file", "purpose"),
    multipart=True,
    files=("file",),
)
DOWNLOAD = Blueprint(
    name="files.content",
    method="GET",
    path="/files/{file_id}/content",
    answer=BytesAnswer(),
    safe=True,
)


def delta(text: str, finish: str | None = None) -> dict[str, Any]:
    """An event of a chat stream."""
    return {"choices": [{"delta": text, "finish_reason": finish}]}
