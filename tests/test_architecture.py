"""The rules of the house, read off the source: what each room may import and how cleanup is written."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("core", "transports", "emulator", "client", "bulk", "command")
IMPURE = {
    "anyio",
    "asyncio",
    "httpx",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "trio",
}


def sources(*rooms: str) -> list[Path]:
    """Every source file of the rooms."""
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything that a file imports, relative names resolved."""
    package = [*path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.lineno, node.module or ""
            else:
                base = package[: len(package) - node.level + 1]
                yield node.lineno, ".".join([*base, *(node.module or "").split(".")]).rstrip(".")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_core_imports_nothing_that_does_io(path: Path) -> None:
    found = [(line, mod) for line, mod in imports(path) if mod.partition(".")[0] in IMPURE]
    assert found == []


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_core_opens_no_file(path: Path) -> None:
    calls = [
        node.lineno
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("open", "input", "print")
    ]
    assert calls == []


DECODERS = {"Decoder", "JSONDecoder", "decode", "format", "load", "loads", "raw_decode"}
CHECK_THEMSELVES = {
    "core/terms/nesting.py": "the check",
    "core/terms/json_text.py": "checks first: a second look costs an error nothing",
    "client/compat/events.py": "decodes again, with json, for the error that the SDK has",
}


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_json_is_decoded_where_its_nesting_is_checked(path: Path) -> None:
    if name(path) in CHECK_THEMSELVES:
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and node.attr in DECODERS:
            assert ast.unparse(node.value) not in ("json", "msgspec.json"), f"line {node.lineno}"
        elif isinstance(node, ast.ImportFrom) and node.module in ("json", "msgspec.json"):
            assert not {each.name for each in node.names} & DECODERS, f"line {node.lineno}"


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_imports_between_rooms_are_relative(path: Path) -> None:
    assert [mod for _, mod in imports(path) if mod.startswith("api_openai")] == []


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_cleanup_in_core_is_synchronous(path: Path) -> None:
    found: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.AsyncWith):
            found.append(f"{node.lineno}: async with")
        elif isinstance(node, ast.AsyncFunctionDef) and any(
            isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(node)
        ):
            found.append(f"{node.lineno}: async generator")
        elif isinstance(node, ast.Try):
            cleanup = [*node.finalbody, *(stmt for each in node.handlers for stmt in each.body)]
            for stmt in cleanup:
                found += [
                    f"{each.lineno}: await in except or finally"
                    for each in ast.walk(stmt)
                    if isinstance(each, ast.Await | ast.AsyncFor)
                ]
    assert found == []


def own_nodes(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_no_lock_is_held_across_an_await(path: Path) -> None:
    found = [
        node.lineno
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.With)
        and any("lock" in ast.unparse(item.context_expr).lower() for item in node.items)
        and any(isinstance(each, ast.Await) for stmt in node.body for each in ast.walk(stmt))
    ]
    assert found == []


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_files_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    generated = any("generated" in line.lower() for line in lines[:3])
    assert generated or len(lines) <= 450


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split())


HEAVY = {"asyncio", "trio", "httpx", "ssl", "h11", "wsproto", "anyio", "pydantic"}


def test_import_loads_nothing_heavy() -> None:
    loaded = loaded_by("import api_openai")
    assert loaded & (HEAVY | {"msgspec", "socket"}) == set()
    assert {mod for mod in loaded if mod.startswith("api_openai.")} == set()


def test_a_client_loads_no_model_and_no_transport_library() -> None:
    loaded = loaded_by("from api_openai import Client; Client(api_key='x', base_url='http://x')")
    assert loaded & HEAVY == set()
    assert {mod for mod in loaded if mod.startswith("api_openai.core.api.types")} == set()


def test_an_async_client_loads_no_event_loop() -> None:
    loaded = loaded_by(
        "from api_openai import AsyncClient; AsyncClient(api_key='x', base_url='http://x')"
    )
    assert loaded & HEAVY == set()


def test_every_public_name_is_there() -> None:
    import api_openai

    for each in api_openai.__all__:
        assert getattr(api_openai, each) is not None
    assert set(api_openai.__all__) <= set(dir(api_openai))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(api_openai, "Nothing")  # noqa: B009  # checkers know that it is not there


def test_the_lazy_names_are_those_that_checkers_see() -> None:
    tree = parsed(ROOT / "src" / "api_openai" / "__init__.py")
    seen = {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for each in node.names
    }
    import api_openai

    assert seen == set(api_openai.__all__)
