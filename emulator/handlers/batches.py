"""`/batches`: requests in the lines of a file, which the emulator makes of itself.

Each look takes a batch a step further. A file that is no batch fails it at the first step. The requests
are made when it ends: all of them when it is completed, half of them when it was cancelled or has
expired while they were under way.
"""

from typing import Final

from ..http.errors import error_document
from ..http.forms import Blob
from ..http.json_documents import Object, encode, is_integer, is_object, member, text
from ..http.multipart import PartBegin
from ..http.response import HttpResponse
from .batch_lines import Line, faults, lines
from .batch_requests import ask
from .files import add
from .generic import create as made_and_kept
from .work import Work

BATCH: Final = "batches:Batch"
_DAY: Final = 86_400
_UNDER_WAY: Final = ("validating", "in_progress")


def create_batch(work: Work) -> HttpResponse:
    """`POST /batches`."""
    work.check_file(work.body["input_file_id"], "input_file_id")
    nothing = {"total": 0, "completed": 0, "failed": 0}
    expires = work.state.now() + _DAY
    facts: Object = {"request_counts": nothing, "expires_at": expires}
    batch = made_and_kept(work, work.path, "/batches", facts)
    for name in ("output_file_id", "error_file_id", "usage", "model", "errors"):
        batch.pop(name, None)
    return work.polled(batch, BATCH)


def retrieve_batch(work: Work) -> HttpResponse:
    """`GET /batches/{batch_id}`."""
    name = work.values["batch_id"]
    batch = work.stored("/batches", name, "batch_id", BATCH)
    if work.objects.is_real("/batches", name):
        _step(work, batch)
    else:
        work.stepped(batch, BATCH)
    return work.polled(batch, BATCH)


def _step(work: Work, batch: Object) -> None:
    stored = work.state.files.get(text(batch["input_file_id"]))
    content = None if stored is None else stored.content  # made up, or thrown away
    before, now = batch["status"], work.state.same_time()
    expires = batch.get("expires_at")
    if before == "validating" and content is not None:
        if wrong := faults(content, text(batch["endpoint"])):
            batch["errors"] = {"object": "list", "data": wrong}
            batch |= {"status": "failed", "failed_at": work.state.now()}
            return
        total = sum(1 for _ in lines(content))
        batch["request_counts"] = {"total": total, "completed": 0, "failed": 0}
    if before in _UNDER_WAY and is_integer(expires) and expires <= now:
        batch |= {"status": "expired", "expired_at": now}
    else:
        work.stepped(batch, BATCH)
    if batch["status"] != before and batch["status"] in ("completed", "cancelled", "expired"):
        _end(work, batch, list(lines(content or b"")))


def _end(work: Work, batch: Object, requests: list[Line]) -> None:
    """Make as many of the requests as the batch has come to, and write the files of their answers."""
    made = len(requests)
    if batch["status"] != "completed" and not batch.get("finalizing_at"):
        made = -(-made // 2) if batch.get("in_progress_at") else 0
    good: list[Object] = []
    bad: list[Object] = []
    input_tokens = output_tokens = 0
    for line in requests[:made]:
        row, status, taken, output = _row(work, line)
        (good if status == 200 else bad).append(row)
        input_tokens += taken
        output_tokens += output
    if batch["status"] == "expired":
        bad += [_unanswered(work, line) for line in requests[made:]]
    counts = {"total": len(requests), "completed": len(good), "failed": len(bad)}
    batch["request_counts"] = counts
    _write(work, batch, "output_file_id", good, wanted=not requests)
    _write(work, batch, "error_file_id", bad)
    batch["usage"] = {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }


def _write(
    work: Work, batch: Object, name: str, rows: list[Object], *, wanted: bool = False
) -> None:
    """Write a file of rows, if there are any."""
    if not (rows or wanted):
        return
    blob = Blob(PartBegin("file", f"{batch['id']}_{name[:-8]}.jsonl", ""), keep=True)
    blob.add(b"".join(encode(row) + b"\n" for row in rows))
    facts: Object = {"purpose": "batch_output", "status": "processed"}
    batch[name] = add(work.state, blob, facts)["id"]


def _row(work: Work, line: Line) -> tuple[Object, int, int, int]:
    """Return a line of the output, its status, and the tokens that it took and made."""
    document = member(line.request, "body")
    status, answer = 400, error_document("The line is no request.", "invalid_request_error")
    if is_object(document):
        status, answer = ask(work, text(member(line.request, "url")), document)
    response: Object = {
        "status_code": status,
        "request_id": work.state.new_id("req_"),
        "body": answer,
    }
    total, output = (_tokens(answer, name) for name in ("total_tokens", "output_tokens"))
    output = output or _tokens(answer, "completion_tokens")
    return _answer(work, line, response, None), status, total - output, output


def _tokens(answer: object, name: str) -> int:
    used = member(answer, "usage", name)
    return used if is_integer(used) else 0


def _unanswered(work: Work, line: Line) -> Object:
    message = "The batch expired before this request was made."
    return _answer(work, line, None, {"code": "batch_expired", "message": message})


def _answer(work: Work, line: Line, response: Object | None, error: Object | None) -> Object:
    return {
        "id": work.state.new_id("batch_req_", 24),
        "custom_id": line.custom_id,
        "response": response,
        "error": error,
    }
