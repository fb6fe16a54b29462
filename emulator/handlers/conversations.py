"""`/conversations`: items that stay, from requests and from the responses given in them."""

from ..http.json_documents import Object, text
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .generic import forget
from .response_input import items_of, remember
from .work import Work

_CONVERSATION = "conversations:Conversation"


def create(work: Work) -> HttpResponse:
    """`POST /conversations`."""
    conversation = made_and_kept(work, work.path, "/conversations", _metadata(work))
    remember(work.state, text(conversation["id"]), items_of(work.state, work.body.get("items")))
    return HttpResponse.json(conversation)


def _metadata(work: Work) -> Object:
    return {"metadata": work.body.get("metadata") or {}}


def add_items(work: Work) -> HttpResponse:
    """`POST /conversations/{conversation_id}/items`."""
    items = items_of(work.state, work.body["items"])
    remember(work.state, work.values["conversation_id"], items)
    document: Object = {"object": "list", "data": items, "has_more": False}
    document["first_id"] = items[0]["id"] if items else ""
    document["last_id"] = items[-1]["id"] if items else ""
    return HttpResponse.json(document)


def delete_item(work: Work) -> HttpResponse:
    """`DELETE /conversations/{conversation_id}/items/{item_id}`: answers the conversation."""
    forget(work)
    name = work.values["conversation_id"]
    return HttpResponse.json(work.stored("/conversations", name, "conversation_id", _CONVERSATION))
