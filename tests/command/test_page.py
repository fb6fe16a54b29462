"""The page of the command: its lines run in a shell, and its table of answers is true."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import api_openai
from api_openai.command.words import is_method
from api_openai.emulator import Emulator, serve_in_thread

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = (ROOT / "docs" / "command.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SAID: Final = {
    "models list --all": '"object":"model"',
    '\'{"team": "red"}\'': '"metadata":{"team":"red"}',
    "--stream --emulator": '"type":"response.completed"',
    "--file lines.jsonl": '"filename":"lines.jsonl"',
    "--until response.done": '"type":"response.done"',
    "--curl": 'Bearer $OPENAI_API_KEY"',
    'echo "ended with $?"': "ended with 34",
}
"""What comes of some of the lines."""


@pytest.fixture(scope="module")
def shell() -> str:
    path = shutil.which("bash")
    if path is None:
        pytest.skip("bash is not installed")
    return path


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_blocks_run(block: str, shell: str, tmp_path: Path) -> None:
    own = tmp_path / "bin" / "api-openai"
    own.parent.mkdir()
    source = Path(api_openai.__file__).parent.parent
    own.write_text(f'#!/bin/sh\nPYTHONPATH={source} exec {sys.executable} -m api_openai "$@"\n')
    own.chmod(0o755)
    with serve_in_thread(Emulator()) as base_url:
        environment = {
            "PATH": f"{own.parent}:{os.environ['PATH']}",
            "OPENAI_API_KEY": "sk-of-the-page-0123456789",
            "OPENAI_BASE_URL": base_url,
        }
        ran = subprocess.run(
            [shell, "-euo", "pipefail", "-c", block.replace("| head -n 1", "")],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    for line, said in SAID.items():
        if line in block:
            assert said in ran.stdout


def test_what_is_said_is_looked_for() -> None:
    assert [line for line in SAID if not any(line in block for block in BLOCKS)] == []
    assert len(BLOCKS) >= 7


def test_the_methods_that_are_not_there_are_those_of_several_calls() -> None:
    for name in ("videos.create_and_poll", "responses.parse"):
        assert not is_method(name)
