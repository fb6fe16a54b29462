"""Runs the programs of all frameworks, each in an environment of its own.

    python -m campaigns.frameworks [--write] [--environments FOLDER] [NAME ...]

`--write` puts the results into the table of docs/frameworks.md. A framework whose packages cannot be had
is left out, and the reason printed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from .kit import WAYS

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "frameworks.md"
BEGIN: Final = "<!-- Results: written by campaigns/frameworks -->\n"
END: Final = "<!-- end of the results -->\n"
HEAD: Final = "| | SDK alone | plain | beneath the SDK | compat |\n|---|---|---|---|---|\n"
SDK: Final = "openai==3.57.0"
NEEDED: Final = ("msgspec", "h11", "wsproto")
SECONDS: Final = 600


class Framework(NamedTuple):
    """What is installed, and the program that is run with it."""

    name: str
    packages: tuple[str, ...]

    @property
    def program(self) -> str:
        return f"with_{self.name}"


FRAMEWORKS: Final = (
    Framework("agents", ("openai-agents==0.24.0",)),
    Framework("agno", ("agno==3.1.10",)),
    Framework("autogen", ("autogen-ext[openai]==0.7.5", "autogen-agentchat==0.7.5")),
    Framework("camel", ("camel-ai==0.2.90", "mcp<2")),
    Framework("crewai", ("crewai==1.15.30",)),
    Framework("ell", ("ell-ai[sqlite]==0.0.17",)),
    Framework("griptape", ("griptape[drivers-prompt-openai]==1.13.0",)),
    Framework("guidance", ("guidance==0.3.1",)),
    Framework("haystack", ("haystack-ai==3.4.1",)),
    Framework("instructor", ("instructor==1.17.0",)),
    Framework("langchain", ("langchain-openai==1.7.4",)),
    Framework("litellm", ("litellm==1.110.2",)),
    Framework("llama_index", ("llama-index-llms-openai==0.8.3",)),
    Framework("magentic", ("magentic==0.41.1",)),
    Framework("mem0", ("mem0ai==2.2.1",)),
    Framework("mirascope", ("mirascope==2.8.2",)),
    Framework("outlines", ("outlines[openai]==1.3.3",)),
    Framework("pydantic_ai", ("pydantic-ai-slim[openai]==2.68.0",)),
    Framework("semantic_kernel", ("semantic-kernel==1.45.0",)),
    Framework("smolagents", ("smolagents[openai]==1.26.0",)),
    Framework("strands", ("strands-agents==1.62.0",)),
    Framework("braintrust", ("braintrust==0.48.1",)),
    Framework("langfuse", ("langfuse==5.0.4",)),
    Framework("langsmith", ("langsmith==0.15.1",)),
    Framework("logfire", ("logfire==5.4.0",)),
    Framework("openinference", ("openinference-instrumentation-openai==0.1.66",)),
    Framework(
        "openllmetry",
        ("opentelemetry-instrumentation-openai==0.62.4", "opentelemetry-sdk==1.45.2"),
    ),
    Framework(
        "opentelemetry",
        (
            "opentelemetry-instrumentation-openai-v2==2.3b0",
            "opentelemetry-sdk==1.45.2",
            "wrapt<2",
            "httpx",
        ),
    ),
    Framework("sentry", ("sentry-sdk==2.75.0",)),
)


class Unavailable(Exception):
    """The packages of a framework cannot be had."""


def installed(framework: Framework, home: Path) -> Path:
    """The interpreter of a framework's environment, which is made where it is not there."""
    folder = home / framework.name
    python = folder / "bin" / "python"
    done = folder / ".installed"
    wanted = "\n".join((*framework.packages, SDK, *NEEDED))
    if done.exists() and done.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder)]
    # The SDK comes second: some frameworks ask for an older one, and work with this.
    for packages in (framework.packages, (SDK, *NEEDED)):
        got = subprocess.run(
            [*pip, "install", "--quiet", *packages], capture_output=True, text=True
        )
        if got.returncode:
            lines = [line for line in got.stderr.splitlines() if line.startswith("ERROR")]
            raise Unavailable(lines[0] if lines else f"pip ended with {got.returncode}")
    done.write_text(wanted)
    return python


def results(framework: Framework, python: Path, way: str) -> dict[str, str]:
    """What went wrong with each case in one of the ways; nothing where all is right."""
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    run = subprocess.run(
        [str(python), "-m", "campaigns.frameworks.kit", framework.program, way],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    try:
        found: dict[str, str] = json.loads(run.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"the program": run.stderr[-500:]}
    return found


def row(framework: Framework, found: dict[str, dict[str, str]]) -> str:
    """A line of the table: right cases of all, in each way."""
    counts = (
        f"{sum(not wrong for wrong in cases.values())} of {len(cases)}" for cases in found.values()
    )
    return f"| {framework.packages[0]} | {' | '.join(counts)} |\n"


def write(rows: list[str]) -> None:
    """Put rows into the table; those of frameworks that were not run stay."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    known = {line.partition("==")[0]: line for line in table.splitlines(keepends=True)[2:]}
    known |= {line.partition("==")[0]: line for line in rows}
    order = [f"| {framework.packages[0].partition('==')[0]}" for framework in FRAMEWORKS]
    lines = [known[each] for each in order if each in known]
    PAGE.write_text("".join((before, BEGIN, HEAD, *lines, END, after)), "utf-8")


def main() -> int:
    """Run what is asked for; 1 where a case is right in the control and wrong in `under` or `compat`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv" / "frameworks")
    asked = parser.parse_args()
    rows: list[str] = []
    worse = 0
    for framework in FRAMEWORKS:
        if asked.names and framework.name not in asked.names:
            continue
        try:
            python = installed(framework, asked.environments)
        except Unavailable as reason:
            print(f"{framework.name}: left out: {reason}", flush=True)
            continue
        found = {way: results(framework, python, way) for way in WAYS}
        rows.append(row(framework, found))
        print(rows[-1], end="", flush=True)
        for way in WAYS:
            for name, wrong in found[way].items():
                if wrong:
                    print(f"    {way}, {name}: {wrong[:300]}", flush=True)
                lost = wrong and not found["control"].get(name, "missing")
                worse += bool(lost) and way in ("under", "compat")
    if asked.write:
        write(rows)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
