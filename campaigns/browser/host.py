"""The side of the tests: files for Pyodide, jobs, and servers that it may script.

It listens on loopback, and unpickles what comes: to be used with programs that the tests started.
"""

import io
import json
import pickle
import queue
import threading
import time
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.server import CLOSE, PATIENCE, Peer, Server
from tests.support.websocket import REST, Upgrade

from .views import Job, Outcome, PeerView

if TYPE_CHECKING:
    from api_openai.core.websocket.events import Event

ROOT: Final = Path(__file__).parent.parent.parent
HERE: Final = Path(__file__).parent
_TYPES: Final = {".mjs": "text/javascript", ".html": "text/html", ".wasm": "application/wasm"}


class Host:
    """Serves one program that runs Pyodide; `pyodide` and `wheels` are folders."""

    def __init__(self, pyodide: Path, wheels: Path) -> None:
        self._folders = {"pyodide": pyodide, "wheels": wheels, "here": HERE}
        self._wheels = wheels
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._servers: dict[int, Server] = {}
        self.said: list[str] = []
        """What the program wrote to its console."""
        self.lives: Callable[[], bool] = lambda: True
        """Whether the program still runs."""
        self.url = ""

    def add_folder(self, name: str, folder: Path) -> None:
        """Serve the files of one more folder."""
        self._folders[name] = folder

    def do(self, job: Job, seconds: float = 120) -> Outcome:
        """Have a job done."""
        self._jobs.put(job)
        outcome = self._outcome(job, time.monotonic() + seconds)
        for server in self._servers.values():
            server.finish(wait=False)
        self._servers.clear()
        return outcome

    def _outcome(self, job: Job, until: float) -> Outcome:
        while time.monotonic() < until:
            lives = self.lives()
            try:
                return self._outcomes.get(timeout=1)
            except queue.Empty:
                if not lives:
                    raise AssertionError(f"the program has ended with {job.name}") from None
        raise AssertionError(f"nothing came back of {job.name}; said: {self.said}")

    @contextmanager
    def serving(self) -> Generator["Host"]:
        """Listen meanwhile."""
        handler = type("Handler", (_Handler,), {"host": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self._jobs.put(None)
            server.shutdown()
            server.server_close()

    def file(self, path: str) -> tuple[bytes, str]:
        """What a path stands for, and its type."""
        if path == "/house.zip":
            return house(), "application/zip"
        if path == "/archives":
            names = [f"/wheels/{each.name}" for each in sorted(self._wheels.glob("*.whl"))]
            return json.dumps([*names, "/house.zip"]).encode(), "application/json"
        folder, _, name = path.lstrip("/").partition("/")
        found = self._folders[folder] / name
        return found.read_bytes(), _TYPES.get(found.suffix, "application/octet-stream")

    def answer(self, path: str, body: bytes) -> object:
        """Do what Pyodide asks for."""
        match path:
            case "/job":
                return self._jobs.get()
            case "/outcome":
                self._outcomes.put(pickle.loads(body))
            case "/said":
                self.said.append(body.decode())
            case "/server":
                server = Server()
                self._servers[server.port] = server
                return server.port
            case _:
                return self._ask(*pickle.loads(body))
        return None

    def _ask(self, port: int, what: str, *given: Any) -> object:
        """Ask a scripted server; what waits in it waits here."""
        server = self._servers[port]
        match what:
            case "peers":
                return [_view(number, peer) for number, peer in enumerate(server.peers)]
            case "peer" | "played":
                return _view(given[0], getattr(server, what)(given[0]))
            case "waited":
                server.peer(given[0]).waited(given[1])
            case "stalled":
                return server.stalled.wait(PATIENCE)
            case "on" if any(isinstance(each, Upgrade) for each in given):
                # Browsers tell of a close when the server has closed the connection after it.
                server.on(*given, REST, CLOSE)
            case _:
                return getattr(server, what)(*given)
        return None


def _view(number: int, peer: Peer) -> PeerView:
    heard: list[Event] = [] if peer.session is None else peer.session.heard
    return PeerView(number, [*peer.requests], bytes(peer.received), peer.failure, [*heard])


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def do_GET(self) -> None:
        try:
            data, kind = self.host.file(self.path.partition("?")[0])
        except (OSError, KeyError):
            self.send_error(404)
            return
        self._send(data, kind)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            result: tuple[bool, object] = (True, self.host.answer(self.path, body))
        except Exception as error:
            result = (False, repr(error))
        self._send(pickle.dumps(result), "application/octet-stream")

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        with suppress(ConnectionError):  # a program that was ended no longer listens
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def house() -> bytes:
    """The package, its tests and this campaign as an archive: Pyodide has a file system of its own."""
    public = ROOT / "src" / "api_openai"
    rooms = [each.name for each in public.iterdir() if (ROOT / each.name / "__init__.py").exists()]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in _files(public):
            if path.relative_to(public).parts[0] not in rooms:  # which are links there
                archive.write(path, f"api_openai/{path.relative_to(public)}")
        for room in rooms:
            for path in _files(ROOT / room):
                archive.write(path, f"api_openai/{path.relative_to(ROOT)}")
        for folder in ("tests", "campaigns/browser"):
            for path in _files(ROOT / folder):
                archive.write(path, path.relative_to(ROOT))
        archive.writestr("campaigns/__init__.py", "")
    return data.getvalue()


def _files(folder: Path) -> list[Path]:
    kinds = {".py", ".json", ".pem", ".txt"}
    return sorted(path for path in folder.rglob("*") if path.suffix in kinds and path.is_file())
