"""Every event loop: its example runs where its package is there, and stands in the table of the docs.

`make loops` has all of the packages.
"""

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
