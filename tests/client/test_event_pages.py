"""The code of the pages about events runs, and does what they say, against the emulator."""

from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

import api_openai
from api_openai import Client, webhooks
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Say

from ..test_docs import ROOT, blocks

SECRET: Final = "whsec_ZXhhbXBsZSBzZWNyZXQ="


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    emulator = Emulator()
    transport = MemoryTransport(emulator)
    made = partial(Client, api_key="k", transport=transport)
    monkeypatch.setattr(api_openai, "Client", made)
    return emulator


def run(page: str, known: dict[str, Any]) -> None:
    """Run the blocks of a page one after another, with the names of those before."""
    for number, tree in enumerate(blocks(ROOT / "docs" / page)):
        exec(compile(tree, f"{page}, block {number + 1}", "exec"), known)


def test_threads_and_agents(
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "main.py").write_text("print()")
    (tmp_path / "project" / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    emulator.script(Say('{"city":"Oslo","celsius":21.5}'), path="/agents/sessions/*/events")
    known: dict[str, Any] = {"__name__": "page"}
    with pytest.raises(ValueError, match=r"no artifact at '/workspace/outputs/report\.md'"):
        run("threads-and-agents.md", known)
    assert known["result"].output_parsed == known["Weather"]("Oslo", 21.5)
    said = capsys.readouterr().out
    assert said.startswith("You said")
    assert "completed\nThere was nothing to answer" in said  # the second is of the callback
    assert "failed:" not in said
    assert [each["path"] for each in known["prepared"].files] == [
        "/workspace/project/main.py",
        "/workspace/project/pyproject.toml",
    ]


def test_webhooks(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwrap(body: bytes, headers: object, secret: str) -> str:
        return secret

    client = api_openai.Client(webhook_secret=SECRET)
    about = client.responses.create(model="gpt-5", input="Hello").id
    body = b'{"id":"e","type":"response.completed","created_at":1,"data":{"id":"%b"}}'
    body %= about.encode()
    known: dict[str, Any] = {"body": body, "headers": {}}
    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "unwrap", unwrap)
        run("webhooks.md", known)
    assert known["event"] == "whsec_..."
    assert known["headers"]["webhook-id"] == "wh_1"
    known["client"] = client
    assert known["receive"](body, webhooks.sign(body, SECRET, webhook_id="wh_1")) == 200
    assert known["receive"](body, {}) == 401
    assert emulator.requests[-1].path == f"/responses/{about}"
