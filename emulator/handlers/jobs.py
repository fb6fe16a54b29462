"""Work that takes a while: batches of requests, fine-tuning, runs of evaluations.

A batch really makes its requests when it is completed, one for each line of its input file, and
its output file has the answers.
"""

import re
from itertools import islice
from typing import Final

import msgspec

from ..http.errors import error_document
from ..http.forms import Blob
from ..http.json_documents import Object, encode, is_integer, is_object, member, text
from ..http.multipart import PartBegin
from ..http.response import HttpResponse
from .batch_requests import ask
from .files import add
from .generic import create as made_and_kept
from .work import Work

BATCH: Final = "batches:Batch"
_JOB: Final = "fine_tuning:FineTuningJob"
_RUN: Final = "evals:EvalRun"
_DAY: Final = 86_400
_LINE: Final = re.compile(rb"[^\r\n]+")
_MOST_LINES: Final = 50_000


def create_batch(work: Work) -> HttpResponse:
    """`POST /batches`."""
    work.check_file(work.body["input_file_id"], "input_file_id")
    nothing = {"total": 0, "completed": 0, "failed": 0}
    expires = work.state.now() + _DAY
    facts: Object = {"request_counts": nothing, "expires_at": expires}
    batch = made_and_kept(work, work.path, "/batches", facts)
    for name in ("output_file_id", "error_file_id", "usage", "model"):
        batch.pop(name, None)
    return work.polled(batch, BATCH)


def retrieve_batch(work: Work) -> HttpResponse:
    """`GET /batches/{batch_id}`."""
    name = work.values["batch_id"]
    batch = work.stored("/batches", name, "batch_id", BATCH)
    before = batch["status"]
    work.stepped(batch, BATCH)
    if work.objects.is_real("/batches", name) and before != batch["status"] == "completed":
        _carry_out(work, batch)
    return work.polled(batch, BATCH)


def _carry_out(work: Work, batch: Object) -> None:
    """Make the requests of a batch, and write the files of their answers."""
    stored = work.state.files.get(text(batch["input_file_id"]))
    content = stored.content or b"" if stored is not None else b""
    lines = (each.group() for each in islice(_LINE.finditer(content), _MOST_LINES))
    good: list[bytes] = []
    bad: list[bytes] = []
    spent = 0
    for line in lines:
        if not line.strip():
            continue
        row, status, tokens = _row(work, bytes(line), text(batch["endpoint"]))
        (good if status == 200 else bad).append(encode(row))
        spent += tokens
    batch["request_counts"] = {
        "total": len(good) + len(bad),
        "completed": len(good),
        "failed": len(bad),
    }
    for name, rows in (("output_file_id", good), ("error_file_id", bad)):
        if rows or (name == "output_file_id" and not bad):
            blob = Blob(PartBegin("file", f"{batch['id']}_{name[:-8]}.jsonl", ""), keep=True)
            blob.add(b"".join(row + b"\n" for row in rows))
            facts: Object = {"purpose": "batch_output", "status": "processed"}
            batch[name] = add(work.state, blob, facts)["id"]
    batch["usage"] = {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": spent,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent,
    }


def _row(work: Work, line: bytes, endpoint: str) -> tuple[Object, int, int]:
    """Return a line of the output, its status, and the tokens that it took."""
    try:
        request: object = msgspec.json.decode(line)
    except msgspec.DecodeError:
        request = None
    document = member(request, "body")
    url = text(member(request, "url")) or endpoint
    status, answer = 400, error_document("The line is no request.", "invalid_request_error")
    if is_object(document):
        status, answer = ask(work, url, document)
    response = {"status_code": status, "request_id": work.state.new_id("req_"), "body": answer}
    used = member(answer, "usage", "total_tokens")
    row: Object = {
        "id": work.state.new_id("batch_req_", 24),
        "custom_id": member(request, "custom_id"),
        "response": response,
        "error": None,
    }
    return row, status, used if is_integer(used) else 0


def create_job(work: Work) -> HttpResponse:
    """`POST /fine_tuning/jobs`."""
    work.check_file(work.body["training_file"], "training_file")
    facts: Object = {"result_files": [], "fine_tuned_model": None}
    return HttpResponse.json(made_and_kept(work, work.path, "/fine_tuning/jobs", facts))


def retrieve_job(work: Work) -> HttpResponse:
    """`GET /fine_tuning/jobs/{fine_tuning_job_id}`."""
    name = work.values["fine_tuning_job_id"]
    job = work.stored("/fine_tuning/jobs", name, "fine_tuning_job_id", _JOB)
    work.stepped(job, _JOB)
    if job["status"] == "succeeded":
        suffix = text(work.body.get("suffix")) or "emulator"
        job["fine_tuned_model"] = f"ft:{job['model']}:{suffix}::{name[-8:]}"
    return work.polled(job, _JOB)


def cancel_eval_run(work: Work) -> HttpResponse:
    """`POST /evals/{eval_id}/runs/{run_id}/cancel`."""
    path = f"/evals/{work.values['eval_id']}/runs"
    name = work.values["run_id"]
    run = work.stored(path, name, "run_id", _RUN)
    run["status"] = "canceled"
    work.objects.put(path, name, run)
    return HttpResponse.json(run)
