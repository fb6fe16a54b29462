"""`/models`: lists some, shows any, and forgets fine-tuned ones."""

from typing import Final

from ..http.errors import ApiError
from ..http.json_documents import Object
from ..http.response import HttpResponse
from ..requests.call import Call
from ..requests.models import exists
from ..store.state import EPOCH

_LISTED: Final = (
    "gpt-5.5",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.4-nano",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "gpt-4o-mini",
    "o3",
    "o4-mini",
    "text-embedding-3-large",
    "text-embedding-3-small",
    "text-embedding-ada-002",
    "ft:gpt-4o-mini:emulator:demo:1",
)


def list_models(call: Call) -> HttpResponse:
    """`GET /models`."""
    names = [name for name in _LISTED if name not in call.state.deleted_models]
    return HttpResponse.json({"object": "list", "data": [_model(name) for name in names]})


def retrieve(call: Call) -> HttpResponse:
    """`GET /models/{model}`."""
    return HttpResponse.json(_model(exists(call, call.path[0])))


def delete(call: Call) -> HttpResponse:
    """`DELETE /models/{model}`: fine-tuned models only."""
    name = exists(call, call.path[0])
    if not name.startswith("ft:"):
        raise ApiError(403, f"The model '{name}' is not yours to delete.", code="permission_denied")
    call.state.deleted_models.add(name)
    return HttpResponse.json({"id": name, "object": "model", "deleted": True})


def _model(name: str) -> Object:
    owner = "emulator" if name.startswith("ft:") else "system"
    return {"id": name, "object": "model", "created": EPOCH, "owned_by": owner}
