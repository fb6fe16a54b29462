import ast
from pathlib import Path

import pytest

import api_openai.emulator as package

HOUSE = Path(package.__file__).parent
IMPURE = {"server", "__main__"}
FORBIDDEN = {
    *("asyncio", "httpx", "os", "pathlib", "random", "secrets", "select", "selectors", "signal"),
    *("socket", "ssl", "subprocess", "threading", "time", "trio", "datetime", "anyio"),
}


def imported(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def own(path: Path) -> set[str]:
    """Return the modules of the package that a module imports at its top."""
    return {
        node.module
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
    }


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda path: path.stem)
def test_machines_do_no_input_or_output(path: Path) -> None:
    if not {path.stem, path.parent.name} & IMPURE:
        assert not imported(path) & FORBIDDEN
        assert not own(path) & IMPURE
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_names_are_loaded_when_they_are_used() -> None:
    assert package.serve_in_thread.__module__.endswith(".tcp_server")
    assert package.MemoryTransport.__module__.endswith(".memory_transport")
    with pytest.raises(AttributeError, match="nothing"):
        getattr(package, "nothing")  # noqa: B009 (checkers know that it is not there)
