"""An OpenAI-compatible server without a model: in process, or on a loopback port.

    client = Client(api_key="any", transport=MemoryTransport(Emulator()))

    with serve_in_thread(Emulator()) as base_url:
        client = Client(api_key="any", base_url=base_url)

`Emulator` and its machines are pure; what does I/O (`serve`) or waits (`memory`) is loaded when it
is first used.
"""

from typing import TYPE_CHECKING

from .protocol.exchange import Close, Head, Reset, Seen, Send, Wait
from .server.app import Emulator

if TYPE_CHECKING:
    from .server.memory import AsyncMemoryTransport, MemoryTransport
    from .server.serve import Server, serve_in_thread

__all__ = [
    "AsyncMemoryTransport",
    "Close",
    "Emulator",
    "Head",
    "MemoryTransport",
    "Reset",
    "Seen",
    "Send",
    "Server",
    "Wait",
    "serve_in_thread",
]


def __getattr__(name: str) -> object:
    if name in ("Server", "serve_in_thread"):
        from .server import serve

        return getattr(serve, name)
    if name in ("AsyncMemoryTransport", "MemoryTransport"):
        from .server import memory

        return getattr(memory, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
