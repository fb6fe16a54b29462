"""Documents of agents, as the API answers them."""

from typing import Any


def turn(identity: str = "t", status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    """A turn of a session."""
    return {
        "id": identity,
        "agent_id": "a",
        "created_at": 1,
        "object": "agent.session.turn",
        "session_id": "s",
        "status": status,
        **fields,
    }
