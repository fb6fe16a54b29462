"""Ways of doing I/O for a client: `Client(transport=...)`, `AsyncClient(transport=...)`.

A client makes its own: `BlockingTransport`, or `AutoTransport`, which is `AsyncioTransport` or
`TrioTransport` as the running loop has it; in Pyodide calls of both go through `fetch`.
`HttpxTransport` and `AsyncHttpxTransport` go through an httpx client that you have configured. `StepperTransport` leaves the waiting to an event loop of
yours, which performs the effects that `Steps` gives out.

`Transport` is what all of them are. One of your own hands out a `Wire`, which makes an `Exchange`
of each `Shipment`; `PooledWire` is one, for whoever has a `Backend`.

Each is loaded when it is first used, and what it is made with (asyncio, trio, httpx) with it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.call.backend import Address, Backend, DeadlinePassed
    from ..core.call.deadlines import Deadlines
    from ..core.call.pool import Ticket
    from ..core.call.trace import Tracer
    from ..core.call.wire import Exchange, PooledWire, Wire
    from ..core.request.endpoint import Shipment
    from ..core.request.url import Origin
    from ..core.terms.effects import Clock, Files, Tasks
    from ..core.terms.http_message import ResponseHead
    from .asyncio.transport import AsyncioTransport
    from .auto import AutoTransport
    from .blocking.transport import BlockingTransport
    from .common.tls import Tls, context_for
    from .common.transport import Transport
    from .httpx.transport import AsyncHttpxTransport, HttpxTransport
    from .stepper.effects import (
        Connect,
        Effect,
        InWorker,
        OpenFile,
        Park,
        ReadFile,
        Receive,
        Send,
        SendPart,
        SendWatching,
        Sleep,
        StartTls,
    )
    from .stepper.steps import Done, Steps
    from .stepper.transport import StepperTransport
    from .trio.transport import TrioTransport

__all__ = [
    "Address",
    "AsyncHttpxTransport",
    "AsyncioTransport",
    "AutoTransport",
    "Backend",
    "BlockingTransport",
    "Clock",
    "Connect",
    "DeadlinePassed",
    "Deadlines",
    "Done",
    "Effect",
    "Exchange",
    "Files",
    "HttpxTransport",
    "InWorker",
    "OpenFile",
    "Origin",
    "Park",
    "PooledWire",
    "ReadFile",
    "Receive",
    "ResponseHead",
    "Send",
    "SendPart",
    "SendWatching",
    "Shipment",
    "Sleep",
    "StartTls",
    "StepperTransport",
    "Steps",
    "Tasks",
    "Ticket",
    "Tls",
    "Tracer",
    "Transport",
    "TrioTransport",
    "Wire",
    "context_for",
]

if not TYPE_CHECKING:  # checkers would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        match name:
            case "Address" | "Backend" | "DeadlinePassed":
                from ..core.call import backend as home
            case "Deadlines":
                from ..core.call import deadlines as home
            case "Ticket":
                from ..core.call import pool as home
            case "Tracer":
                from ..core.call import trace as home
            case "Exchange" | "PooledWire" | "Wire":
                from ..core.call import wire as home
            case "Shipment":
                from ..core.request import endpoint as home
            case "Origin":
                from ..core.request import url as home
            case "Clock" | "Files" | "Tasks":
                from ..core.terms import effects as home
            case "ResponseHead":
                from ..core.terms import http_message as home
            case "Tls" | "context_for":
                from .common import tls as home
            case "Transport":
                from .common import transport as home
            case "AutoTransport":
                from . import auto as home
            case "BlockingTransport":
                from .blocking import transport as home
            case "AsyncioTransport":
                from .asyncio import transport as home
            case "TrioTransport":
                from .trio import transport as home
            case "HttpxTransport" | "AsyncHttpxTransport":
                from .httpx import transport as home
            case "StepperTransport":
                from .stepper import transport as home
            case "Done" | "Steps":
                from .stepper import steps as home
            case _:
                from .stepper import effects as home
        value = globals()[name] = getattr(home, name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
