"""Work that takes a while: fine-tuning, runs of evaluations."""

from typing import Final

from ..http.json_documents import Object, text
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .work import Work

_JOB: Final = "fine_tuning:FineTuningJob"
_RUN: Final = "evals:EvalRun"


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
