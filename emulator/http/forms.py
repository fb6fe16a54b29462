"""Bodies that are forms: read as they come, and made into a document and files."""

import re
from collections.abc import Iterable
from hashlib import md5, sha256
from typing import Final

from ...core.http.multipart import guess_type
from ...core.terms.sentinels import END, NEED_DATA
from .errors import ApiError
from .json_documents import Object, is_array, is_object
from .multipart import FormError, FormReader, PartBegin, PartData, boundary_of

_MOST_TEXT: Final = 32 * 1024 * 1024
_MOST_PARTS: Final = 10_000
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")


class Blob:
    """A file in a form; `content` is None when the emulator keeps only digests."""

    def __init__(self, part: PartBegin, *, keep: bool) -> None:
        self.filename = part.filename or "upload"
        self.content_type = part.content_type or guess_type(self.filename)
        self.content: bytearray | None = bytearray() if keep else None
        self.size = 0
        self.sha256 = sha256()
        self.md5 = md5(usedforsecurity=False)

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self.sha256.update(data)
        self.md5.update(data)
        if self.content is not None:
            self.content += data


class Form:
    """A multipart body while it arrives: parts with a file's name, or in `files`, are files."""

    def __init__(self, content_type: str, files: Iterable[str] = (), *, keep: bool = True) -> None:
        try:
            self._reader = FormReader(boundary_of(content_type))
        except FormError as error:
            raise ApiError(400, f"Could not read the body: {error}.") from None
        self._names = frozenset(files)
        self._keep = keep
        self._fields: list[tuple[str, bytearray]] = []
        self._field: bytearray | None = None
        self._parts = 0
        self._text = 0
        self.files: dict[str, list[Blob]] = {}
        self._blob: Blob | None = None

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
        self._field = self._blob = None
        self._parts += 1
        if self._parts > _MOST_PARTS:
            message = f"The form has more than {_MOST_PARTS} parts."
            raise ApiError(413, message, code="body_too_large")
        name = _STEP.sub("", part.name)
        if part.filename is None and part.name.removesuffix("[]") not in self._names:
            self._field = bytearray()
            self._fields.append((part.name, self._field))
            return
        self._blob = Blob(part, keep=self._keep)
        self.files.setdefault(name, []).append(self._blob)

    def _add(self, data: bytes) -> None:
        if self._blob is not None:
            self._blob.add(data)
        elif self._field is not None:
            self._field += data
            self._text += len(data)
            if self._text > _MOST_TEXT:
                message = f"The fields of the form are longer than {_MOST_TEXT} bytes."
                raise ApiError(413, message, code="body_too_large")

    def document(self) -> Object:
        """Return the fields, all of them texts, nested as their names say."""
        return nested((name, value.decode("utf-8", "replace")) for name, value in self._fields)


def nested(pairs: Iterable[tuple[str, str]]) -> Object:
    """Make a document of names in brackets: `a[b]` is in an object, `a[]` in an array."""
    document: Object = {}
    for name, value in pairs:
        first, *steps = name.partition("[")[0], *_STEP.findall(name)
        _put(document, first, steps, value)
    return document


def _put(into: Object, name: str, steps: list[str], value: str) -> None:
    if not steps:
        into[name] = value
        return
    step, *rest = steps
    if step == "":
        items = into.setdefault(name, [])
        if is_array(items):
            if not rest:
                items.append(value)
                return
            last = items[-1] if items else None
            # A key that the last object of the array has already begins the next one.
            if not is_object(last) or rest[0] in last:
                following: Object = {}
                items.append(following)
                last = following
            _put(last, rest[0], rest[1:], value)
        return
    inner = into.setdefault(name, {})
    if is_object(inner):
        _put(inner, step, rest, value)
