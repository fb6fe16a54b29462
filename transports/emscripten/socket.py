"""One `WebSocket` of the browser, which is spoken to in frames."""

from __future__ import annotations

import asyncio
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ...core.terms.errors import APIConnectionError
from ...core.terms.sentinels import NEED_DATA
from ...core.websocket.events import Binary, Close, Text
from ...core.websocket.machine import State, WebSocket
from .runtime import ffi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.request.url import Origin
    from ...core.websocket.events import Event

js: Final[Any] = import_module("js")
wrappers: Final[Any] = import_module("pyodide.ffi.wrappers")

MAX_UNSENT: Final = 1 << 20
"""Bytes that the browser may keep of what was sent; beyond, who sends waits."""
MAX_UNREAD: Final = 64 << 20
"""Bytes that are kept of what nobody has received. A browser cannot hold a server back."""

_ABNORMAL: Final = 1006
_NO_CODE: Final = 1005


class Socket:
    """The browser's connection, with the server's side of the core's machine in front of it."""

    def __init__(self, origin: Origin, url: str, subprotocols: Sequence[str]) -> None:
        self.open = False
        self.ended = False
        """Whether nothing more will come."""
        self._origin = origin
        self._machine = WebSocket("server", max_message=1 << 62)
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._broken = ""
        self._gate: asyncio.Future[None] | None = None
        self._socket = js.WebSocket.new(url, ffi.to_js(subprotocols))
        self._socket.binaryType = "arraybuffer"
        self._handlers = {
            "open": self._on_open,
            "message": self._on_message,
            "close": self._on_close,
        }
        for name, handler in self._handlers.items():
            wrappers.add_event_listener(self._socket, name, handler)

    @property
    def protocol(self) -> str:
        """The subprotocol that the server chose."""
        chosen: str = self._socket.protocol
        return chosen

    @property
    def full(self) -> bool:
        """Whether the browser has enough to send."""
        unsent: int = self._socket.bufferedAmount
        return unsent > MAX_UNSENT and not self.ended

    @property
    def readable(self) -> bool:
        """Whether something has come, or the end."""
        return bool(self._frames) or self.ended

    def news(self) -> asyncio.Future[None]:
        """Return what is done when something comes, or the end."""
        self._gate = asyncio.get_running_loop().create_future()
        return self._gate

    # What the browser calls.

    def _on_open(self, event: Any) -> None:
        self.open = True
        self._spread_news()

    def _on_message(self, event: Any) -> None:
        data = event.data
        if isinstance(data, str):
            self._came(Text(data.encode()), len(data))
        else:
            self._came(Binary(data.to_bytes()), data.byteLength)

    def _on_close(self, event: Any) -> None:
        for name, handler in self._handlers.items():
            wrappers.remove_event_listener(self._socket, name, handler)
        self._handlers.clear()
        if not self.ended:
            if event.code == _ABNORMAL:
                self._broken = "it broke, and a browser does not say why"
            else:
                code = None if event.code == _NO_CODE else event.code
                self._came(Close(code, event.reason), 0)
            self.ended = True
        self._spread_news()

    def _came(self, event: Event, size: int) -> None:
        if self.ended or self._machine.sending is not State.OPEN:
            return
        if self._frames and self._size + size > MAX_UNREAD:
            self._broken = f"more than {MAX_UNREAD} bytes came that nobody received"
            self.ended = True
            self._socket.close()
        else:
            self._size += size
            self._frames.append(self._machine.send(event))
        self._spread_news()

    def _spread_news(self) -> None:
        if self._gate is not None and not self._gate.done():
            self._gate.set_result(None)

    # What the session calls.

    def receive(self) -> bytes:
        """Return the frames that have come; `b""` is the end, after which there is nothing."""
        if not self._frames and self._broken:
            raise self._lost("receiving", self._broken)
        data = b"".join(self._frames)
        self._frames.clear()
        self._size = 0
        return data

    def send(self, data: bytes) -> None:
        """Hand frames of the client's over to the browser."""
        if self.ended:
            raise self._lost("sending", self._broken or "it is closed")
        self._machine.receive_data(data)
        while self._machine.receiving is State.OPEN:
            event = self._machine.next_event()
            if event is NEED_DATA:
                break
            match event:
                case Text(data):
                    self._socket.send(data.decode())
                case Binary(data):
                    self._socket.send(ffi.to_js(data))
                case Close(code, reason):
                    self.close(code, reason)
                case _:  # a pong: the browser answers pings by itself
                    pass

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Begin to close, with what code browsers let through. Any number of times."""
        if code is not None and (code == 1000 or 3000 <= code <= 4999):
            self._socket.close(code, reason)
        else:
            self._socket.close()

    def abort(self) -> None:
        """Close, for nobody listens any more."""
        self.ended = True
        self._frames.clear()
        self.close()

    def _lost(self, doing: str, why: str) -> APIConnectionError:
        return APIConnectionError(f"Connection to {self._origin} failed while {doing}: {why}")
