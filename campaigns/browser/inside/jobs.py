"""Does the jobs that the tests give, one after the other."""

import importlib
import pickle
import sys
import traceback
from typing import Any

from campaigns.browser.views import Job, Outcome

js: Any = importlib.import_module("js")
ffi: Any = importlib.import_module("pyodide.ffi")
_host = ""


async def serve(host: str) -> None:
    """Do jobs until there are no more."""
    global _host
    _host = host
    while (job := await ask("/job")) is not None:
        await ask("/outcome", pickle.dumps(await _done(job)))


async def ask(path: str, data: bytes = b"") -> Any:
    """Ask the tests for something."""
    response = await js.fetch(_host + path, method="POST", body=ffi.to_js(data))
    well, result = pickle.loads((await response.arrayBuffer()).to_bytes())
    assert well, result
    return result


def ask_now(path: str, *given: object) -> Any:
    """Ask and wait; tasks and timers go on meanwhile."""
    return ffi.run_sync(ask(path, pickle.dumps(given)))


async def _done(job: Job) -> Outcome:
    value: Any
    try:
        match job.kind:
            case "list":
                from .scenarios import fitting

                value = fitting()
            case "about":
                value = {"version": sys.version_info[:3], "can_run_sync": ffi.can_run_sync()}
            case "scenario":
                from .scenarios import play_one

                value = None
                await play_one(job.name)
            case "suite":
                from .suite import run

                value = run(job.name)
            case _:
                from . import checks

                value = await getattr(checks, job.name)(job.emulator)
    except BaseException:
        return Outcome(job.name, traceback.format_exc())
    return Outcome(job.name, "", value)
