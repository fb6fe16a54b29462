"""From a description to the files that make it up, and those onto the disk."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import (
    facade,
    facts,
    instances,
    operations,
    overloads,
    params,
    public,
    report,
    resources,
    senders,
    types,
)
from .areas import AREAS, Area
from .description import Description
from .naming import HEADER
from .roots import requests, responses

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "core/api/types",
    "core/api/params",
    "core/api/operations",
    "client/tree/resources",
    senders.EVENTS,
    senders.SOCKETS,
    facade.HOME,
)
"""The folders that hold nothing but generated files."""


def generate(description: Description, areas: Sequence[Area] = AREAS) -> dict[str, str]:
    """Return the text of every generated file by path, not formatted."""
    models = responses(description, areas)
    taken = requests(description, areas)
    names = [area.name for area in areas]
    files = {
        "core/api/types/__init__.py": _package("What the API answers, one module for each area."),
        "core/api/params/__init__.py": _package("What methods take, one module for each area."),
        "core/api/operations/__init__.py": _package(
            "Every endpoint, declared once: pure builders of `Operation`s."
        ),
        "docs/codegen-report.md": report.text(models, taken)
        + facade.report(description, areas, models, taken),
        "tests/facts/methods.json": facts.text(description, areas),
        "tests/facts/events.json": facts.events(description, models),
        "tests/facts/answers.json": instances.text(description, models),
        "tests/facts/helpers.json": facts.helpers(description),
    }
    for name in models.modules():
        files[f"core/api/types/{name}.py"] = types.module(models, name)
    for name in taken.modules():
        files[f"core/api/params/{name}.py"] = params.module(taken, models, description, name)
    chosen = [each for name in names for each in description.methods if each.area == name]
    tree = resources.tree(chosen)
    for name, text in tree.items():
        files[f"client/tree/resources/{name}.py"] = text
    for name in names:
        methods = [each for each in description.methods if each.area == name]
        files[f"core/api/operations/{name}.py"] = operations.module(
            name, methods, models, taken, description
        )
        late = senders.names_of(description, name)
        files[f"client/tree/resources/{name}.py"] = resources.module(name, methods, late)
    files |= senders.files(description, areas, models, taken)
    files |= public.files(names, {*names, *tree} - {"__init__"})
    files |= overloads.files(ROOT, files)
    return files | facade.files(description, areas, models, taken)


def _package(docstring: str) -> str:
    return f'{HEADER}\n"""{docstring}"""\n'


def ruff() -> str | None:
    """The path of ruff: that of this environment, or any."""
    return shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


def format_all(files: dict[str, str]) -> dict[str, str]:
    """Return the files as `ruff format` writes them, imports sorted and unused ones gone."""
    command = ruff()
    if command is None:
        sys.exit("generated code is formatted with ruff, which is not installed: pip install ruff")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "pyproject.toml", folder)
        for path, text in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        for arguments in (
            ["check", "--select", "I,F,RUF100", "--fix", "--quiet"],
            ["format", "--quiet"],
        ):
            subprocess.run([command, *arguments, "."], cwd=folder, check=True)
        return {path: Path(folder, path).read_text() for path in files}


def changed(files: dict[str, str], root: Path) -> list[str]:
    """The paths that differ from what is on the disk, those that should not be there included."""
    different = [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text() != text
    ]
    return sorted(different + stale(files, root))


def stale(files: dict[str, str], root: Path) -> list[str]:
    """The generated files on the disk that are generated no more."""
    found = [each for folder in FOLDERS for each in (root / folder).rglob("*.py")]
    found += [each for folder in overloads.FOLDERS for each in (root / folder).glob("*.pyi")]
    paths = [each.relative_to(root).as_posix() for each in found]
    return [path for path in paths if path not in files]


def write(files: dict[str, str], root: Path) -> list[str]:
    """Bring the disk up to date; return the paths that were written or removed."""
    different = changed(files, root)
    for path in different:
        target = root / path
        if path in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path])
        else:
            target.unlink()
    return different
