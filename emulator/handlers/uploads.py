"""`/uploads`: large files in parts, which are counted, put in order and checked."""

from ..http.errors import ApiError, not_found, wrong_value
from ..http.forms import Blob
from ..http.json_documents import Object, is_array, is_integer, member, text
from ..http.multipart import PartBegin
from ..http.response import HttpResponse
from ..store.state import StoredUpload
from .files import add
from .generic import plain
from .work import Work

_HOUR = 3600


def create(work: Work) -> HttpResponse:
    """`POST /uploads`: announce a file."""
    body, state = work.body, work.state
    created = state.now()
    document: Object = {
        "id": state.new_id("upload_", 32),
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": created,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "expires_at": created + _HOUR,
    }
    upload = StoredUpload(document, text(body["mime_type"]), body.get("expires_after"))
    state.put(state.uploads, text(document["id"]), upload)
    return HttpResponse.json(document)


def add_part(work: Work) -> HttpResponse:
    """`POST /uploads/{upload_id}/parts`."""
    upload, state = _pending(work), work.state
    if upload is None:
        return plain(work)
    name = state.new_id("part_", 32)
    upload.parts[name] = work.call.files["data"][0]
    return HttpResponse.json(
        {
            "id": name,
            "object": "upload.part",
            "created_at": state.now(),
            "upload_id": work.values["upload_id"],
        }
    )


def complete(work: Work) -> HttpResponse:
    """`POST /uploads/{upload_id}/complete`: the parts named, in their order, become a file."""
    upload, state = _pending(work), work.state
    if upload is None:
        return plain(work)
    named = work.body["part_ids"]
    names = [text(name) for name in named] if is_array(named) else []
    for name in names:
        if name not in upload.parts:
            raise ApiError(400, f"No part with id '{name}'.", param="part_ids", code="invalid_part")
    parts = [upload.parts[name] for name in names]
    document = upload.document
    expected, size = document["bytes"], sum(part.size for part in parts)
    if size != expected:
        message = f"the parts have {size} bytes, and {expected} were announced"
        raise wrong_value("part_ids", message, "upload_size_mismatch")
    blob = _joined(upload, parts, keep=not state.discard)
    wanted = text(work.body.get("md5"))
    if wanted and blob.content is not None and wanted.lower() != blob.md5.hexdigest():
        raise wrong_value("md5", "it is not the digest of the parts", "checksum_mismatch")
    facts: Object = {"purpose": document["purpose"], "status": "processed"}
    if is_integer(seconds := member(upload.expires_after, "seconds")):
        facts["expires_at"] = seconds
    document |= {"status": "completed", "file": add(state, blob, facts)}
    upload.parts.clear()
    return HttpResponse.json(document)


def _joined(upload: StoredUpload, parts: list[Blob], *, keep: bool) -> Blob:
    part = PartBegin("file", text(upload.document["filename"]), upload.mime_type)
    blob = Blob(part, keep=keep)
    for each in parts:
        if each.content is not None:
            blob.add(bytes(each.content))
        else:
            blob.size += each.size
    return blob


def cancel(work: Work) -> HttpResponse:
    """`POST /uploads/{upload_id}/cancel`."""
    upload = _pending(work)
    if upload is None:
        return plain(work)
    upload.document["status"] = "cancelled"
    upload.parts.clear()
    return HttpResponse.json(upload.document)


def _pending(work: Work) -> StoredUpload | None:
    """Return the upload of the path; `None` for one that nobody made and that may be made up."""
    name = work.values["upload_id"]
    upload = work.state.uploads.get(name)
    if upload is None and work.state.examples:
        return None
    if upload is None:
        raise not_found("upload", name, param="upload_id")
    if upload.document["status"] != "pending":
        status = upload.document["status"]
        raise ApiError(400, f"The upload '{name}' is {status}.", code="invalid_upload_status")
    return upload
