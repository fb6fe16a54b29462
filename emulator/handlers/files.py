"""`/files`: uploads read as they come, and what was stored of them."""

from collections.abc import Mapping
from typing import Final

from ..http.errors import ApiError, missing, no_file, unsupported_value, wrong_value
from ..http.forms import Blob
from ..http.json_documents import Object, is_integer, member, text
from ..http.response import HttpResponse
from ..requests.call import Call
from ..store.paging import page
from ..store.state import State, StoredFile

_PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")

_LINES: Final[Mapping[object, str]] = {"batch": "Batch", "fine-tune": "Fine-Tuning"}
"""Purposes of files that have a line of JSON for each request or example."""


def create(call: Call) -> HttpResponse:
    """`POST /files`: store the file of a form and answer with its object."""
    fields, blobs = call.document, call.files.get("file")
    if blobs is None:
        raise missing("file")
    purpose = fields.get("purpose")
    if purpose is None:
        raise missing("purpose")
    if purpose not in _PURPOSES:
        raise unsupported_value("purpose", purpose, _PURPOSES)
    state, blob = call.state, blobs[0]
    if purpose in _LINES and not blob.filename.endswith(".jsonl"):
        raise ApiError(400, f"Invalid file format for {_LINES[purpose]} API. Must be .jsonl")
    document: Object = {"purpose": purpose, "status": "processed"}
    if seconds := text(member(fields, "expires_after", "seconds")):
        if not (seconds.isdecimal() and 3600 <= int(seconds) <= 2_592_000):
            raise wrong_value("expires_after[seconds]", "it is not from 3600 to 2592000")
        document["expires_at"] = int(seconds)
    return HttpResponse.json(add(state, blob, document))


def add(state: State, blob: Blob, document: Object) -> Object:
    """Store what was uploaded, and return its object. `expires_at` is counted from now on."""
    created = state.now()
    if is_integer(seconds := document.get("expires_at")):
        document = {**document, "expires_at": created + seconds}
    name = state.new_id("file-", 24)
    stored: Object = {
        "id": name,
        "object": "file",
        "bytes": blob.size,
        "created_at": created,
        "filename": blob.filename,
        **document,
    }
    content = None if state.discard else blob.content
    state.put(state.files, name, StoredFile(stored, content, blob.sha256.hexdigest()))
    return stored


def _stored(call: Call) -> StoredFile:
    found = call.state.files.get(call.path[0])
    if found is None:
        raise no_file(call.path[0], "id")
    return found


def list_files(call: Call) -> HttpResponse:
    """`GET /files`, by `purpose`, the newest first unless asked otherwise."""
    purpose = call.head.query.get("purpose")
    rows = [
        stored.document
        for stored in call.state.files.values()
        if purpose in (None, stored.document["purpose"])
    ]
    return HttpResponse.json(page(rows, call.head, limit=10_000, most=10_000, order="desc"))


def retrieve(call: Call) -> HttpResponse:
    """`GET /files/{file_id}`."""
    return HttpResponse.json(_stored(call).document)


def delete(call: Call) -> HttpResponse:
    """`DELETE /files/{file_id}`."""
    _stored(call)
    del call.state.files[call.path[0]]
    return HttpResponse.json({"id": call.path[0], "object": "file", "deleted": True})


def content(call: Call) -> HttpResponse:
    """`GET /files/{file_id}/content`."""
    stored = _stored(call)
    if stored.content is None:
        raise ApiError(
            404, f"Of the file '{call.path[0]}' only the digest was kept.", code="content_discarded"
        )
    name = str(stored.document["filename"]).replace("\\", "").replace('"', "")
    name = name.encode("ascii", "replace").decode()
    fields = (
        ("content-type", "application/octet-stream"),
        ("content-disposition", f'attachment; filename="{name}"'),
        ("x-content-sha256", stored.sha256),
    )
    return HttpResponse(headers=fields, body=stored.content)
