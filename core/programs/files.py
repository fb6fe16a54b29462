"""Waits until a file is processed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..terms.omit import omit
from .polling import Poll, ended, shared, until

if TYPE_CHECKING:
    from typing import Unpack

    from ..api.types.files import FileObject
    from ..request.options import Options
    from ..terms.omit import Omit
    from .caller import Caller

OVER: Final = frozenset(("processed", "error", "deleted"))
PAUSE: Final = 5.0
LONGEST: Final = 30 * 60.0


async def wait_for_processing(
    caller: Caller,
    id: str,
    *,
    poll_interval: float | Omit | None = omit,
    max_wait_seconds: float | None = LONGEST,
    **options: Unpack[Options],
) -> FileObject:
    """Look at a file until it is processed, deleted or in error: `GET /files/{file_id}`.

    Between two looks are `poll_interval` seconds, else what the server asks for, else 5 s. After
    `max_wait_seconds` (30 minutes; `None` is no limit) `PollTimeoutError` has the file as `last`.
    Look at its `status`: one in error is returned like others.
    """
    from ..api.operations.files import retrieve

    times = Poll.every(poll_interval, max_wait_seconds, PAUSE)
    shared(options)
    look = retrieve(id, **options)
    return await until(caller, ended(OVER), look, times, f"file {id}")
