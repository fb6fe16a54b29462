#!/bin/sh
# LiteLLM 1.108.7, its proxy: a backend's `Retry-After` and the code of its error do not reach the caller.
#
# A 429 of an OpenAI-compatible backend with `retry-after: 7` and the error's code `insufficient_quota` arrives
# as a 429 whose only trace of the former is a field `llm_provider-retry-after`, which no client reads, and whose
# error has the type `throttling_error` and the code `429`. `x-ratelimit-*` of the backend is passed on under its
# own name. A client behind the proxy retries by its own schedule, and retries what waiting does not mend.
#
# Seen: the fields and the error of such a 429, asked for directly and through the proxy. Installing takes
# minutes; nothing outside of this machine is talked to.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet 'litellm[proxy]==1.108.7'
"$work/venv/bin/python" - "$work" <<'PROGRAM'
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER, KEY = Path(sys.argv[1]), "sk-of-the-proxy-0123456789abcdef"
ERROR = {"message": "No more.", "type": "insufficient_quota", "code": "insufficient_quota"}


class Backend(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"error": ERROR}).encode()
        self.send_response(429)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("retry-after", "7")
        self.send_header("x-ratelimit-remaining-requests", "0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask(base_url):
    """Ask for a chat completion; the header fields and the error of the answer."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    fields = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    url = f"{base_url}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), fields)
    try:
        urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as answer:
        assert answer.code == 429, answer.code
        return answer.headers, json.load(answer)["error"]
    raise AssertionError("it answered")


def wait_for(port, process):
    for _ in range(1200):
        assert process.poll() is None, (FOLDER / "log").read_text()
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the proxy does not listen")


server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
threading.Thread(target=server.serve_forever, daemon=True).start()
backend = f"http://127.0.0.1:{server.server_port}/v1"
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
settings = {
    "model_list": [
        {
            "model_name": "m",
            "litellm_params": {"model": "openai/m", "api_base": backend, "api_key": "sk-any"},
        }
    ],
    "router_settings": {"num_retries": 0},
}
(FOLDER / "settings.yaml").write_text(json.dumps(settings))
command = [str(Path(sys.executable).parent / "litellm"), "--config", str(FOLDER / "settings.yaml")]
command += ["--host", "127.0.0.1", "--port", str(port)]
environment = {**os.environ, "LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
with (FOLDER / "log").open("w") as log:
    proxy = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
try:
    wait_for(port, proxy)
    found = {"directly": ask(backend), "through the proxy": ask(f"http://127.0.0.1:{port}/v1")}
finally:
    proxy.terminate()
    proxy.wait()
print("LiteLLM 1.108.7")
for way, (fields, error) in found.items():
    print(f"{way}:")
    for name in ("retry-after", "llm_provider-retry-after", "x-ratelimit-remaining-requests"):
        print(f"  {name}: {fields[name]}")
    print(f"  type {error['type']}, code {error['code']}")
(direct, said), (passed, told) = found.values()
assert (direct["retry-after"], said["code"]) == ("7", "insufficient_quota")
assert passed["retry-after"] is None
assert passed["llm_provider-retry-after"] == "7"
assert passed["x-ratelimit-remaining-requests"] == "0"
assert (told["type"], told["code"]) == ("throttling_error", "429")
PROGRAM
