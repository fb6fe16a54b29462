"""`/vector_stores`: stores, their files, batches of files, and a search that counts words.

A file is in progress until it is looked at, alone, in its batch or in its store; then it is
completed, and its store and its batch count it so.
"""

from typing import Final

from ..fake_data.model_fields import resolve
from ..http.errors import out_of_range
from ..http.json_documents import Object, is_array, is_integer, is_object, objects, text
from ..http.response import HttpResponse
from ..store.paging import listed
from ..store.statuses import advance
from .file_index import ranked, text_of
from .generic import create as made_and_kept
from .generic import forget, rows
from .work import Work

STORE: Final = "vector_stores:VectorStore"
FILE: Final = "vector_stores:VectorStoreFile"
BATCH: Final = "vector_stores:VectorStoreFileBatch"
_RESULT: Final = "vector_stores:VectorStoreSearchResponse"
_COUNTED: Final = ("in_progress", "completed", "failed", "cancelled")
_CHUNKING: Final[Object] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}
_MOST: Final = 50
"""How many results it can be asked for."""


def create(work: Work) -> HttpResponse:
    """`POST /vector_stores`, with or without files."""
    store = made_and_kept(work, work.path, "/vector_stores", {"name": work.body.get("name") or ""})
    name = text(store["id"])
    for file in _listed(work.body.get("file_ids")):
        _add(work, name, {"file_id": file, **_shared(work.body)})
    return work.polled(_counted(work, name, store), STORE)


def retrieve(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}`."""
    name = work.values["vector_store_id"]
    store = work.stored("/vector_stores", name, "vector_store_id", STORE)
    if work.objects.is_real("/vector_stores", name):
        for file in _files(work, name):
            _settle(work, file)
        _counted(work, name, store)
    return work.polled(store, STORE)


def create_file(work: Work) -> HttpResponse:
    """`POST /vector_stores/{vector_store_id}/files`."""
    return work.polled(_add(work, work.values["vector_store_id"], work.body), FILE)


def retrieve_file(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}/files/{file_id}`."""
    path, _, name = work.path.rpartition("/")
    file = work.stored(path, name, "file_id", FILE)
    _settle(work, file)
    _recount(work)
    return work.polled(file, FILE)


def delete_file(work: Work) -> HttpResponse:
    """`DELETE /vector_stores/{vector_store_id}/files/{file_id}`."""
    answer = forget(work)
    _recount(work)
    return HttpResponse.json(answer)


def create_batch(work: Work) -> HttpResponse:
    """`POST /vector_stores/{vector_store_id}/file_batches`: of `files`, or of `file_ids`."""
    store = work.values["vector_store_id"]
    shared = _shared(work.body)
    wanted = objects(work.body.get("files")) or [
        {"file_id": name, **shared} for name in _listed(work.body.get("file_ids"))
    ]
    files = [_add(work, store, each) for each in wanted]
    batch = made_and_kept(work, work.path, work.route.path)
    work.objects.singles[f"{work.path}/{batch['id']}/members"] = {"files": files}
    batch["file_counts"] = _counts(files)
    if files:
        batch["status"] = "in_progress"
    return work.polled(batch, BATCH)


def retrieve_batch(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}/file_batches/{batch_id}`."""
    path, _, name = work.path.rpartition("/")
    batch = work.stored(path, name, "batch_id", BATCH)
    if work.objects.is_real(path, name):
        for file in _members(work, work.path):
            _settle(work, file)
        _of_batch(work, work.path, batch)
        _recount(work)
    return work.polled(batch, BATCH)


def cancel_batch(work: Work) -> HttpResponse:
    """`POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel`."""
    path, name, _ = work.path.rsplit("/", 2)
    batch = work.stored(path, name, "batch_id", BATCH)
    for file in _members(work, f"{path}/{name}"):
        if file["status"] == "in_progress":
            file["status"] = "cancelled"
    if work.objects.is_real(path, name):
        _of_batch(work, f"{path}/{name}", batch)
        _recount(work)
    return HttpResponse.json({**batch, "status": "cancelled"})


