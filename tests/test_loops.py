"""Every event loop: its example runs where its package is there, and stands in the table of the docs.

`make loops` has all of the packages.
"""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
EXAMPLES: Final = {
    "anyio_portal": ("anyio",),
    "gevent_greenlets": ("gevent",),
    "qt_guest": ("PySide6", "trio"),
    "tornado_service": ("tornado",),
    "trio_guest": ("trio",),
    "twisted_asyncio": ("twisted",),
    "twisted_threads": ("twisted",),
    "uvloop_runner": ("uvloop",),
}
"""Examples, and the packages they need."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_runs(name: str) -> None:
    for package in EXAMPLES[name]:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make loops has it")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"examples.loops.{name}"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    text, model, *_ = done.stdout.splitlines()
    _is_told(text, model)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_portal_runs_on_both_backends(backend: str) -> None:
    for package in ("anyio", "trio"):
        pytest.importorskip(package)
    _is_told(*importlib.import_module("examples.loops.anyio_portal").main(backend))


REACTOR: Final = """
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from api_openai import AsyncClient

async def call():
    try:
        await AsyncClient(api_key="k", base_url="http://127.0.0.1:9/v1").models.retrieve("m")
    except RuntimeError as error:
        print(error)

react(lambda reactor: Deferred.fromCoroutine(call()))
"""
CANCELLED: Final = """
import socket, threading
from twisted.internet.defer import Deferred, CancelledError
from twisted.internet.task import react
from twisted.internet.threads import deferToThread
from api_openai import APITimeoutError, Client
ended = []
over = threading.Event()
listener = socket.create_server(("127.0.0.1", 0))
def call(client):
    try:
        client.models.retrieve("m")
    except APITimeoutError as error:
        ended.append(error)
    finally:
        over.set()
async def main():
    with Client(api_key="k", base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout=0.3, max_retries=0) as client:
        d = deferToThread(call, client)
        conn, _ = await deferToThread(listener.accept)
        d.cancel()
        try:
            await d
        except CancelledError:
            print("cancelled", ended)
        over.wait(30)
        print(type(ended[0]).__name__)
react(lambda r: Deferred.fromCoroutine(main()))
"""
GREENLETS: Final = """
from gevent import monkey
monkey.patch_all()
import asyncio
import gevent
from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

async def call(base_url):
    async with AsyncClient(api_key="k", base_url=base_url) as client:
        await client.models.retrieve("gpt-5-mini")

def one(base_url):
    coroutine = call(base_url)
    try:
        asyncio.run(coroutine)
    except RuntimeError as error:
        coroutine.close()
        print(error)

with serve_in_thread(Emulator()) as base_url:
    gevent.joinall([gevent.spawn(one, base_url) for _ in range(2)], raise_error=True)
"""


@pytest.mark.parametrize(
    ("package", "program", "said"),
    [
        ("twisted", REACTOR, "no running event loop: an AsyncClient needs asyncio or trio\n"),
        ("twisted", CANCELLED, "cancelled []\nAPITimeoutError\n"),
        ("gevent", GREENLETS, "asyncio.run() cannot be called from a running event loop\n"),
    ],
)
def test_what_does_not_work(package: str, program: str, said: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: make loops has it")
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, said), done.stderr


def _is_told(text: str, model: str) -> None:
    assert text.startswith('You said: "Hello ')
    assert text.endswith("answering word by word.")
    assert model == "gpt-5-mini"


def test_every_example_is_here() -> None:
    files = {path.stem for path in (ROOT / "examples" / "loops").glob("*.py")} - {"__init__"}
    assert files == set(EXAMPLES)


def test_the_table_names_them_all() -> None:
    page = (ROOT / "docs" / "event-loops.md").read_text("utf-8")
    table = page.partition("## Which loop")[2].partition("\n## ")[0]
    named = re.findall(r"\.\./examples/([\w/]+)\.py", table)
    assert {each.removeprefix("loops/") for each in named if each.startswith("loops/")} == set(
        EXAMPLES
    )
    assert [each for each in named if not (ROOT / "examples" / f"{each}.py").exists()] == []
