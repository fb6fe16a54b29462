"""What runs Pyodide: Node, and a page or a worker of Chromium. Installed by `make browser`, or skipped."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from .host import HERE, Host

HOME: Final = Path(os.environ.get("BROWSER_HOME", Path(sys.prefix) / "browser"))
"""Where `make browser` installs what comes from npm and PyPI."""
PYODIDE: Final = HOME / "node_modules" / "pyodide"
WHEELS: Final = HOME / "wheels"
SECONDS: Final = 60
KINDS: Final = ("node", "node on the path", "page", "worker")
"""Where Pyodide runs. A Node that is not the newest may be without stack switching, or `WebSocket`."""


def host() -> Host:
    """The tests' side for one program; skips where there is nothing to run in it."""
    if not (PYODIDE / "pyodide.mjs").exists():
        pytest.skip(f"no npm package pyodide in {HOME}: make browser installs it, where npm is")
    if not [*WHEELS.glob("msgspec-*wasm32.whl")]:
        pytest.skip(f"no wheel of msgspec for Pyodide in {WHEELS}: make browser downloads it")
    return Host(PYODIDE, WHEELS)


def node(kind: str) -> str:
    """The Node that `make browser` has installed, or the one on the path; skips without one."""
    own = HOME / "node_modules" / ".bin" / "node"
    found = str(own) if kind == "node" and own.exists() else shutil.which("node")
    if found is None:
        pytest.skip("no node")
    return found


def chromium() -> str:
    """Chromium's program; skips without one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium: on Debian, apt-get install chromium")
    return found


@contextlib.contextmanager
def running(kind: str) -> Generator[Host]:
    """A program in which Pyodide does jobs."""
    with host().serving() as served:
        if kind.startswith("node"):
            command = [node(kind), str(HERE / "node.mjs"), str(PYODIDE), served.url]
            process = subprocess.Popen(command)
            served.lives = lambda: process.poll() is None
            try:
                yield served
            finally:
                process.kill()
                process.wait(SECONDS)
        else:
            url = f"{served.url}/here/page.html" + ("?worker" if kind == "worker" else "")
            with Chromium(url, "--disable-web-security"):  # scripted servers know no CORS
                yield served


class Chromium:
    """A headless Chromium with one page, told what to do over its pipe (DevTools Protocol)."""

    def __init__(self, url: str, *options: str) -> None:
        self._url = url
        self._options = options
        self._number = 0
        self._rest = b""

    def __enter__(self) -> "Chromium":
        import tempfile

        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs, self._to = os.pipe()
        self._from, mine = os.pipe()
        self._process = subprocess.Popen(
            [
                "bash",  # whose descriptors may have two digits
                "-c",
                f'exec "$@" 3<&{theirs} 4>&{mine}',
                "bash",
                chromium(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
                f"--user-data-dir={self._folder.name}",
                *self._options,
                "about:blank",
            ],
            pass_fds=(theirs, mine),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.close(mine)
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session: str = attached["sessionId"]
        self.ask("Page.navigate", self._session, url=self._url)
        return self

    def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        """Have a command done, and return its result."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]

    def _read(self) -> Any:
        while b"\0" not in self._rest:
            data = os.read(self._from, 1 << 20)
            assert data, "Chromium has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it comes to."""
        answer = self.ask(
            "Runtime.evaluate",
            self._session,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the page."""
        shot = self.ask("Page.captureScreenshot", self._session)
        path.write_bytes(base64.b64decode(shot["data"]))

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.wait(SECONDS)
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()
