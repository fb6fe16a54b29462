"""The suite itself: a program for Python 2.7, which is installed beside the project's tools."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

SUITE: Final = "autobahntestsuite==25.10.1"
HOME: Final = Path(sys.prefix) / "autobahn"
"""Where it is installed: in the environment that runs this."""

_IS_27: Final = "import sys; sys.exit(sys.version_info[:2] != (2, 7))"


class NoPython27(Exception):
    """There is none; its text says what was tried."""


def python27() -> str:
    """Find an interpreter that runs, since what is called `python2.7` may be a shim of pyenv."""
    given = os.environ.get("PYTHON27")
    found = given or shutil.which("python2.7")
    if found is None:
        raise NoPython27("there is no python2.7 on PATH, and PYTHON27 names none")
    try:
        done = subprocess.run([found, "-c", _IS_27], capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoPython27(f"{found} does not run: {error}") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it is another version"])[0]
        raise NoPython27(f"{found} is no Python 2.7: {said} (PYTHON27 may name one)")
    return found


def installed() -> Path:
    """Install the suite unless it is, and return its program."""
    program = HOME / "bin" / "wstest"
    mark = HOME / SUITE
    if not mark.exists():
        python = python27()
        print(f"installing {SUITE} for {python}", flush=True)
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "virtualenv", "-q", "-p", python, HOME], check=True)
        inside = HOME / "bin" / "python"
        subprocess.run([inside, "-m", "pip", "-qq", "install", SUITE], check=True)
        mark.touch()
    return program


def start(program: Path, mode: str, spec: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
    """Run `wstest` in a folder, which takes its reports and what it prints."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps({"outdir": str(folder), **spec}))
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [program, "--mode", mode, "--spec", folder / "spec.json", "--webport", "0"],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def reported(folder: Path) -> dict[str, str]:
    """What a run in a folder says of each case: `OK`, or what is wrong with it."""
    [cases] = json.loads((folder / "index.json").read_text()).values()
    return {name: _verdict(case) for name, case in cases.items()}


def _verdict(case: dict[str, str]) -> str:
    messages, close = case["behavior"], case["behaviorClose"]
    return close if messages == "OK" else messages
