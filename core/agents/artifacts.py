"""The files that one turn of a session has left: looked up by path in the list of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..api.operations import beta_agents as operations
from ..programs.ids import id_of

if TYPE_CHECKING:
    from typing import Unpack

    from ..answers.binary import BinaryContent
    from ..api.types.beta_agents import SessionArtifact
    from ..programs.caller import Caller
    from ..request.options import Options


async def find(
    caller: Caller, session_id: str, turn_id: str, path: str, **options: Unpack[Options]
) -> SessionArtifact:
    """Return the artifact of this turn at `path`: one request for each page of the session's.

    Raises `ValueError` where there is none, or more than one.
    """
    listing: Any = operations.sessions_artifacts_list(session_id, **options)
    wanted = [session_id, turn_id, path]
    found: list[SessionArtifact] = []
    while listing is not None:
        page: Any = await caller.perform(listing)
        found += [
            each
            for each in page.data
            if [getattr(each, name, None) for name in ("session_id", "turn_id", "path")] == wanted
        ]
        listing = page.next_page_info()
    if len(found) != 1:
        number = "no artifact" if not found else f"{len(found)} artifacts"
        raise ValueError(f"turn {turn_id} has left {number} at {path!r}")
    return found[0]


async def content(
    caller: Caller, session_id: str, turn_id: str, path: str, **options: Unpack[Options]
) -> BinaryContent:
    """Fetch the content of the artifact of this turn at `path`; errors as `find`."""
    artifact = await find(caller, session_id, turn_id, path, **options)
    fetch = operations.sessions_artifacts_content(id_of(artifact), session_id=session_id, **options)
    return await caller.perform(fetch)