def list_batch(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files`."""
    path = work.path.removesuffix("/files")
    parent, _, name = path.rpartition("/")
    if not work.objects.is_real(parent, name):
        return list_files(work)
    return _page(work, _members(work, path))


def list_files(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}/files`."""
    return _page(work, rows(work))


def _page(work: Work, files: list[Object]) -> HttpResponse:
    wanted = work.query.get("filter")
    shown = [file for file in files if wanted in (None, file["status"])]
    return HttpResponse.json(listed(shown, work.query, "CursorPage"))


def content(work: Work) -> HttpResponse:
    """`GET /vector_stores/{vector_store_id}/files/{file_id}/content`."""
    said = text_of(work.state, work.values["file_id"])
    return HttpResponse.json(_last_page("vector_store.file_content.page", [_chunk(said)]))


def search(work: Work) -> HttpResponse:
    """`POST /vector_stores/{vector_store_id}/search`: files that share words with the query."""
    given = work.body["query"]
    queries = [text(each) for each in _listed(given)] or [text(given)]
    most = each if is_integer(each := work.body.get("max_num_results")) else 10
    if not 1 <= most <= _MOST:
        raise out_of_range("max_num_results", most, low=1, high=_MOST)
    store = work.values["vector_store_id"]
    found = [
        {name: value for name, value in each.items() if name != "text"}
        | {"content": [_chunk(text(each["text"]))]}
        for each in ranked(work.state, store, queries)
    ]
    if not found and not work.objects.is_real("/vector_stores", store) and work.state.examples:
        found.append(work.made(_RESULT, work.path))
    document = _last_page("vector_store.search_results.page", found[:most])
    return HttpResponse.json({**document, "search_query": queries})


def _last_page(kind: str, items: list[Object]) -> Object:
    return {"object": kind, "data": items, "has_more": False, "next_page": None}


def _listed(value: object) -> list[object]:
    return value if is_array(value) else []


def _chunk(said: str) -> Object:
    return {"type": "text", "text": said}


def _shared(body: Object) -> Object:
    return {
        name: body[name]
        for name in ("attributes", "chunking_strategy")
        if body.get(name) is not None
    }


def _add(work: Work, store: str, said: Object) -> Object:
    name = text(said.get("file_id"))
    work.check_file(name, "file_id")
    chunking = said.get("chunking_strategy")
    made = chunking if is_object(chunking) and "static" in chunking else _CHUNKING
    facts: Object = {"id": name, "vector_store_id": store, "chunking_strategy": made}
    file = work.made(FILE, work.state.new_id(""), {"attributes": {}}, said, facts)
    work.objects.put(f"/vector_stores/{store}/files", name, file, created=True)
    _recount(work)
    return file


def _files(work: Work, store: str) -> list[Object]:
    return list((work.objects.of(f"/vector_stores/{store}/files") or {}).values())


def _members(work: Work, batch: str) -> list[Object]:
    return objects(work.objects.singles.get(f"{batch}/members", {}).get("files"))


def _settle(work: Work, file: Object) -> None:
    """Take a file a step further; when it is completed, it takes room."""
    if advance(file, resolve(FILE), work.state):
        stored = work.state.files.get(text(file["id"]))
        size = stored.document["bytes"] if stored is not None else 1000
        file["usage_bytes"] = size


def _counts(files: list[Object]) -> Object:
    counts: Object = {
        status: sum(file["status"] == status for file in files) for status in _COUNTED
    }
    return {**counts, "total": len(files)}


def _of_batch(work: Work, path: str, batch: Object) -> None:
    files = _members(work, path)
    counts = batch["file_counts"] = _counts(files)
    if not counts["in_progress"]:
        batch["status"] = "cancelled" if counts["cancelled"] else "completed"


def _recount(work: Work) -> None:
    """Make the store of the path count its files anew."""
    name = work.values.get("vector_store_id", "")
    store = work.objects.get("/vector_stores", name)
    if store is not None and work.objects.is_real("/vector_stores", name):
        _counted(work, name, store)


def _counted(work: Work, name: str, store: Object) -> Object:
    files = _files(work, name)
    counts = store["file_counts"] = _counts(files)
    store["status"] = "in_progress" if counts["in_progress"] else "completed"
    sizes = [size for file in files if is_integer(size := file["usage_bytes"])]
    store["usage_bytes"] = sum(sizes)
    return store
