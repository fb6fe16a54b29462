"""The wheel and the sdist: real files, all of them, and nothing but the package in site-packages."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from api_openai import __version__

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = ("core", "transports", "emulator", "client", "bulk", "command")
NOT_SOURCE: Final = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
SCRIPTS: Final = "bin"
"""Where pip puts commands below its target, which is off the path of imports."""
DEPENDENCIES: Final = ("h11", "msgspec", "wsproto")
OPTIONAL: Final = {"anyio", "httpx", "httpx2", "trio"}


def setuptools_version() -> tuple[int, ...]:
    try:
        found = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        return (0,)
    return tuple(int(part) for part in found.split(".")[:2] if part.isdigit())


pytestmark = [
    pytest.mark.skipif(
        setuptools_version() < (77,),
        reason="setuptools 77 or newer is not installed: building would need the network",
    ),
    pytest.mark.skipif(
        not (ROOT / "src" / "api_openai" / "core").is_symlink(),
        reason="the rooms are not links here: the checkout has no symbolic links",
    ),
]


def run(*command: str, cwd: Path) -> str:
    """Run a command, without an environment that points at this checkout; what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def build(source: Path, kind: str, into: Path) -> Path:
    """Build a wheel or an sdist of a tree with the backend that pyproject.toml names."""
    into.mkdir(exist_ok=True)
    script = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(into)!r}))"
    said = run(sys.executable, "-W", "error::UserWarning", "-c", script, cwd=source)
    for complaint in ("absent from", "Deprecat", "ambiguous", "not found"):
        assert complaint not in said, said
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a checkout holds, so that building leaves nothing behind in this one."""
    copy = tmp_path_factory.mktemp("checkout") / "tree"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=NOT_SOURCE)
    return copy


@pytest.fixture(scope="module")
def sdist(tree: Path) -> Path:
    return build(tree, "sdist", tree.parent / "sdist")


@pytest.fixture(scope="module")
def wheel(tree: Path, sdist: Path) -> Path:
    """The wheel of the checkout; after the sdist, as `python -m build` orders them."""
    assert sdist.exists()
    return build(tree, "wheel", tree.parent / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel installed, and nothing else."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed in this environment")
    target = tmp_path_factory.mktemp("site")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=target)
    return target


def expected() -> set[str]:
    """The files of the package, as paths below site-packages."""
    files = {"api_openai/py.typed"}
    top = ROOT / "src" / "api_openai"
    for path in (*top.glob("*.py"), *(top / "types").rglob("*.py")):
        files.add(f"api_openai/{path.relative_to(top).as_posix()}")
    for room in ROOMS:
        for path in (*(ROOT / room).rglob("*.py"), *(ROOT / room).rglob("*.pyi")):
            files.add(f"api_openai/{path.relative_to(ROOT).as_posix()}")
    return files


def in_package(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.startswith("api_openai/")}


def test_the_wheel_holds_every_module_as_a_real_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        infos = archive.infolist()
        assert in_package(info.filename for info in infos) == expected()
        links = [info.filename for info in infos if (info.external_attr >> 28) == 0o12]
        assert links == []
        for name in expected():
            inside = archive.read(name)
            assert inside == (ROOT / "src" / name).read_bytes(), name


def test_nothing_else_lands_in_site_packages(wheel: Path, installed: Path) -> None:
    info = f"api_openai-{__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        assert {PurePosixPath(name).parts[0] for name in archive.namelist()} == {
            "api_openai",
            info,
        }
    assert {path.name for path in installed.iterdir()} - {SCRIPTS} == {"api_openai", info}


def test_the_command_is_installed(installed: Path) -> None:
    (script,) = (installed / SCRIPTS).iterdir()
    assert script.stem == "api-openai"
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(installed)!r}); "
        f"sys.argv = ['api-openai', '--version']; runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    assert run(sys.executable, "-c", code, cwd=installed) == f"api-openai {__version__}\n"


def test_the_metadata_says_what_it_needs(installed: Path) -> None:
    (found,) = importlib.metadata.distributions(path=[str(installed)])
    needed = {re.split(r"[<>=!~ ;]", each)[0] for each in found.requires or () if ";" not in each}
    assert found.version == __version__
    assert needed == set(DEPENDENCIES)
    assert found.metadata["Requires-Python"] == ">=3.11"
    assert set(found.metadata.get_all("Provides-Extra") or ()) >= OPTIONAL
    licences = [path for path in found.files or () if path.name == "LICENSE"]
    assert [path.read_text() for path in licences] == [(ROOT / "LICENSE").read_text()]


def test_no_path_of_this_machine_is_in_it(wheel: Path, sdist: Path, tree: Path) -> None:
    paths = [str(ROOT).encode(), str(tree).encode(), str(Path.home()).encode() + b"/"]
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        for member in archive:
            if (file := archive.extractfile(member)) is not None:
                contents[member.name] = file.read()
    assert [name for name, data in contents.items() if any(each in data for each in paths)] == []


def test_the_sdist_holds_real_files_and_builds_the_same_wheel(
    sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    top = f"api_openai-{__version__}"
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
        assert [member.name for member in members if not (member.isfile() or member.isdir())] == []
        names = {member.name for member in members if member.isfile()}
        for member in members:
            if (file := archive.extractfile(member)) is not None:
                path = tmp_path / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read())
    assert {f"{top}/src/{name}" for name in expected()} <= names
    assert {f"{top}/{name}" for name in ("LICENSE", "README.md", "CHANGELOG.md")} <= names
    assert not [name for name in names if name.startswith((f"{top}/tests/", f"{top}/codegen/"))]
    again = build(tmp_path / top, "wheel", tmp_path / "wheel")
    with zipfile.ZipFile(again) as second, zipfile.ZipFile(wheel) as first:
        assert sorted(second.namelist()) == sorted(first.namelist())


USE = """
import importlib, pkgutil, sys
import api_openai
from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread

with serve_in_thread(Emulator()) as base_url, Client(api_key="k", base_url=base_url) as client:
    with client.responses.create(model="gpt-5", input="Hello", stream=True) as stream:
        kinds = [event.type for event in stream]
    assert kinds[-1] == "response.completed", kinds

optional, missing = set(sys.argv[1:]), set()
for module in pkgutil.walk_packages(api_openai.__path__, "api_openai."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        assert error.name in optional, error
        missing.add(module.name)
print(api_openai.__file__, *sorted(missing), sep="\\n")
"""


def test_it_runs_with_the_declared_dependencies_alone(installed: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in DEPENDENCIES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations
        (site / name).symlink_to(spec.submodule_search_locations[0], target_is_directory=True)
    (site / "api_openai").symlink_to(installed / "api_openai", target_is_directory=True)
    script = f"import sys; sys.path.append({str(site)!r})\n{USE}"
    # -I and -S: neither this directory nor any site-packages is on the path
    said = run(
        sys.executable,
        "-I",
        "-S",
        "-c",
        script,
        *OPTIONAL,
        "openai",
        "pydantic",
        "pyodide",
        "js",
        cwd=tmp_path,
    )
    where, *missing = said.splitlines()
    assert Path(where).parent == site / "api_openai"
    optional = (
        "api_openai.client.beneath.of_httpx",
        "api_openai.client.compat.",
        "api_openai.compat",
        "api_openai.httpx",
        "api_openai.transports.emscripten.",
        "api_openai.transports.fetch.",
        "api_openai.transports.httpx.",
        "api_openai.transports.trio.",
    )
    assert [name for name in missing if not name.startswith(optional)] == []
