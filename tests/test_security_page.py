"""SECURITY.md: each line of the threat model names a test, and the test is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_line_names_tests_that_exist() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 25
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]
    assert missing == []


def test_what_has_no_test_is_said_to_be_possible() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    bare = [line for line in page.splitlines() if line.startswith("| ") and line.endswith("| |")]
    assert all(line.startswith(("| can ", "| are in memory")) for line in bare)
