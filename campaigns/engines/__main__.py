"""Runs the tests of each engine in an environment of its own, and what it does in a second.

    python -m campaigns.engines [--write] [--environments FOLDER] [NAME ...]

`--write` puts the figures into docs/bulk-engines.md. An engine whose packages cannot be had is left out,
and the reason printed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "bulk-engines.md"
BEGIN: Final = "<!-- Figures: written by campaigns/engines -->\n"
END: Final = "<!-- end of the figures -->\n"
NEEDED: Final = ("msgspec", "h11", "wsproto", "redis>=6", "pytest>=8")


class Engine(NamedTuple):
    """What is installed, and what is run with it."""

    name: str
    packages: tuple[str, ...]
    figures: bool = False
    """Whether there is a program of figures."""


ENGINES: Final = (
    Engine(
        # Without typing_extensions `import ray.data` fails; the HTTP stage needs the other two.
        "ray",
        ("ray[data]==2.60.*", "typing_extensions", "aiohttp", "pydantic"),
        figures=True,
    ),
    Engine("dask", ("distributed==2026.8.*",)),
)


class Unavailable(Exception):
    """The packages of an engine cannot be had."""


def installed(engine: Engine, home: Path) -> Path:
    """The interpreter of an engine's environment, which is made where it is not there."""
    folder = home / engine.name
    python, done = folder / "bin" / "python", folder / ".installed"
    wanted = "\n".join((*engine.packages, *NEEDED))
    if done.exists() and done.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder)]
    packages = (*engine.packages, *NEEDED)
    got = subprocess.run([*pip, "install", "--quiet", *packages], capture_output=True, text=True)
    if got.returncode:
        lines = [line for line in got.stderr.splitlines() if line.startswith("ERROR")]
        raise Unavailable(lines[0] if lines else f"pip ended with {got.returncode}")
    done.write_text(wanted)
    return python


def environment() -> dict[str, str]:
    """What the programs find in their environment."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def tested(engine: Engine, python: Path) -> bool:
    """Run the tests of an engine; whether all went well."""
    tests = f"campaigns/engines/test_on_{engine.name}.py"
    options = ("-q", "-rs", "--show-capture=no", "-W", "ignore", "-p", "no:cacheprovider")
    command = [str(python), "-m", "pytest", tests, *options]
    return subprocess.run(command, cwd=ROOT, env=environment()).returncode == 0


def figures(engine: Engine, python: Path) -> dict[str, float]:
    """Run the program of figures of an engine."""
    command = [str(python), "-m", f"campaigns.engines.throughput_on_{engine.name}"]
    run = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def table(found: dict[str, float]) -> str:
    """The figures as a table."""
    lines = (
        "| one worker, 50 ms a call | rows a second | of the HTTP stage |\n|---|---|---|\n",
        f"| Ray Data's HTTP stage | {found['stage']:.0f} | 1 |\n",
        f"| `Calls`, 64 in flight | {found['calls']:.0f} | {found['calls'] / found['stage']:.0f} |\n",
    )
    return "".join(lines)


def write(found: dict[str, float]) -> None:
    """Put figures into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text("".join((before, BEGIN, table(found), END, rest.partition(END)[2])), "utf-8")


def main() -> int:
    """Run what is asked for; 1 where a test has failed, or `Calls` are less than 40 times as fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv" / "engines")
    asked = parser.parse_args()
    well = True
    for engine in ENGINES:
        if asked.names and engine.name not in asked.names:
            continue
        try:
            python = installed(engine, asked.environments)
        except Unavailable as reason:
            print(f"{engine.name}: left out: {reason}", flush=True)
            continue
        well &= tested(engine, python)
        if engine.figures:
            found = figures(engine, python)
            print(table(found), end="", flush=True)
            well &= found["calls"] >= 40 * found["stage"]
            if asked.write:
                write(found)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
