"""Uploads large files in parts.

A part is read from the disk while it is sent, so that memory holds a few hundred kilobytes of it,
whatever the size of the file and of the parts, and however many are under way.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from ..terms.omit import omit
from .ids import id_of
from .polling import keep, shared

if TYPE_CHECKING:
    from typing import IO, Literal, Unpack

    from ..api.params.files import ExpiresAfter
    from ..api.types.uploads import Upload
    from ..http.body import Body, PathLike
    from ..http.body_readers import Seekable
    from ..request.options import Options
    from ..terms.omit import Omit
    from .caller import Caller

PART_SIZE: Final = 64 * 1024 * 1024
"""Bytes; the API takes no larger parts."""


class UploadProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an upload has come: what an error of `upload_file_chunked` has as `progress`.

    Given back as `resume=`, the upload goes on with the parts that are missing. The server keeps
    it until `upload.expires_at`, and does not bill it; `uploads.cancel(upload.id)` ends it.
    """

    upload: Upload
    part_size: int
    part_ids: tuple[str | None, ...]
    """The id of each part in the order of the file; `None` for one that is not known to be there.
    """


async def upload_file_chunked(
    caller: Caller,
    *,
    file: PathLike | bytes | bytearray | memoryview | IO[bytes],
    mime_type: str,
    purpose: Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"],
    filename: str | None = None,
    bytes: int | None = None,
    part_size: int | None = None,
    md5: str | Omit = omit,
    expires_after: ExpiresAfter | Omit = omit,
    parallel: int = 1,
    resume: UploadProgress | None = None,
    **options: Unpack[Options],
) -> Upload:
    """Upload a file in parts: `POST /uploads`, its `parts`, and `complete`.

    `file` is a `pathlib.Path`, bytes (which need a `filename`), or a binary file object that can
    seek, sent from its beginning. `bytes` is its size, if it is to be checked. Parts have
    `part_size` bytes (64 MiB), and `parallel` of them are sent at once; a file object has one
    position and cannot be read so. `md5` is the hex digest of the whole.

    Nothing is undone when a call fails: its error has an `UploadProgress` as `progress`, which
    `resume` takes, and a file object stands where it stood. `extra_headers`, `extra_query` and
    `timeout` go with each of the calls, `extra_body` with the first. Raises `TypeError` and
    `ValueError`, before anything is sent, for a file that has no size, no bytes or another size
    than `bytes`; `LocalProtocolError` for one that changes while it is sent.
    """
    from ..api.operations import uploads as operations

    size = PART_SIZE if part_size is None else _count("part_size", part_size)
    common = shared(options)
    source = await _source(caller, file, filename)
    _check(source, bytes, _count("parallel", parallel))
    if resume is None:
        if "extra_body" in options:
            first: Options = {**common, "extra_body": options["extra_body"]}
        else:
            first = common
        upload = await caller.perform(
            operations.create(
                bytes=source.total,
                filename=source.filename,
                mime_type=mime_type,
                purpose=purpose,
                expires_after=expires_after,
                **first,
            )
        )
        part_ids: list[str | None] = [None] * -(-source.total // size)
    else:
        upload, size, part_ids = resume.upload, resume.part_size, [*resume.part_ids]
        if len(part_ids) != -(-source.total // size) or upload.bytes != source.total:
            raise ValueError(
                f"resume: the upload is of {upload.bytes} bytes, and the file has {source.total}"
            )

    async def send(number: int) -> None:
        start = number * size
        body = source.part(start, min(size, source.total - start))
        part = await caller.perform(operations.parts_create(id_of(upload), data=body, **common))
        part_ids[number] = id_of(part)

    try:
        missing = [number for number, part_id in enumerate(part_ids) if part_id is None]
        await caller.gather([partial(send, number) for number in missing], parallel)
        complete = [part_id for part_id in part_ids if part_id is not None]
        return await caller.perform(
            operations.complete(id_of(upload), part_ids=complete, md5=md5, **common)
        )
    except Exception as error:
        progress = UploadProgress(upload=upload, part_size=size, part_ids=tuple(part_ids))
        done = sum(part_id is not None for part_id in part_ids)
        keep(error, progress, f"upload {upload.id} has {done} of its {len(part_ids)} parts")
        source.rewind()
        raise


class _Source(Protocol):
    """What is uploaded: its name, its size, and its parts as bodies."""

    @property
    def filename(self) -> str: ...
    @property
    def total(self) -> int: ...
    @property
    def shared(self) -> bool:
        """Whether several parts can be read at once."""
        ...

    def part(self, start: int, size: int, /) -> Body: ...
    def rewind(self) -> None:
        """Put it back to where it stood, so that it can be given again."""
        ...


class _Memory(msgspec.Struct, frozen=True):
    data: memoryview
    filename: str
    shared = True

    @property
    def total(self) -> int:
        return len(self.data)

    def part(self, start: int, size: int, /) -> Body:
        from ..http.body_slices import BytesSlice

        return BytesSlice(self.data[start : start + size])

    def rewind(self) -> None:
        """Bytes stand nowhere."""


class _Path(msgspec.Struct, frozen=True):
    path: str
    filename: str
    total: int
    shared = True

    def part(self, start: int, size: int, /) -> Body:
        from ..http.body_slices import PathSlice

        return PathSlice(self.path, start, size, self.total)

    def rewind(self) -> None:
        """Each part opens it anew."""


class _Object(msgspec.Struct, frozen=True):
    file: Seekable
    filename: str
    total: int
    shared = False

    def part(self, start: int, size: int, /) -> Body:
        from ..http.body_slices import FileSlice

        return FileSlice(self.file, start, size, self.total)

    def rewind(self) -> None:
        with suppress(OSError, ValueError):  # the caller may have closed it, which is no news
            self.file.seek(0)


async def _source(caller: Caller, file: object, filename: str | None) -> _Source:
    from ..http.body import FileBody, PathBody, as_body
    from ..http.body_readers import Window, can_seek, is_buffer

    if isinstance(file, bytes) or is_buffer(file):
        if not filename:
            raise TypeError("filename: bytes have no name of their own, so it has to be given")
        return _Memory(memoryview(file).cast("B"), filename)
    body = as_body(file, "file")
    if isinstance(body, PathBody):
        opened, total = await caller.disk.open_file(body.path)
        opened.close()
        if total is None:
            raise TypeError(f"file: {body.path!r} is no regular file, and has no size")
        return _Path(body.path, filename or _name(body.path), total)
    if not isinstance(body, FileBody):
        kind = type(file).__name__
        raise TypeError(f"file: expected a pathlib.Path, bytes or a binary file, got {kind}")
    if not can_seek(body.file):
        raise TypeError(f"file: {body.file!r} cannot seek, and parts are read by their place in it")
    total = await caller.disk.in_worker(Window(body.file, 0, "file").size)
    name = filename or _name(getattr(file, "name", None))
    if total is None:
        raise TypeError(f"file: the size of {body.file!r} cannot be found out")
    if not name:
        raise TypeError("filename: the file has no name of its own, so it has to be given")
    return _Object(body.file, name, total)


def _name(path: object) -> str:
    return path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else ""


def _check(source: _Source, announced: int | None, parallel: int) -> None:
    if source.total == 0:
        raise ValueError("file: it is empty, and there are no empty uploads")
    if announced is not None and announced != source.total:
        raise ValueError(f"bytes={announced}: the file has {source.total}")
    if parallel > 1 and not source.shared:
        raise ValueError(
            f"parallel={parallel}: a file object has one position; pass its path, or its bytes"
        )


def _count(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"{name}={value!r}: expected a number of 1 or more")
