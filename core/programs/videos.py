"""Waiting for videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..terms.omit import omit
from .ids import id_of
from .polling import Poll, ended, shared, until

if TYPE_CHECKING:
    from typing import Unpack

    from ..api.params.videos import VideoCreateParams
    from ..api.types.videos import Video
    from ..request.options import Options
    from ..terms.omit import Omit
    from .caller import Caller

OVER: Final = frozenset(("completed", "failed"))


async def poll(
    caller: Caller,
    video_id: str,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **options: Unpack[Options],
) -> Video:
    """Look at a video until it is completed or failed: `GET /videos/{video_id}`.

    Between two looks are `poll_interval_ms`, else what the server asks for, else 1 s. After
    `max_wait_seconds`, if given, `PollTimeoutError` has the video as `last`. Look at its `status`
    and `error`: one that failed is returned like others.
    """
    return await _until(
        caller, video_id, None, Poll.of(poll_interval_ms, max_wait_seconds), options
    )


async def create_and_poll(
    caller: Caller,
    *,
    poll_interval_ms: float | Omit | None = omit,
    max_wait_seconds: float | Omit | None = omit,
    **params: Unpack[VideoCreateParams],
) -> Video:
    """Create a video and look at it until it is completed or failed.

    Takes the keywords of `create` and of `poll`. A look that fails leaves the video as it was last
    seen as `progress` of its error.
    """
    from ..api.operations.videos import create

    times = Poll.of(poll_interval_ms, max_wait_seconds)
    options = shared(params)
    video = await caller.perform(create(**params))
    return await _until(caller, id_of(video), video, times, options)


async def _until(
    caller: Caller, video_id: str, first: Video | None, times: Poll, options: Options
) -> Video:
    from ..api.operations.videos import retrieve

    shared(options)
    look = retrieve(video_id, **options)
    return await until(caller, ended(OVER), look, times, f"video {video_id}", first)
