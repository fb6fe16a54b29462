"""An OpenAI-compatible server without a model: in process, or on a loopback port.

    client = Client(api_key="any", transport=MemoryTransport(Emulator()))

    with serve_in_thread(Emulator()) as base_url:
        client = Client(api_key="any", base_url=base_url)

What a test can ask to go wrong is in `api_openai.emulator.faults`. `Emulator` and its machines are
pure; what does I/O (`serve_in_thread`) or waits (`MemoryTransport`) is loaded when first used.
"""

from typing import TYPE_CHECKING

from ..core.terms.sentinels import NEED_DATA
from . import faults
from .app.emulator import Emulator
from .http.actions import CloseConnection, Pause, ResetConnection, SendBytes
from .http.request import RecordedRequest, RequestHead

if TYPE_CHECKING:
    from .server.memory_transport import AsyncMemoryTransport, MemoryTransport
    from .server.tcp_server import Server, serve_in_thread

__all__ = [
    "NEED_DATA",
    "AsyncMemoryTransport",
    "CloseConnection",
    "Emulator",
    "MemoryTransport",
    "Pause",
    "RecordedRequest",
    "RequestHead",
    "ResetConnection",
    "SendBytes",
    "Server",
    "faults",
    "serve_in_thread",
]


if not TYPE_CHECKING:  # checkers would take any name for one that is there

    def __getattr__(name: str) -> object:
        match name:
            case "Server" | "serve_in_thread":
                from .server import tcp_server as home
            case "AsyncMemoryTransport" | "MemoryTransport":
                from .server import memory_transport as home
            case _:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        return getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
