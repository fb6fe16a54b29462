"""What reading a session means for callers of any kind: the next event, and who is called with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ...core.programs.callbacks import settled
from ...core.terms.sentinels import END, NEED_DATA
from ...core.terms.session_errors import WebSocketConnectionClosedError

if TYPE_CHECKING:
    from ...core.realtime.channel import Channel
    from ...core.terms.sentinels import End
    from .handlers import Handlers

E = TypeVar("E")


async def following(channel: Channel[E]) -> E | End:
    """Return the next event, or `END` of a session that was closed as it should be.

    `WebSocketConnectionClosedError` for every other end.
    """
    try:
        return await channel.recv()
    except WebSocketConnectionClosedError:
        if channel.ended_well:
            return END
        raise


async def dispatch(channel: Channel[E], handlers: Handlers, *, waits: bool) -> None:
    """Call handlers with each event up to the end of the session.

    An `error` that has none is raised, as the `APIError` that it tells of.
    """
    while True:
        event = channel.pull()
        if event is NEED_DATA:
            found = await following(channel)
            if found is END:
                return
            event = found
        kind = getattr(event, "type", None)
        calls = handlers.take(kind)
        if kind == "error" and not calls:
            raise channel.reported(event)
        for call in calls:
            await settled(call(event), waits)
