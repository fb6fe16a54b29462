"""What the emulator imports: machines do no I/O, and what does is loaded when it is used."""

import ast
from pathlib import Path

import pytest

import api_openai.emulator as package

HOUSE = Path(package.__file__).parent
IMPURE = {"server", "__main__"}
"""The packages and modules that do I/O."""
FORBIDDEN = {
    *("asyncio", "httpx", "os", "pathlib", "random", "secrets", "select", "selectors", "signal"),
    *("socket", "ssl", "subprocess", "threading", "time", "trio", "datetime", "anyio"),
}


def name(path: Path) -> str:
    """A module's name in the emulator, as `http.connection`."""
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


MODULES = {name(path): path for path in sorted(HOUSE.rglob("*.py"))}
MACHINES = [each for each in MODULES if each.partition(".")[0] not in IMPURE]


def statements(module: str) -> list[ast.stmt]:
    """What a module does when it is imported."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8")).body


def outside(module: str) -> set[str]:
    """The packages that a module imports anywhere, those of this project aside."""
    found = set[str]()
    for node in (each for top in statements(module) for each in ast.walk(top)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def inside(module: str) -> set[str]:
    """The packages and modules of the emulator that a module imports at its top."""
    height = module.count(".") + 1
    return {
        (node.module or alias.name).partition(".")[0]
        for node in statements(module)
        if isinstance(node, ast.ImportFrom) and node.level == height
        for alias in node.names
    }


def test_there_are_machines_in_every_package() -> None:
    assert {each.partition(".")[0] for each in MACHINES} > {"http", "handlers", "routing", "app"}


@pytest.mark.parametrize("module", MACHINES)
def test_machines_do_no_input_or_output(module: str) -> None:
    assert not outside(module) & FORBIDDEN
    assert not inside(module) & IMPURE


@pytest.mark.parametrize("module", MODULES)
def test_files_are_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 400


def test_names_are_loaded_when_they_are_used() -> None:
    assert package.serve_in_thread.__module__.endswith(".tcp_server")
    assert package.MemoryTransport.__module__.endswith(".memory_transport")
    with pytest.raises(AttributeError, match="nothing"):
        getattr(package, "nothing")  # noqa: B009 (checkers know that it is not there)
