"""The protocol `Transport`: a way of doing I/O, as a client needs it."""

from typing import Protocol

from ...core.call.wire import Wire


class Transport(Protocol):
    """Hands out the wire that fits where it is asked: this thread, this event loop, this run."""

    def wire(self) -> Wire:
        """Return the wire of the running loop (or of all threads); as cheap as a look-up."""
        ...

    def close(self) -> None:
        """Close the idle connections. Synchronous, safe anywhere, and any number of times."""
        ...

    async def aclose(self) -> None:
        """Close the idle connections, and return once they are closed."""
        ...
