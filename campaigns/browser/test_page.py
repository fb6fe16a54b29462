"""The page of the examples, in Chromium: an answer of the emulator grows while it comes."""

from pathlib import Path
from typing import Final

import pytest

from api_openai.emulator import Emulator, serve_in_thread

from .host import ROOT
from .programs import HOME, Chromium, host

PAGE: Final = ROOT / "examples" / "browser" / "index.html"
SHOT: Final = HOME / "page.png"
"""The picture that is kept."""
CDN: Final = "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/pyodide.mjs"
INSTALLS: Final = """  await pyodide.loadPackage("micropip");
  await pyodide.pyimport("micropip").install("api-openai");
"""
UNPACKS: Final = """  const { unpack } = await import("/here/boot.mjs");
  await unpack(pyodide, location.origin);
"""


def local() -> str:
    """The page, with this house in place of what it would load from elsewhere."""
    text = PAGE.read_text("utf-8")
    for old, new in ((CDN, "/pyodide/pyodide.mjs"), (INSTALLS, UNPACKS)):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def until(condition: str) -> str:
    """A promise of a condition in the page."""
    return (
        "new Promise((done) => { const look = () => "
        f"({condition}) ? done(true) : setTimeout(look, 5); look() }})"
    )


def text_of(name: str) -> str:
    return f"document.getElementById({name!r})?.textContent"  # there may be none yet


def fill(chromium: Chromium, base_url: str, question: str) -> None:
    chromium.evaluate(
        f"document.getElementById('server').value = {base_url!r};"
        f"document.getElementById('question').value = {question!r}"
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(local(), "utf-8")
    return path


def test_the_page_is_short() -> None:
    assert len(PAGE.read_text("utf-8").splitlines()) <= 80


def test_an_answer_grows_token_by_token(page: Path) -> None:
    emulator = Emulator(cors="*", pace=0.2)
    with host().serving() as served, serve_in_thread(emulator) as base_url:
        served.add_folder("page", page.parent)
        with Chromium(f"{served.url}/page/index.html") as chromium:
            chromium.evaluate(until(f"{text_of('state')} === 'Ready.'"))
            fill(chromium, base_url, "Say what I said, word by word, please.")
            chromium.evaluate(
                "window.grown = [];"
                "new MutationObserver(() => grown.push(document.getElementById('answer').textContent.length))"
                ".observe(document.getElementById('answer'), { childList: true });"
                "document.getElementById('ask').click()"
            )
            chromium.evaluate(until(f"{text_of('answer')}.length > 15"))
            assert chromium.evaluate(text_of("state")) == "Asking ..."
            chromium.screenshot(SHOT)
            chromium.evaluate(until(f"{text_of('state')} === 'Done.'"))
            whole = chromium.evaluate(text_of("answer"))
            assert whole.startswith('You said: "Say what I said, word by word, please."')
            grown = chromium.evaluate("grown")
            assert len({*grown}) >= 8, grown
            assert grown == sorted(grown)
    methods = [request.method for request in emulator.requests]
    assert methods == ["POST"]
    assert SHOT.read_bytes().startswith(b"\x89PNG")


def test_stopping_tells_the_server_and_failures_say_what_to_look_for(page: Path) -> None:
    emulator = Emulator(cors="*", pace=30)
    with host().serving() as served, serve_in_thread(emulator) as base_url:
        served.add_folder("page", page.parent)
        with Chromium(f"{served.url}/page/index.html") as chromium:
            chromium.evaluate(until(f"{text_of('state')} === 'Ready.'"))
            fill(chromium, base_url, "Slowly, please.")
            click = "document.getElementById('ask').click()"
            chromium.evaluate(click)
            chromium.evaluate(until("document.getElementById('ask').textContent === 'Stop'"))
            chromium.evaluate(click)
            chromium.evaluate(until(f"{text_of('state')} === 'Stopped.'"))
            with serve_in_thread(Emulator()) as closed:  # which allows no page of another origin
                fill(chromium, closed, "Anybody there?")
                chromium.evaluate(click)
                chromium.evaluate(until(f"{text_of('state')}.includes('Error')"))
            said = chromium.evaluate(text_of("state"))
            assert said.startswith("APIConnectionError: Cannot reach http://127.0.0.1:")
            assert "does not allow this page (CORS)" in said
            assert "sk-any" not in said
