"""Waiting for runs of assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..terms.omit import omit
from .ids import id_of
from .polling import Poll, ended, shared, until

if TYPE_CHECKING:
    from typing import Unpack

    from ..api.params.beta_threads import (
        RunCreateParams,
        RunSubmitToolOutputsParams,
        ThreadCreateAndRunParams,
    )
    from ..api.types.beta_threads import Run
    from ..request.options import Options
    from ..terms.omit import Omit
    from .caller import Caller

OVER: Final = frozenset(
    ("requires_action", "completed", "failed", "cancelled", "expired", "incomplete")
)
"""A run that requires action waits for its caller."""


async def poll(
    caller: Caller,
    run_id: str,
    thread_id: str,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> Run:
    """Look at a run until it is over or requires action.

    `GET /threads/{thread_id}/runs/{run_id}`. Between two looks are `poll_interval_ms`, else what
    the server asks for, else 1 s. After `max_wait_seconds`, if given, `PollTimeoutError` has the
    run as `last`. Look at its `status`: one that failed is returned like others.
    """
    times = Poll.of(poll_interval_ms, max_wait_seconds)
    return await _until(caller, run_id, thread_id, None, times, options)


async def create_and_poll(
    caller: Caller,
    thread_id: str,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **params: Unpack[RunCreateParams],
) -> Run:
    """Create a run and look at it until it is over or requires action.

    Takes the keywords of `create` and of `poll`. A look that fails leaves the run as it was last
    seen as `progress` of its error.
    """
    from ..api.operations.beta_threads import runs_create

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    options = shared(params)
    run = await caller.perform(runs_create(thread_id, **params))
    return await _until(caller, id_of(run), thread_id, run, times, options)


async def create_and_run_poll(
    caller: Caller,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **params: Unpack[ThreadCreateAndRunParams],
) -> Run:
    """Create a thread with a run and look at the run until it is over or requires action.

    Takes the keywords of `create_and_run` and of `runs.poll`. A look that fails leaves the run as
    it was last seen as `progress` of its error.
    """
    from ..api.operations.beta_threads import create_and_run

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    options = shared(params)
    run = await caller.perform(create_and_run(**params))
    return await _until(caller, id_of(run), run.thread_id, run, times, options)


async def submit_tool_outputs_and_poll(
    caller: Caller,
    run_id: str,
    *,
    thread_id: str,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **params: Unpack[RunSubmitToolOutputsParams],
) -> Run:
    """Give a run what its tools said and look at it until it is over or requires action again.

    Takes the keywords of `submit_tool_outputs` and of `poll`. A look that fails leaves the run as
    it was last seen as `progress` of its error.
    """
    from ..api.operations.beta_threads import runs_submit_tool_outputs

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    options = shared(params)
    submit = runs_submit_tool_outputs(run_id, thread_id=thread_id, **params)
    run = await caller.perform(submit)
    return await _until(caller, run_id, thread_id, run, times, options)


async def _until(
    caller: Caller,
    run_id: str,
    thread_id: str,
    first: Run | None,
    times: Poll,
    options: Options,
) -> Run:
    from ..api.operations.beta_threads import runs_retrieve

    shared(options)
    look = runs_retrieve(run_id, thread_id=thread_id, **options)
    return await until(caller, ended(OVER), look, times, f"run {run_id}", first)
