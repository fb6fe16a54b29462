"""Programs that are not ours, run on loopback ports; what is not installed skips the test."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.certificates import PEM
from tests.support.raw import PATIENCE, unused

HOME: Final = Path(sys.prefix) / "interop"
"""Where `make interop` installs what comes from PyPI and npm."""
_SCRIPT: Final = Path(__file__).parent / "websockets_server.py"
_PLACES: Final = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin")
)


@contextlib.contextmanager
def running(*command: str | Path, **environment: str) -> Generator[subprocess.Popen[str]]:
    """Run a program, and end it."""
    env = {**os.environ, **environment}
    process = subprocess.Popen([*command], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def listening(port: int, process: subprocess.Popen[str]) -> None:
    """Wait until a program listens."""
    late = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            assert process.poll() is None, f"{process.args!r} has ended"
            assert time.monotonic() < late, f"{process.args!r} does not listen"
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def websockets(kind: str, compression: str) -> Generator[int]:
    """The server of the `websockets` library, on asyncio or threads; yields its port."""
    python = HOME / "bin" / "python"
    if not python.exists():
        pytest.skip("the websockets library is not installed: `make interop` does it")
    with running(python, _SCRIPT, kind, compression) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextlib.contextmanager
def aimock(fixtures: dict[str, Any], folder: Path) -> Generator[int]:
    """The mock of OpenAI's API from npm, which takes the key `k`; yields its port."""
    program = HOME / "node_modules" / ".bin" / "llmock"
    if not program.exists():
        pytest.skip("@copilotkit/aimock is not installed: `make interop` does it where npm is")
    path = folder / "fixtures.json"
    path.write_text(json.dumps(fixtures))
    port = unused().port
    settings = ("--port", str(port), "--fixtures", str(path), "--log-level", "silent")
    with running(program, *settings, AIMOCK_API_KEYS="k") as process:
        listening(port, process)
        yield port


_NGINX: Final = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_certificate {pem}/server.pem;
  ssl_certificate_key {pem}/server.pem;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    proxy_http_version 1.1;
    location / {{
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_pass http://127.0.0.1:{target};
    }}
    location /impatient/ {{
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1s;
      proxy_pass http://127.0.0.1:{target}/;
    }}
    location /forgetful/ {{
      proxy_pass http://127.0.0.1:{target}/;
    }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(target: int, folder: Path) -> Generator[tuple[int, int]]:
    """A reverse proxy; yields its port, and that with TLS."""
    program = shutil.which("nginx", path=_PLACES)
    if program is None:
        pytest.skip("nginx is not installed")
    port, tls_port = unused().port, unused().port
    path = folder / "nginx.conf"
    path.write_text(
        _NGINX.format(folder=folder, pem=PEM, port=port, tls_port=tls_port, target=target)
    )
    with running(program, "-p", folder, "-e", folder / "error.log", "-c", path) as process:
        listening(tls_port, process)
        yield port, tls_port


@contextlib.contextmanager
def tinyproxy(folder: Path) -> Generator[int]:
    """A proxy that takes CONNECT; yields its port."""
    program = shutil.which("tinyproxy", path=_PLACES)
    if program is None:
        pytest.skip("tinyproxy is not installed")
    port = unused().port
    path = folder / "tinyproxy.conf"
    path.write_text(
        f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\nLogFile "{folder}/log"\n'
    )
    with running(program, "-d", "-c", path) as process:
        listening(port, process)
        yield port
