"""`/containers/{container_id}/files`: a file from a form, or one that was uploaded before."""

from ..http.errors import ApiError
from ..http.forms import Blob
from ..http.json_documents import Object, text
from ..http.multipart import PartBegin
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .work import Work


def add_file(work: Work) -> HttpResponse:
    """`POST /containers/{container_id}/files`, with `file` or `file_id`."""
    blobs, name = work.call.files.get("file"), text(work.body.get("file_id"))
    stored = work.state.files.get(name)
    if blobs:
        filename, size = blobs[0].filename, blobs[0].size
    elif stored is not None:
        filename = text(stored.document["filename"])
        size = 0 if stored.content is None else len(stored.content)
    elif name and work.state.examples:
        filename, size = "example.txt", 1000
    else:
        raise ApiError(400, "Send a file, or the id of one.", param="file")
    facts: Object = {"path": f"/mnt/data/{filename}", "bytes": size, "source": "user"}
    work.body.pop("file_id", None)
    document = made_and_kept(work, work.path, work.route.path, facts)
    if stored is not None and stored.content is not None and not blobs:
        blob = Blob(PartBegin("file", filename, ""), keep=True)
        blob.add(bytes(stored.content))
        work.state.put(work.state.blobs, f"{work.path}/{document['id']}", blob)
    return HttpResponse.json(document)
