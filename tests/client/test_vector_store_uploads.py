"""Uploads that end in a vector store, through blocking, asyncio and trio, against the emulator."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from api_openai import APIStatusError, Client, InternalServerError, NotFoundError, PollTimeoutError
from api_openai.core.programs.vector_stores import FilesProgress
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Status
from api_openai.types import FileObject

from ..support.clients import KINDS, AnyClient, client_of, settled
from ..support.ports import drive
from ..support.scripted import FORM, Script, exchange

if TYPE_CHECKING:
    from api_openai.core.http.multipart import FileTypes

FILE: Final = ("a.txt", b"Rome is the capital of Italy", "text/plain")
FILES: Final = [(f"{number}.txt", bytes([65 + number]) * 10) for number in range(6)]
STORE: Final = "/vector_stores/vs"

kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(api_key="k", transport=MemoryTransport(emulator), strict=True)


@pytest.fixture
def store(client: Client) -> str:
    return client.vector_stores.create(name="s").id


def through(kind: str, emulator: Emulator, call: Callable[[AnyClient], Any]) -> Any:
    """Make a call with a client of this kind."""

    async def program() -> Any:
        return await settled(call(client_of(kind, emulator)))

    return drive(kind, program)


def calls(emulator: Emulator) -> list[str]:
    """Method and path of each request, without what has made the store."""
    return [f"{each.method} {each.path}" for each in emulator.requests[1:]]


@kinds
def test_a_file(kind: str, emulator: Emulator, client: Client, store: str) -> None:
    added = through(
        kind,
        emulator,
        lambda client: client.vector_stores.files.upload(
            vector_store_id=store, file=FILE, attributes={"year": 1871.0}
        ),
    )
    assert (added.status, added.vector_store_id) == ("in_progress", store)
    assert added.attributes == {"year": 1871}
    assert calls(emulator) == ["POST /files", f"POST /vector_stores/{store}/files"]
    file = client.files.retrieve(added.id)
    assert (file.filename, file.purpose) == ("a.txt", "assistants")


@kinds
def test_a_file_and_wait(kind: str, emulator: Emulator, store: str) -> None:
    done = through(
        kind,
        emulator,
        lambda client: client.vector_stores.files.upload_and_poll(
            vector_store_id=store,
            file=FILE,
            chunking_strategy={
                "type": "static",
                "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 20},
            },
            poll_interval_ms=0,
        ),
    )
    assert (done.status, done.usage_bytes) == ("completed", len(FILE[1]))
    assert b"chunk_overlap" in emulator.requests[2].body
    assert calls(emulator)[2:] == [f"GET /vector_stores/{store}/files/{done.id}"]


def test_what_was_uploaded_is_kept_when_it_cannot_be_added(
    client: Client, emulator: Emulator, store: str
) -> None:
    emulator.script(Status(500), path="/vector_stores/*/files")
    with pytest.raises(InternalServerError) as caught:
        client.vector_stores.files.upload(vector_store_id=store, file=FILE)
    error = caught.value
    assert isinstance(error.progress, FileObject)
    assert error.__notes__ == [f"the file was uploaded as {error.progress.id}"]
    added = client.vector_stores.files.create(store, file_id=error.progress.id)
    assert added.id == error.progress.id
    assert pickle.loads(pickle.dumps(error)).progress == error.progress


def test_a_file_that_is_refused_has_no_progress(
    client: Client, emulator: Emulator, store: str
) -> None:
    emulator.script(Status(404), path="/files")
    with pytest.raises(NotFoundError) as caught:
        client.vector_stores.files.upload_and_poll(vector_store_id=store, file=FILE)
    assert caught.value.progress is None
    assert calls(emulator) == ["POST /files"]


def test_the_time_that_is_over_keeps_the_file(store: str, client: Client) -> None:
    with pytest.raises(PollTimeoutError) as caught:
        client.vector_stores.files.upload_and_poll(
            vector_store_id=store, file=FILE, max_wait_seconds=0
        )
    assert (caught.value.last.status, caught.value.last.vector_store_id) == ("in_progress", store)


@kinds
@pytest.mark.parametrize("at_once", [1, 2, 20])
def test_files_as_a_batch(
    kind: str, at_once: int, emulator: Emulator, client: Client, store: str, tmp_path: Path
) -> None:
    path = tmp_path / "on-disk.txt"
    path.write_bytes(b"from the disk")
    files: list[FileTypes] = [path, *FILES]
    there = client.files.create(file=FILE, purpose="assistants").id
    done = through(
        kind,
        emulator,
        lambda client: client.vector_stores.file_batches.upload_and_poll(
            store,
            files=iter(files),
            file_ids=[there],
            max_concurrency=at_once,
            attributes={"kind": "test"},
            poll_interval_ms=0,
        ),
    )
    assert (done.status, done.file_counts.completed) == ("completed", 8)
    rows = client.vector_stores.file_batches.list_files(done.id, vector_store_id=store)
    assert all(each.attributes == {"kind": "test"} for each in rows)
    [batch] = [each for each in emulator.requests if each.path.endswith("file_batches")]
    ids: Any = batch.json()
    names = [client.files.retrieve(each).filename for each in ids["file_ids"]]
    assert names == ["a.txt", "on-disk.txt", *[name for name, _ in FILES]], "the order is kept"


@kinds
def test_no_more_are_begun_when_one_has_failed(kind: str, emulator: Emulator, store: str) -> None:
    emulator.script(None, None, Status(500, "the disk is full"), path="/files")
    with pytest.raises(InternalServerError, match="the disk is full") as caught:
        through(
            kind,
            emulator,
            lambda client: client.vector_stores.file_batches.upload_and_poll(
                store, files=FILES, max_concurrency=1
            ),
        )
    error: APIStatusError = caught.value
    progress = error.progress
    assert isinstance(progress, FilesProgress)
    assert calls(emulator) == ["POST /files"] * 3
    there = [file is not None for file in progress.files]
    assert there == [True, True, False, False, False, False]
    assert list(progress.failed) == [2]
    assert "the disk is full" in progress.failed[2]
    assert error.__notes__[0].startswith("2 of 6 files were uploaded: file-")
    assert pickle.loads(pickle.dumps(error)).progress == progress


@kinds
def test_those_under_way_are_finished(kind: str, emulator: Emulator, store: str) -> None:
    emulator.script(Status(500), path="/files")
    with pytest.raises(InternalServerError) as caught:
        through(
            kind,
            emulator,
            lambda client: client.vector_stores.file_batches.upload_and_poll(
                store, files=FILES, max_concurrency=3
            ),
        )
    progress = caught.value.progress
    sent = calls(emulator)
    assert set(sent) == {"POST /files"}
    assert sum(file is not None for file in progress.files) == len(sent) - 1
    assert len(progress.failed) == 1


def test_a_batch_that_cannot_be_made_keeps_the_files(
    client: Client, emulator: Emulator, store: str
) -> None:
    emulator.script(Status(500), path="/vector_stores/*/file_batches")
    with pytest.raises(InternalServerError) as caught:
        client.vector_stores.file_batches.upload_and_poll(store, files=FILES[:2])
    progress = caught.value.progress
    assert isinstance(progress, FilesProgress)
    ids = [file.id for file in progress.files if file is not None]
    done = client.vector_stores.file_batches.create_and_poll(
        store, file_ids=ids, poll_interval_ms=0
    )
    assert done.file_counts.completed == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"files": FILES, "max_concurrency": 0}, "limit=0"),
        ({"files": ["text"]}, "file: expected"),
        ({"files": FILES, "max_wait_seconds": -1}, "max_wait_seconds=-1"),
        ({"files": FILES, "response_type": dict}, "response_type"),
        ({"files": FILES, "nonsense": 1}, "no keyword 'nonsense'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    client: Client, emulator: Emulator, store: str, given: Any, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        client.vector_stores.file_batches.upload_and_poll(store, **given)
    assert calls(emulator) == []


BATCH: Final = {
    "id": "b",
    "object": "vector_store.files_batch",
    "created_at": 1,
    "vector_store_id": "vs",
    "status": "completed",
    "file_counts": {"in_progress": 0, "completed": 2, "failed": 0, "cancelled": 0, "total": 2},
}


@pytest.mark.parametrize("close", [True, False])
def test_cancelled_at_every_await(close: bool) -> None:
    at = 1
    while True:
        uploads = [exchange({"id": f"f{number}"}, end=FORM) for number in range(2)]
        pending = {**BATCH, "status": "in_progress", "file_counts": None}
        scripted = Script(*uploads, exchange(pending), exchange(BATCH))
        program = scripted.client.vector_stores.file_batches.upload_and_poll(
            "vs", files=FILES[:2], max_concurrency=2
        )
        if not scripted.stop(program, at, close=close):
            break
        at += 1
    assert at > 10
    made = ["POST /files"] * 2
    looks = [f"POST {STORE}/file_batches", f"GET {STORE}/file_batches/b"]
    assert scripted.requests == [*made, *looks]
