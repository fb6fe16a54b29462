"""A test that hangs is named, and what it waits for is shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HANGS = """
import threading

def test_fine():
    pass

def test_waits():
    def inner_wait():
        threading.Event().wait()
    inner_wait()
"""


@pytest.mark.parametrize(("limit", "ends"), [("0.2", True), ("60", False)])
def test_a_test_that_hangs(tmp_path: Path, limit: str, ends: bool) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(HANGS if ends else HANGS.replace(".wait()", ".set()"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.limit", str(path)]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--rootdir={tmp_path}"],
        cwd=ROOT,
        env={**os.environ, "TEST_LIMIT": limit},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == (1 if ends else 0), done.stdout + done.stderr
    shown = done.stderr
    assert ("test_it.py::test_waits hangs: it has not ended within 0.2 s" in shown) is ends
    assert ("in inner_wait" in shown) is ends
    assert "test_fine" not in shown
