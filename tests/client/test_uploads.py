"""Large files sent in parts, through blocking, asyncio and trio, against the emulator."""

import io
import pickle
import tracemalloc
from collections.abc import Coroutine
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from api_openai import (
    APIStatusError,
    BadRequestError,
    Client,
    InternalServerError,
    LocalProtocolError,
    NotFoundError,
)
from api_openai.core.call.trace import Trace, TraceEvent
from api_openai.core.programs.uploads import PART_SIZE, UploadProgress
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Reset, Status

from ..support.clients import KINDS, client_of, settled
from ..support.ports import drive
from ..support.scripted import FORM, Script, exchange

CONTENT: Final = bytes(range(256)) * 4 + b"tail"  # four parts of 256 bytes and a short one
MEBIBYTE: Final = 1024 * 1024
LIKE: Final[dict[str, Any]] = {"purpose": "batch", "mime_type": "text/plain"}

kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(api_key="k", transport=MemoryTransport(emulator), strict=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(CONTENT)
    return path


def upload(
    kind: str, emulator: Emulator, file: Any, trace: Trace | None = None, **keywords: Any
) -> Any:
    """Upload a file with a client of this kind."""

    async def program() -> Any:
        client = client_of(kind, emulator, trace=trace)
        return await settled(client.uploads.upload_file_chunked(file=file, **LIKE, **keywords))

    return drive(kind, program)


def stored(emulator: Emulator, done: Any) -> bytes:
    """What the emulator has of the file that came of an upload."""
    assert done.status == "completed"
    return (
        Client(transport=MemoryTransport(emulator), api_key="k").files.content(done.file.id).read()
    )


def calls(emulator: Emulator) -> list[str]:
    """The last part of the path of each request."""
    return [request.path.rpartition("/")[2] for request in emulator.requests]


@kinds
@pytest.mark.parametrize("parallel", [1, 3])
def test_a_path(kind: str, parallel: int, emulator: Emulator, path: Path) -> None:
    done = upload(kind, emulator, path, part_size=256, parallel=parallel)
    assert stored(emulator, done) == CONTENT
    assert (done.filename, done.purpose, done.bytes) == ("rows.jsonl", "batch", len(CONTENT))
    assert calls(emulator)[:7] == ["uploads", *["parts"] * 5, "complete"]


@kinds
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_bytes(kind: str, parallel: int, make: Any, emulator: Emulator) -> None:
    done = upload(
        kind, emulator, make(CONTENT), filename="x.bin", part_size=1000, parallel=parallel
    )
    assert stored(emulator, done) == CONTENT
    assert done.filename == "x.bin"


@kinds
def test_a_file_object_goes_from_its_beginning(kind: str, emulator: Emulator, path: Path) -> None:
    with path.open("rb") as file:
        file.seek(10)
        done = upload(kind, emulator, file, part_size=256)
        assert not file.closed
    assert stored(emulator, done) == CONTENT
    assert done.filename == "rows.jsonl"


@pytest.mark.parametrize(("size", "parts"), [(1, 5), (4, 2), (5, 1), (6, 1), (None, 1)], ids=str)
def test_how_many_parts(client: Client, emulator: Emulator, size: int | None, parts: int) -> None:
    done = client.uploads.upload_file_chunked(file=b"abcde", filename="x", part_size=size, **LIKE)
    assert calls(emulator).count("parts") == parts
    assert stored(emulator, done) == b"abcde"
    assert PART_SIZE == 64 * MEBIBYTE


def test_what_is_said_of_the_file_goes_along(client: Client, emulator: Emulator) -> None:
    client.uploads.upload_file_chunked(
        file=CONTENT,
        filename="a.b",
        bytes=len(CONTENT),
        md5=md5(CONTENT).hexdigest(),
        expires_after={"anchor": "created_at", "seconds": 3600},
        extra_headers={"x-mine": "1"},
        extra_query={"q": "2"},
        extra_body={"further": True},
        **LIKE,
    )
    first, *_, last = emulator.requests
    assert first.json() == {
        "bytes": len(CONTENT),
        "filename": "a.b",
        "purpose": "batch",
        "mime_type": "text/plain",
        "expires_after": {"anchor": "created_at", "seconds": 3600},
        "further": True,
    }
    assert msgspec.json.decode(last.body)["md5"] == md5(CONTENT).hexdigest()
    assert all(b"further" not in request.body for request in emulator.requests[1:])
    assert {request.headers["x-mine"] for request in emulator.requests} == {"1"}
    assert [request.query for request in emulator.requests] == [{"q": "2"}] * 3


def test_another_digest_is_an_error_that_keeps_the_parts(client: Client) -> None:
    with pytest.raises(BadRequestError, match="digest") as caught:
        client.uploads.upload_file_chunked(file=CONTENT, filename="x", md5="0" * 32, **LIKE)
    assert None not in progress_of(caught.value).part_ids


def progress_of(error: BaseException) -> UploadProgress:
    """What an error says had been done; it pickles."""
    assert isinstance(error, APIStatusError | OSError | LocalProtocolError)
    progress = vars(error)["progress"]
    assert isinstance(progress, UploadProgress)
    assert pickle.loads(pickle.dumps(error)).progress == progress
    return progress


@kinds
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("number", range(5))
def test_a_part_that_fails_and_the_rest_later(
    kind: str, parallel: int, number: int, emulator: Emulator, path: Path
) -> None:
    emulator.script(*[None] * number, Status(500), path="/uploads/*/parts")
    with pytest.raises(InternalServerError) as caught:
        upload(kind, emulator, path, part_size=256, parallel=parallel)
    progress = progress_of(caught.value)
    there = sum(part is not None for part in progress.part_ids)
    assert number - parallel < there <= 4
    assert caught.value.__notes__ == [f"upload {progress.upload.id} has {there} of its 5 parts"]
    before = calls(emulator).count("parts")
    done = upload(kind, emulator, path, parallel=parallel, resume=progress)
    assert calls(emulator).count("parts") - before == 5 - there
    assert calls(emulator).count("uploads") == 1
    assert (done.id, stored(emulator, done)) == (progress.upload.id, CONTENT)


@kinds
def test_a_file_object_is_put_back_to_be_given_again(kind: str, emulator: Emulator) -> None:
    emulator.script(None, Status(500), path="/uploads/*/parts")
    file = io.BytesIO(CONTENT)
    file.seek(4)
    with pytest.raises(InternalServerError) as caught:
        upload(kind, emulator, file, filename="x", part_size=256)
    done = upload(kind, emulator, file, filename="x", resume=progress_of(caught.value))
    assert stored(emulator, done) == CONTENT


def test_the_end_that_fails_is_all_that_is_done_again(client: Client, emulator: Emulator) -> None:
    emulator.script(Status(503), path="/uploads/*/complete")
    with pytest.raises(InternalServerError) as caught:
        client.uploads.upload_file_chunked(file=CONTENT, filename="x", part_size=500, **LIKE)
    progress = progress_of(caught.value)
    client.uploads.upload_file_chunked(file=CONTENT, filename="x", resume=progress, **LIKE)
    assert calls(emulator) == ["uploads", *["parts"] * 3, "complete", "complete"]


def test_a_first_call_that_fails_has_no_progress(client: Client, emulator: Emulator) -> None:
    emulator.script(Status(404))
    with pytest.raises(NotFoundError) as caught:
        client.uploads.upload_file_chunked(file=CONTENT, filename="x", **LIKE)
    assert caught.value.progress is None


def test_what_is_resumed_has_to_be_the_same(client: Client, emulator: Emulator) -> None:
    emulator.script(None, Status(500), path="/uploads/*/parts")
    with pytest.raises(InternalServerError) as caught:
        client.uploads.upload_file_chunked(file=CONTENT, filename="x", part_size=256, **LIKE)
    progress = progress_of(caught.value)
    count = len(emulator.requests)
    with pytest.raises(ValueError, match=r"resume: the upload is of 1028 bytes, .* has 1027"):
        client.uploads.upload_file_chunked(file=CONTENT[:-1], filename="x", resume=progress, **LIKE)
    assert len(emulator.requests) == count


@kinds
@pytest.mark.parametrize("changed", [CONTENT[:700], CONTENT + b"more"], ids=["shrinks", "grows"])
def test_a_file_that_changes_meanwhile(
    kind: str, changed: bytes, emulator: Emulator, path: Path
) -> None:
    def change(event: TraceEvent) -> None:
        if event.kind == "call.start" and event.operation == "uploads.parts.create":
            path.write_bytes(changed)

    with pytest.raises(LocalProtocolError, match=f"had 1028 bytes, now {len(changed)}") as caught:
        upload(kind, emulator, path, part_size=256, trace=change)
    assert set(progress_of(caught.value).part_ids) == {None}
    path.write_bytes(CONTENT)
    with path.open("rb") as file, pytest.raises(LocalProtocolError, match="had 1028 bytes, now"):
        upload(kind, emulator, file, part_size=256, trace=change)


class Unseekable(io.BytesIO):
    name = "pipe"

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"file": b"abc"}, "filename: bytes have no name"),
        ({"file": io.BytesIO(b"abc")}, "filename: the file has no name"),
        ({"file": "abc"}, r"file: expected .* got str; use pathlib.Path"),
        ({"file": iter([b"abc"])}, "file: expected a pathlib.Path, bytes or a binary file"),
        ({"file": Unseekable(b"abc")}, "cannot seek"),
        ({"file": Path("/dev/null")}, "file: '/dev/null' is no regular file"),
        ({"file": b"", "filename": "x"}, "file: it is empty"),
        ({"file": b"abc", "filename": "x", "bytes": 4}, "bytes=4: the file has 3"),
        ({"file": b"abc", "filename": "x", "part_size": 0}, "part_size=0: expected"),
        ({"file": b"abc", "filename": "x", "part_size": 1.5}, "part_size=1.5: expected"),
        ({"file": b"abc", "filename": "x", "parallel": True}, "parallel=True: expected"),
        ({"file": io.BytesIO(b"abc"), "filename": "x", "parallel": 2}, "parallel=2: a file object"),
        ({"file": b"abc", "filename": "x", "response_type": dict}, "response_type: "),
        ({"file": b"abc", "filename": "x", "nonsense": 1}, "no keyword 'nonsense'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    client: Client, emulator: Emulator, keywords: Any, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        client.uploads.upload_file_chunked(**LIKE, **keywords)
    assert emulator.requests == []


def test_a_file_that_is_not_there(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.uploads.upload_file_chunked(file=tmp_path / "none", **LIKE)
    assert emulator.requests == []


@kinds
def test_memory_holds_pieces_not_parts(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(96 * MEBIBYTE)  # a hole, which the disk does not hold either
    emulator = Emulator(discard=True, keep_body=0)
    upload(kind, emulator, path, part_size=MEBIBYTE)  # what is imported on first use is not counted
    tracemalloc.start()
    try:
        done = upload(kind, emulator, path, part_size=16 * MEBIBYTE, parallel=3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.bytes == 96 * MEBIBYTE
    assert peak < 8 * MEBIBYTE


MADE: Final = {
    "id": "up",
    "object": "upload",
    "bytes": 5,
    "created_at": 1,
    "expires_at": 2,
    "filename": "x",
    "purpose": "batch",
    "status": "pending",
}


def scripted_upload(file: Any) -> tuple[Script, Coroutine[Any, Any, Any]]:
    """An upload of three parts whose server is a script."""
    parts = [exchange({"id": f"part-{number}"}, end=FORM) for number in range(3)]
    scripted = Script(exchange(MADE), *parts, exchange({**MADE, "status": "completed"}))
    chunked = scripted.client.uploads.upload_file_chunked
    return scripted, chunked(file=file, filename="x", part_size=2, **LIKE)


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("file", [bytes, io.BytesIO])
def test_cancelled_at_every_await(file: Any, close: bool) -> None:
    at = 1
    while True:
        scripted, program = scripted_upload(file(b"abcde"))
        if not scripted.stop(program, at, close=close):
            break
        at += 1
    assert at > 15
    parts = ["POST /uploads/up/parts"] * 3
    assert scripted.requests == ["POST /uploads", *parts, "POST /uploads/up/complete"]


def test_a_connection_lost_between_parts(client: Client, emulator: Emulator) -> None:
    emulator.script(None, Reset(), path="/uploads/*/parts")
    with pytest.raises(Exception, match=r".") as caught:
        client.uploads.upload_file_chunked(file=CONTENT, filename="x", part_size=500, **LIKE)
    progress = vars(caught.value)["progress"]
    assert [part is not None for part in progress.part_ids] == [True, False, False]
