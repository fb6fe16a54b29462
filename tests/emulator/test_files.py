"""Files and their forms: bytes split anywhere, uploads, digests, lists."""

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.terms.sentinels import END, NEED_DATA
from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import objects
from api_openai.emulator.http.multipart import (
    FormError,
    FormReader,
    PartBegin,
    PartData,
    boundary_of,
)

from .peer import Answer, ask

FORM = {"content-type": 'multipart/form-data; boundary="b0"'}
CONTENT = b"line\r\n--b\r\n\r\n-b0\r\n\x00\xff" * 50


def form(
    content: bytes | None = CONTENT,
    filename: str = "a.bin",
    *,
    fields: Mapping[str, str] | None = None,
    purpose: str | None = None,
) -> bytes:
    given = {**({"purpose": purpose} if purpose else {}), **(fields or {})}
    parts = [
        f'--b0\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in given.items()
    ]
    if content is not None:
        head = f'--b0\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + b"--b0--\r\n"


def upload(emulator: Emulator, body: bytes) -> Answer:
    return ask(emulator, "POST", "/files", body=body, headers=FORM)


def read(body: bytes, *cuts: int) -> list[tuple[str, str | None, bytes]]:
    """Return name, filename and content of the parts of a form that comes in pieces."""
    reader, found = FormReader(b"b0"), list[tuple[str, str | None, bytes]]()
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        if body[start:end]:
            reader.receive_data(body[start:end])
        if end == len(body):
            reader.receive_data(b"")
        while (event := reader.next_event()) not in (NEED_DATA, END):
            if isinstance(event, PartBegin):
                found.append((event.name, event.filename, b""))
            elif isinstance(event, PartData):
                name, filename, content = found[-1]
                found[-1] = (name, filename, content + event.data)
    return found


@given(st.binary(max_size=200) | st.just(CONTENT), st.lists(st.integers(0, 400), max_size=20))
@settings(max_examples=150, deadline=None)
def test_a_form_reads_the_same_however_it_is_split(content: bytes, cuts: list[int]) -> None:
    if b"\r\n--b0" in b"\r\n" + content:
        return
    body = form(content, purpose="user_data")
    cuts = sorted(min(cut, len(body)) for cut in cuts)
    assert read(body, *cuts) == [("purpose", None, b"user_data"), ("file", "a.bin", content)]


def test_odd_forms() -> None:
    assert read(b"preamble\r\n" + form(b"") + b"epilogue") == [("file", "a.bin", b"")]
    quoted = form(b"x", filename='we\\"ird; name=x')
    assert read(quoted) == [("file", 'we"ird; name=x', b"x")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b0\r\n",
        form()[:-4],
        b"--b0\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b0--",
        b"--b0\r\n" + b"x" * 20_000,
    ],
)
def test_broken_forms(body: bytes) -> None:
    with pytest.raises(FormError):
        read(body)
    assert upload(Emulator(), body).status == 400


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data; charset=utf-8"])
def test_no_boundary(kind: str) -> None:
    with pytest.raises(FormError):
        boundary_of(kind)
    answer = ask(Emulator(), "POST", "/files", body=b"{}", headers={"content-type": kind or "x/y"})
    assert answer.status == 400


def test_an_upload_comes_back() -> None:
    emulator = Emulator()
    made = upload(emulator, form(purpose="user_data")).document
    assert (made["bytes"], made["filename"], made["purpose"]) == (
        len(CONTENT),
        "a.bin",
        "user_data",
    )
    path = f"/files/{made['id']}"
    assert ask(emulator, "GET", path).document == made
    content = ask(emulator, "GET", path + "/content")
    assert content.body == CONTENT
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["x-content-sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert ask(emulator, "DELETE", path).document == {
        "id": made["id"],
        "object": "file",
        "deleted": True,
    }
    assert ask(emulator, "GET", path + "/content").status == 404


def test_a_large_content_comes_in_pieces() -> None:
    emulator = Emulator()
    large = bytes(range(256)) * 3000
    made = upload(emulator, form(large, purpose="user_data")).document
    content = ask(emulator, "GET", f"/files/{made['id']}/content")
    assert content.body == large
    assert content.headers["content-length"] == str(len(large))


def test_digests_only() -> None:
    emulator = Emulator(discard=True)
    made = upload(emulator, form(purpose="user_data")).document
    assert made["bytes"] == len(CONTENT)
    refused = ask(emulator, "GET", f"/files/{made['id']}/content")
    assert (refused.status, refused.error["code"]) == (404, "content_discarded")


def test_lists_of_files() -> None:
    emulator = Emulator()
    ids = [
        upload(emulator, form(purpose=purpose)).document["id"]
        for purpose in ("vision", "user_data", "vision")
    ]
    listed = ask(emulator, "GET", "/files").document
    assert [each["id"] for each in objects(listed["data"])] == ids[::-1]
    batches = ask(emulator, "GET", "/files?purpose=vision&order=asc&limit=1").document
    assert [each["id"] for each in objects(batches["data"])] == ids[:1]
    assert batches["has_more"] is True


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (form(None, purpose="vision"), "file"),
        (form(), "purpose"),
        (form(purpose="fun"), "purpose"),
        (
            form(purpose="vision", fields={"expires_after[seconds]": "5"}),
            "expires_after[seconds]",
        ),
    ],
)
def test_bad_uploads(body: bytes, param: str) -> None:
    answer = upload(Emulator(), body)
    assert (answer.status, answer.error["param"]) == (400, param)


def test_files_that_expire() -> None:
    fields = {"purpose": "vision", "expires_after[anchor]": "created_at"}
    made = upload(Emulator(), form(fields={**fields, "expires_after[seconds]": "3600"})).document
    created = made["created_at"]
    assert isinstance(created, int)
    assert made["expires_at"] == created + 3600
