"""Signatures, overloads and narrowing, as mypy and pyright see them.

The files beside this one are checked and never run. `assert_type` says what an expression is; a
line that must be an error carries an ignore comment for each checker, which is itself an error
where there is nothing to ignore.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
CASES: Final = sorted(path for path in HERE.glob("*.py") if not path.name.startswith(("_", "test")))
STUBS: Final = sorted((ROOT / "src" / "api_openai" / "client").rglob("*.pyi"))

WRONG: Final = """
from typing import assert_type
from api_openai import Client

def calls(client: Client) -> None:
    assert_type(client.models.retrieve("m").id, int)
    client.models.retrieve(3)
    client.models.retrieve("m")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
"""


def run(module: str, *arguments: str) -> str:
    """Run a checker and return what it prints; skips where it is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    command = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def mypy(*paths: Path) -> str:
    options = ("--no-color-output", "--no-error-summary", "--no-pretty")
    return run("mypy", *options, *map(str, paths))


def pyright(folder: Path, *paths: Path) -> str:
    """Run it with the project's settings, but for comments that are meant for mypy."""
    config = folder / "pyrightconfig.json"
    settings = {
        "include": [str(path) for path in paths],
        "extraPaths": [str(ROOT / "src")],
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    config.write_text(json.dumps(settings))
    said = run("pyright", "--project", str(config), "--pythonpath", sys.executable)
    return "\n".join(line.strip() for line in said.splitlines() if " - error" in line)


def test_mypy() -> None:
    assert mypy(*CASES) == ""


def test_pyright(tmp_path: Path) -> None:
    assert pyright(tmp_path, *CASES) == ""


def test_mypy_of_what_stubs_hide() -> None:
    """Where there is a stub mypy looks at nothing else, unless it is given the module itself."""
    assert STUBS
    options = ("--no-color-output", "--no-error-summary", "--follow-imports=silent")
    assert run("mypy", *options, *(str(stub.with_suffix(".py")) for stub in STUBS)) == ""


def test_mypy_would_say_what_is_wrong(tmp_path: Path) -> None:
    case = tmp_path / "case.py"
    case.write_text(WRONG)
    said = mypy(case).splitlines()
    assert [line.split(":")[1] for line in said if ": error:" in line] == ["6", "7", "8"]


def test_pyright_would_say_what_is_wrong(tmp_path: Path) -> None:
    case = tmp_path / "case.py"
    case.write_text(WRONG)
    said = pyright(tmp_path, case).splitlines()
    assert [line.rpartition("case.py:")[2].split(":")[0] for line in said] == ["6", "7", "8"]
