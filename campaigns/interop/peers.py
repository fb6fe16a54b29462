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
from typing import Any, Final, TextIO

import pytest
from tests.support.certificates import PEM
from tests.support.raw import PATIENCE, unused

HOME: Final = Path(sys.prefix) / "interop"
"""Where `make interop` installs what comes from PyPI and npm."""
LITELLM: Final = Path(sys.prefix) / "interop-litellm" / "bin" / "litellm"
"""Its proxy, which takes minutes to install, and other versions than HOME has."""
LITELLM_KEY: Final = "sk-of-the-proxy-for-interoperability"
_LITELLM_SECONDS: Final = 90
"""So long it may take to start."""
_SCRIPT: Final = Path(__file__).parent / "websockets_server.py"
_PLACES: Final = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin")
)


@contextlib.contextmanager
def running(
    *command: str | Path, to: TextIO | None = None, **environment: str
) -> Generator[subprocess.Popen[str]]:
    """Run a program, and end it; what it says goes to a pipe, or to a file."""
    env = {**os.environ, **environment}
    stdout, stderr = (subprocess.PIPE, None) if to is None else (to, subprocess.STDOUT)
    process = subprocess.Popen([*command], stdout=stdout, stderr=stderr, text=True, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def listening(port: int, process: subprocess.Popen[str], seconds: float = PATIENCE) -> None:
    """Wait until a program listens."""
    late = time.monotonic() + seconds
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
    port, tls_port = unused().port, unused().port
    settings = _NGINX.format(folder=folder, pem=PEM, port=port, tls_port=tls_port, target=target)
    with nginx_with(settings, tls_port, folder):
        yield port, tls_port


@contextlib.contextmanager
def nginx_with(settings: str, port: int, folder: Path) -> Generator[None]:
    """nginx with a configuration in which it listens on `port`."""
    program = shutil.which("nginx", path=_PLACES)
    if program is None:
        pytest.skip("nginx is not installed")
    path = folder / "nginx.conf"
    path.write_text(settings)
    with running(program, "-p", folder, "-e", folder / "error.log", "-c", path) as process:
        listening(port, process)
        yield


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


@contextlib.contextmanager
def litellm(models: dict[str, list[str]], folder: Path) -> Generator[int]:
    """LiteLLM's proxy, with the base URLs of the backends of each model; yields its port."""
    if not LITELLM.exists():
        pytest.skip("LiteLLM's proxy is not installed: `make interop LITELLM=1` does it")
    rows = [
        {
            "model_name": name,
            "litellm_params": {"model": "openai/gpt-5", "api_base": url, "api_key": "sk-backend"},
        }
        for name, urls in models.items()
        for url in urls
    ]
    document = {
        "model_list": rows,
        "router_settings": {"num_retries": 0, "cooldown_time": 60, "allowed_fails": 0},
    }
    path, port = folder / "litellm.yaml", unused().port
    path.write_text(json.dumps(document))  # JSON is YAML
    settings = ("--config", str(path), "--host", "127.0.0.1", "--port", str(port))
    environment = {"LITELLM_MASTER_KEY": LITELLM_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with (
        (folder / "log").open("w") as log,
        running(LITELLM, *settings, to=log, **environment) as process,
    ):
        listening(port, process, _LITELLM_SECONDS)
        yield port
