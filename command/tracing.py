"""What `--trace` tells on standard error: a line for each step of a call."""

import sys

from ..core.call.trace import TraceEvent
from .printing import harmless

__all__ = ["told"]


def told(event: TraceEvent) -> None:
    """Write one step."""
    said = [f"{event.seconds:9.4f} s", event.kind]
    if event.attempt > 1:
        said.append(f"attempt {event.attempt}")
    if event.status is not None:
        said.append(str(event.status))
    said += filter(None, (event.error, event.detail))
    if event.request_id is not None and event.kind != "response.head":
        said.append(f"({event.request_id})")
    sys.stderr.write(harmless(" ".join(said).replace("\n", " ")) + "\n")
    sys.stderr.flush()
