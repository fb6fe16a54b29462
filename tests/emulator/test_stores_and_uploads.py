"""Vector stores and their files, and uploads in parts."""

from hashlib import md5

import pytest

from api_openai import APIStatusError, BadRequestError, Client, NotFoundError
from api_openai.core.terms.omit import omit
from api_openai.emulator import Emulator, MemoryTransport

from .peer import ask


@pytest.fixture
def client() -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator()), strict=True)


def test_a_store_counts_its_files(client: Client) -> None:
    stores = client.vector_stores
    file = client.files.create(file=("a.txt", b"Rome is the capital"), purpose="assistants")
    store = stores.create(name="s", file_ids=[file.id])
    assert (store.status, store.file_counts.in_progress, store.usage_bytes) == ("in_progress", 1, 0)
    [listed] = stores.files.list(store.id, filter="in_progress")
    assert (listed.id, listed.vector_store_id, listed.usage_bytes) == (file.id, store.id, 0)
    looked = stores.files.retrieve(file.id, vector_store_id=store.id)
    assert (looked.status, looked.usage_bytes) == ("completed", 19)
    store = stores.retrieve(store.id)
    assert (store.status, store.file_counts.completed, store.usage_bytes) == ("completed", 1, 19)
    assert list(stores.files.list(store.id, filter="in_progress")) == []
    stores.files.delete(file.id, vector_store_id=store.id)
    assert stores.retrieve(store.id).file_counts.total == 0
    empty = stores.create(name="e")
    assert (empty.status, empty.file_counts.total) == ("completed", 0)


def test_a_batch_of_files(client: Client) -> None:
    stores = client.vector_stores
    store = stores.create()
    batch = stores.file_batches.create(
        store.id,
        files=[{"file_id": "file-1", "attributes": {"a": 1.0}}, {"file_id": "file-2"}],
    )
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 2)
    assert stores.retrieve(store.id).file_counts.completed == 2
    batch = stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    rows = stores.file_batches.list_files(batch.id, vector_store_id=store.id, order="asc")
    assert [(each.id, each.attributes) for each in rows] == [("file-1", {"a": 1}), ("file-2", {})]
    other = stores.file_batches.create(store.id, file_ids=["file-3"])
    other = stores.file_batches.cancel(other.id, vector_store_id=store.id)
    assert (other.status, other.file_counts.cancelled) == ("cancelled", 1)
    assert stores.file_batches.retrieve(other.id, vector_store_id=store.id).status == "cancelled"
    assert stores.retrieve(store.id).file_counts.total == 3


def test_search_finds_the_words_of_files(client: Client) -> None:
    ids = [
        client.files.create(file=(f"{at}.txt", text), purpose="assistants").id
        for at, text in enumerate((b"Bread and wine", b"Rome is the capital of Italy"))
    ]
    store = client.vector_stores.create(file_ids=ids)
    found = client.vector_stores.search(store.id, query="capital of Italy").data
    assert [each.file_id for each in found] == ids[::-1]
    assert (found[0].filename, found[0].score, found[1].score) == ("1.txt", 1.0, 0.0)
    assert found[0].content[0].text == "Rome is the capital of Italy"
    assert len(client.vector_stores.search(store.id, query="x", max_num_results=1).data) == 1
    [page] = client.vector_stores.files.content(ids[0], vector_store_id=store.id)
    assert page.text == "Bread and wine"


def test_pages_of_stores_have_all_fields() -> None:
    emulator = Emulator()
    ask(emulator, "POST", "/vector_stores", {})
    path = "/vector_stores/vs_1"
    last = {"has_more": False, "next_page": None}
    found = ask(emulator, "POST", f"{path}/search", {"query": ["a", "b"]}).document
    assert found.pop("data")
    assert found == {
        "object": "vector_store.search_results.page",
        "search_query": ["a", "b"],
        **last,
    }
    one = ask(emulator, "POST", f"{path}/search", {"query": "a"}).document
    assert one["search_query"] == ["a"]
    content = ask(emulator, "GET", f"{path}/files/file-1/content").document
    assert content.pop("data")
    assert content == {"object": "vector_store.file_content.page", **last}
    for most in (0, 51):
        refused = ask(emulator, "POST", f"{path}/search", {"query": "a", "max_num_results": most})
        assert (refused.status, refused.error["param"]) == (400, "max_num_results")


def test_a_file_in_parts(client: Client) -> None:
    upload = client.uploads.create(
        bytes=6, filename="x.bin", mime_type="text/plain", purpose="assistants"
    )
    parts = [client.uploads.parts.create(upload.id, data=data).id for data in (b"def", b"abc")]
    digest = md5(b"abcdef").hexdigest()
    done = client.uploads.complete(upload.id, part_ids=parts[::-1], md5=digest)
    assert done.status == "completed"
    assert done.file is not None
    assert (done.file.bytes, done.file.filename, done.file.purpose) == (6, "x.bin", "assistants")
    assert client.files.content(done.file.id).read() == b"abcdef"
    for again in (
        lambda: client.uploads.complete(upload.id, part_ids=parts),
        lambda: client.uploads.cancel(upload.id),
        lambda: client.uploads.parts.create(upload.id, data=b"x"),
    ):
        with pytest.raises(BadRequestError, match="is completed"):
            again()


@pytest.mark.parametrize(
    ("named", "digest", "code"),
    [
        (["part_unknown"], None, "invalid_part"),
        ([], None, "upload_size_mismatch"),
        (None, "0" * 32, "checksum_mismatch"),
    ],
)
def test_parts_are_checked(
    named: list[str] | None, digest: str | None, code: str, client: Client
) -> None:
    upload = client.uploads.create(
        bytes=3, filename="x", mime_type="text/plain", purpose="assistants"
    )
    part = client.uploads.parts.create(upload.id, data=b"abc").id
    ids = [part] if named is None else named
    with pytest.raises(APIStatusError) as refused:
        client.uploads.complete(upload.id, part_ids=ids, md5=omit if digest is None else digest)
    assert refused.value.code == code
    assert client.uploads.cancel(upload.id).status == "cancelled"


def test_only_digests_of_parts_are_kept_where_that_is_wanted() -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator(discard=True)))
    upload = client.uploads.create(
        bytes=3, filename="x", mime_type="text/plain", purpose="assistants"
    )
    part = client.uploads.parts.create(upload.id, data=b"abc").id
    done = client.uploads.complete(upload.id, part_ids=[part])
    assert done.file is not None
    assert done.file.bytes == 3
    with pytest.raises(NotFoundError, match="only the digest"):
        client.files.content(done.file.id)
