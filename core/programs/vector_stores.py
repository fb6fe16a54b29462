"""Waiting for the files of vector stores, and uploading them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from ..terms.omit import omit
from .ids import id_of
from .polling import Poll, ended, keep, shared, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Unpack

    from ..api.params.vector_stores import FileBatchCreateParams, FileChunkingStrategyParam
    from ..api.types.files import FileObject
    from ..api.types.vector_stores import VectorStoreFile, VectorStoreFileBatch
    from ..http.multipart import FileTypes
    from ..request.operation import Operation
    from ..request.options import Options
    from ..terms.omit import Omit
    from .caller import Caller

OVER: Final = frozenset(("completed", "failed", "cancelled"))


async def file_poll(
    caller: Caller,
    file_id: str,
    *,
    vector_store_id: str,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> VectorStoreFile:
    """Look at a file of a vector store until it is completed, failed or cancelled.

    `GET /vector_stores/{vector_store_id}/files/{file_id}`. Between two looks are
    `poll_interval_ms`, else what the server asks for, else 1 s. After `max_wait_seconds`, if given,
    `PollTimeoutError` has the file as `last`. Look at its `status` and `last_error`: one that
    failed is returned like others.
    """
    times = Poll.of(poll_interval_ms, max_wait_seconds)
    return await _until_file(caller, file_id, vector_store_id, None, times, options)


async def file_create_and_poll(
    caller: Caller,
    file_id: str,
    *,
    vector_store_id: str,
    attributes: Mapping[str, str | float | bool] | Omit | None = omit,
    chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> VectorStoreFile:
    """Add a file to a vector store and look at it until it is completed, failed or cancelled.

    Takes the keywords of `create` and of `poll`. A look that fails leaves the file as it was last
    seen as `progress` of its error.
    """
    from ..api.operations.vector_stores import files_create

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    common = shared(options)
    create = files_create(
        vector_store_id,
        file_id=file_id,
        attributes=attributes,
        chunking_strategy=chunking_strategy,
        **options,
    )
    file = await caller.perform(create)
    return await _until_file(caller, file_id, vector_store_id, file, times, common)


async def file_upload(
    caller: Caller,
    *,
    vector_store_id: str,
    file: FileTypes,
    attributes: Mapping[str, str | float | bool] | Omit | None = omit,
    chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    **options: Unpack[Options],
) -> VectorStoreFile:
    """Upload a file for assistants and add it to a vector store: `POST /files`, and `create`.

    `extra_body` goes with the second call. When that one fails, its error has the `FileObject` as
    `progress`.
    """
    from ..api.operations.vector_stores import files_create

    common = shared(options)
    uploaded = await caller.perform(_upload_of(file, common))
    try:
        return await caller.perform(
            files_create(
                vector_store_id,
                file_id=id_of(uploaded),
                attributes=attributes,
                chunking_strategy=chunking_strategy,
                **options,
            )
        )
    except Exception as error:
        keep(error, uploaded, f"the file was uploaded as {uploaded.id}")
        raise


async def file_upload_and_poll(
    caller: Caller,
    *,
    vector_store_id: str,
    file: FileTypes,
    attributes: Mapping[str, str | float | bool] | Omit | None = omit,
    chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> VectorStoreFile:
    """Upload a file, add it to a vector store and look at it until it is over.

    Takes the keywords of `upload` and of `poll`, and leaves what they do on errors.
    """
    times = Poll.of(poll_interval_ms, max_wait_seconds)
    common = shared(options)
    added = await file_upload(
        caller,
        vector_store_id=vector_store_id,
        file=file,
        attributes=attributes,
        chunking_strategy=chunking_strategy,
        **options,
    )
    return await _until_file(caller, id_of(added), vector_store_id, added, times, common)


async def batch_poll(
    caller: Caller,
    batch_id: str,
    *,
    vector_store_id: str,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> VectorStoreFileBatch:
    """Look at a batch of files until none of them is in progress.

    `GET /vector_stores/{vector_store_id}/file_batches/{batch_id}`. Between two looks are
    `poll_interval_ms`, else what the server asks for, else 1 s. After `max_wait_seconds`, if given,
    `PollTimeoutError` has the batch as `last`. Look at its `file_counts`: files that failed are
    counted there.
    """
    times = Poll.of(poll_interval_ms, max_wait_seconds)
    return await _until_batch(caller, batch_id, vector_store_id, None, times, options)


async def batch_create_and_poll(
    caller: Caller,
    vector_store_id: str,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **params: Unpack[FileBatchCreateParams],
) -> VectorStoreFileBatch:
    """Add files to a vector store and look at the batch until none of them is in progress.

    Takes the keywords of `create` and of `poll`. A look that fails leaves the batch as it was last
    seen as `progress` of its error.
    """
    from ..api.operations.vector_stores import file_batches_create

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    common = shared(params)
    batch = await caller.perform(file_batches_create(vector_store_id, **params))
    return await _until_batch(caller, id_of(batch), vector_store_id, batch, times, common)


class FilesProgress(msgspec.Struct, frozen=True, kw_only=True):
    """What an error of `file_batches.upload_and_poll` has as `progress` until there is a batch."""

    files: tuple[FileObject | None, ...]
    """What was uploaded, in the order of the files given; `None` for those that were not."""
    failed: dict[int, str]
    """What went wrong, by the place of the file; the others that are missing were not begun."""


async def batch_upload_and_poll(
    caller: Caller,
    vector_store_id: str,
    *,
    files: Iterable[FileTypes],
    max_concurrency: int = 5,
    file_ids: Sequence[str] = (),
    attributes: Mapping[str, str | float | bool] | Omit | None = omit,
    chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> VectorStoreFileBatch:
    """Upload files for assistants, add them to a vector store and look at the batch.

    `files` are uploaded `max_concurrency` at once: `POST /files` for each. `file_ids` are files
    that are there already. Then `create_and_poll`, whose keywords it takes; `extra_body` goes to
    the creation of the batch.

    When an upload fails no more are begun, and those under way are finished. The error of the
    first that failed is raised, and has a `FilesProgress` as `progress`; so has that of a batch
    which cannot be created.
    """
    times = Poll.of(poll_interval_ms, max_wait_seconds)
    common = shared(options)
    uploads = [_upload_of(file, common) for file in files]
    uploaded: list[FileObject | None] = [None] * len(uploads)
    failures: dict[int, Exception] = {}

    async def upload(number: int) -> None:
        if failures:
            return
        try:
            file = await caller.perform(uploads[number])
            id_of(file)  # what has none is a failure, too
            uploaded[number] = file
        except Exception as error:
            failures[number] = error

    await caller.gather(
        [partial(upload, number) for number in range(len(uploads))], max_concurrency
    )
    there = [id_of(file) for file in uploaded if file is not None]
    failed = {number: str(error) for number, error in failures.items()}
    progress = FilesProgress(files=tuple(uploaded), failed=failed)
    note = f"{len(there)} of {len(uploaded)} files were uploaded: {', '.join(there) or 'none'}"
    try:
        for error in failures.values():
            raise error
        from ..api.operations.vector_stores import file_batches_create

        create = file_batches_create(
            vector_store_id,
            file_ids=[*file_ids, *there],
            attributes=attributes,
            chunking_strategy=chunking_strategy,
            **options,
        )
        batch = await caller.perform(create)
    except Exception as error:
        keep(error, progress, note)
        raise
    finally:
        failures.clear()  # else they and this frame would keep each other alive
    return await _until_batch(caller, id_of(batch), vector_store_id, batch, times, common)


def _upload_of(file: FileTypes, options: Options) -> Operation[FileObject, FileObject]:
    from ..api.operations.files import create

    return create(file=file, purpose="assistants", **options)


async def _until_file(
    caller: Caller,
    file_id: str,
    vector_store_id: str,
    first: VectorStoreFile | None,
    times: Poll,
    options: Options,
) -> VectorStoreFile:
    from ..api.operations.vector_stores import files_retrieve

    shared(options)
    look = files_retrieve(file_id, vector_store_id=vector_store_id, **options)
    what = f"file {file_id} of vector store {vector_store_id}"
    return await until(caller, ended(OVER), look, times, what, first)


async def _until_batch(
    caller: Caller,
    batch_id: str,
    vector_store_id: str,
    first: VectorStoreFileBatch | None,
    times: Poll,
    options: Options,
) -> VectorStoreFileBatch:
    from ..api.operations.vector_stores import file_batches_retrieve

    shared(options)
    look = file_batches_retrieve(batch_id, vector_store_id=vector_store_id, **options)
    what = f"batch {batch_id} of vector store {vector_store_id}"
    return await until(caller, _is_over, look, times, what, first)


def _is_over(batch: VectorStoreFileBatch) -> bool:
    """Whether all files are done; one that has not counted its files yet is not."""
    counts = batch.file_counts  # null from some servers, while there is nothing to count
    total = getattr(counts, "total", None)
    counted = isinstance(total, int) and total > 0 and not getattr(counts, "in_progress", None)
    return counted or ended(OVER)(batch)
