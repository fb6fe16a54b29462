"""`/files`: uploads read as they come, and what was stored of them."""

from hashlib import sha256
from typing import Final

from ...core.sentinels import END, NEED_DATA
from .errors import ApiError, missing, not_found, wrong_value
from .exchange import Call, Reply
from .multipart import FormError, FormReader, PartBegin, PartData, boundary_of
from .paging import page
from .state import State, StoredFile

_PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_MOST_FIELD: Final = 64 * 1024


class Upload:
    """One `POST /files` while its body arrives."""

    def __init__(self, state: State, content_type: str) -> None:
        self._state = state
        try:
            self._reader = FormReader(boundary_of(content_type))
        except FormError as error:
            raise ApiError(400, f"Could not read the body: {error}.") from None
        self._fields: dict[str, bytearray] = {}
        self._field: bytearray | None = None
        self._filename: str | None = None
        self._content = bytearray()
        self._hash = sha256()
        self._size = 0

    def receive_data(self, data: bytes) -> None:
        """Take the next bytes of the body, `b""` at its end; `ApiError` when it is no form."""
        self._reader.receive_data(data)
        try:
            while (event := self._reader.next_event()) is not NEED_DATA:
                if event is END:
                    return
                if isinstance(event, PartBegin):
                    self._begin(event)
                elif isinstance(event, PartData):
                    self._add(event.data)
        except FormError as error:
            raise ApiError(400, f"Could not read the form: {error}.") from None

    def _begin(self, part: PartBegin) -> None:
        if part.name == "file":
            self._field = None
            self._filename = part.filename or "upload"
        else:
            self._field = self._fields[part.name] = bytearray()

    def _add(self, data: bytes) -> None:
        if self._field is not None:
            self._field += data
            if len(self._field) > _MOST_FIELD:
                raise ApiError(400, f"A field of the form is longer than {_MOST_FIELD} bytes.")
            return
        self._size += len(data)
        self._hash.update(data)
        if not self._state.discard:
            self._content += data

    def finish(self) -> Reply:
        """Store the file and answer with its object."""
        if self._filename is None:
            raise missing("file")
        fields = {name: value.decode("utf-8", "replace") for name, value in self._fields.items()}
        purpose = fields.get("purpose")
        if purpose is None:
            raise missing("purpose")
        if purpose not in _PURPOSES:
            raise wrong_value("purpose", f"'{purpose}' is none of {', '.join(_PURPOSES)}")
        state = self._state
        document: dict[str, object] = {
            "id": state.new_id("file-", 24),
            "object": "file",
            "bytes": self._size,
            "created_at": (created := state.now()),
            "filename": self._filename,
            "purpose": purpose,
            "status": "processed",
        }
        if seconds := fields.get("expires_after[seconds]"):
            if not (seconds.isdecimal() and 3600 <= int(seconds) <= 2_592_000):
                raise wrong_value("expires_after[seconds]", "it is not from 3600 to 2592000")
            document["expires_at"] = created + int(seconds)
        content = None if state.discard else self._content
        name = str(document["id"])
        state.put(state.files, name, StoredFile(document, content, self._hash.hexdigest()))
        return Reply.json(document)


def _stored(call: Call) -> StoredFile:
    found = call.state.files.get(call.path[0])
    if found is None:
        raise not_found("file", call.path[0], param="id")
    return found


def list_files(call: Call) -> Reply:
    """`GET /files`, by `purpose`, the newest first unless asked otherwise."""
    purpose = call.head.query.get("purpose")
    rows = [
        stored.document
        for stored in call.state.files.values()
        if purpose in (None, stored.document["purpose"])
    ]
    return Reply.json(page(rows, call.head, limit=10_000, most=10_000, order="desc"))


def retrieve(call: Call) -> Reply:
    """`GET /files/{file_id}`."""
    return Reply.json(_stored(call).document)


def delete(call: Call) -> Reply:
    """`DELETE /files/{file_id}`."""
    _stored(call)
    del call.state.files[call.path[0]]
    return Reply.json({"id": call.path[0], "object": "file", "deleted": True})


def content(call: Call) -> Reply:
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
    return Reply(headers=fields, body=stored.content)
