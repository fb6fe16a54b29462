"""A page in memory: as much of `js` and `pyodide.ffi` as the transports for Pyodide use.

`fetch` and `WebSocket` answer as a test scripts them. Python runs in asyncio, so that a promise is
something to be awaited.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


class JsException(Exception):
    """An error of JavaScript's."""

    def __init__(self, name: str, message: str, cause: Any = None) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.cause = name, message, cause


class Bytes:
    """A `Uint8Array`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.byteLength = len(data)

    def to_bytes(self) -> bytes:
        return self.data


class Answer:
    """A `Response`; its parts are bytes, exceptions, or a future that is waited for."""

    def __init__(
        self,
        status: int = 200,
        parts: Any = (),
        kind: str = "basic",
        text: str = "OK",
        **fields: str,
    ) -> None:
        self.status, self.statusText, self.type = status, text, kind
        self.headers = {name.replace("_", "-"): value for name, value in fields.items()}
        self._parts: Any = iter(parts or ())
        self.body: Any = SimpleNamespace(getReader=lambda: self) if parts is not None else None

    async def read(self) -> Any:
        part: Any = next(self._parts, None)
        if isinstance(part, Exception):
            raise part
        if hasattr(part, "add_done_callback"):
            return await part
        if part is None:
            return SimpleNamespace(done=True)
        return SimpleNamespace(done=False, value=Bytes(part))


class Controller:
    """An `AbortController`."""

    def __init__(self) -> None:
        self.signal = self
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


class Socket:
    """A `WebSocket`; the test plays the server with `happens`."""

    def __init__(self, url: str, protocols: list[str]) -> None:
        self.url, self.protocols = url, protocols
        self.protocol = ""
        self.bufferedAmount = 0
        self.sent: list[Any] = []
        self.closed: list[tuple[Any, ...]] = []
        self.listeners: dict[str, Callable[[Any], None]] = {}

    def send(self, data: Any) -> None:
        self.sent.append(data)

    def close(self, *words: Any) -> None:
        self.closed.append(words)

    def happens(self, name: str, **event: Any) -> None:
        if name in self.listeners:
            self.listeners[name](SimpleNamespace(**event))


class Page:
    """What tests look at: requests, sockets, controllers, and whether callers may block."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.controllers: list[Controller] = []
        self.sockets: list[Socket] = []
        self.may_block = True
        self.opens: Callable[[Socket], object] = lambda socket: None

    async def fetch(self, url: str, options: dict[str, Any]) -> Any:
        self.requests.append((url, options))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:  # which never comes
            await asyncio.get_running_loop().create_future()
        return answer

    def controller(self) -> Controller:
        self.controllers.append(Controller())
        return self.controllers[-1]

    def socket(self, url: str, protocols: list[str]) -> Socket:
        socket = Socket(url, protocols)
        self.sockets.append(socket)
        asyncio.get_running_loop().call_soon(self.opens, socket)
        return socket

    def modules(self) -> Iterator[tuple[str, ModuleType]]:
        """The modules under their names."""
        js: Any = ModuleType("js")
        js.fetch = self.fetch
        js.AbortController = SimpleNamespace(new=self.controller)
        js.WebSocket = SimpleNamespace(new=self.socket)
        js.Array = SimpleNamespace(new=_Array)
        js.Blob = SimpleNamespace(new=b"".join)
        js.Object = SimpleNamespace(fromEntries=_Entries)
        ffi: Any = ModuleType("pyodide.ffi")
        ffi.JsException = JsException
        ffi.to_js = _itself
        ffi.can_run_sync = lambda: self.may_block
        ffi.run_sync = _run_sync
        wrappers: Any = ModuleType("pyodide.ffi.wrappers")
        wrappers.add_event_listener = _listen
        wrappers.remove_event_listener = _ignore
        yield "js", js
        yield "pyodide", ModuleType("pyodide")
        yield "pyodide.ffi", ffi
        yield "pyodide.ffi.wrappers", wrappers


class _Array(list[Any]):
    def push(self, value: Any) -> None:
        self.append(value)


class _Entries(dict[str, str]):
    def to_py(self) -> dict[str, str]:
        return dict(self)


def _itself(value: Any, **how: Any) -> Any:
    return value


def _listen(socket: Socket, name: str, call: Callable[[Any], None]) -> None:
    socket.listeners[name] = call


def _ignore(socket: Socket, name: str, call: Callable[[Any], None]) -> None:
    del socket.listeners[name]


def _run_sync(program: Coroutine[Any, Any, Any]) -> Any:
    """Run a program in a loop of its own, for a caller that blocks and so has none."""
    return asyncio.run(program)


def put(page: Page, patch: pytest.MonkeyPatch) -> None:
    """Have modules of a browser, and what imports them, for one test."""
    ours = "api_openai.transports."
    for name in [*sys.modules]:
        if name.startswith((ours + "fetch", ours + "emscripten")):
            patch.delitem(sys.modules, name)
    for name, module in page.modules():
        patch.setitem(sys.modules, name, module)
    patch.setattr(sys, "platform", "emscripten")
