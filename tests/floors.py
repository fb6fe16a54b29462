"""Reads the imports of the rooms, and holds them against `docs/floors.toml`."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = "api_openai."


class Import(NamedTuple):
    """One name imported by a module: `a.b` in line 5 imports `c.d`."""

    importer: str
    line: int
    imported: str

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


class House:
    """The rooms below `root`: modules, imports, and the floors they are on."""

    def __init__(self, root: Path = ROOT, table: Path = ROOT / "docs" / "floors.toml") -> None:
        read = tomllib.loads(table.read_text("utf-8"))
        self.rooms: list[list[str]] = read["rooms"]
        self.floors: dict[str, list[str]] = read["floors"]
        self.by_name: dict[str, list[str]] = read["by_name"]
        self.importing_by_name: set[str] = set()
        """Modules that call `import_module`."""
        self._paths: dict[str, Path] = {}
        stubs: list[tuple[str, Path]] = []
        for room in self.floors:
            for path in sorted((root / room).rglob("*.py*")):
                if path.suffix in (".py", ".pyi"):
                    parts = path.relative_to(root).with_suffix("").parts
                    name = ".".join(parts).removesuffix(".__init__")
                    if path.suffix == ".py":
                        self._paths[name] = path
                    else:
                        stubs.append((name, path))
        files = [*self._paths.items(), *stubs]
        self.imports = [each for name, path in files for each in self._imports(name, path)]

    @property
    def modules(self) -> list[str]:
        """Every module and package, by its name below `api_openai`."""
        return [*self._paths]

    def package(self, module: str) -> str:
        """The package (or single file) of a room that a module is in; the room's own is the room."""
        return ".".join(module.split(".")[:2])

    def height(self, module: str) -> tuple[int, int]:
        """How high a module stands: room, then floor. A room's `__init__` is its roof."""
        room, _, rest = module.partition(".")
        storey = next(at for at, beside in enumerate(self.rooms) if room in beside)
        floors = self.floors[room]
        floor = rest.partition(".")[0]
        return storey, floors.index(floor) if floor else len(floors)

    def upward(self) -> list[Import]:
        """The imports of what stands higher, or in a room beside."""
        return [each for each in self.imports if not self._allowed(each)]

    def _allowed(self, each: Import) -> bool:
        above, below = self.height(each.importer), self.height(each.imported)
        rooms = each.importer.partition(".")[0], each.imported.partition(".")[0]
        return below <= above if rooms[0] == rooms[1] else below[0] < above[0]

    def circles(self) -> list[list[str]]:
        """Modules of one package that import each other, however long the way round."""
        known: dict[str, set[str]] = {}
        for each in self.imports:
            if self.package(each.importer) == self.package(each.imported):
                known.setdefault(each.importer, set()).add(each.imported)
        return [sorted(each) for each in _components(known) if len(each) > 1]

    def _imports(self, name: str, path: Path) -> Iterator[Import]:
        base = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
        tree = ast.parse(path.read_text("utf-8"), str(path))
        texts = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for node in ast.walk(tree):
            found: list[str] = []
            if isinstance(node, ast.ImportFrom):
                above = base[: len(base) - node.level + 1] if node.level else []
                start = ".".join([*above, *filter(None, [node.module])]).removeprefix(PACKAGE)
                found = [f"{start}.{each.name}" for each in node.names]
            elif isinstance(node, ast.Import):
                found = [each.name.removeprefix(PACKAGE) for each in node.names]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in texts:  # a docstring may speak of anything
                    found = [node.value.removeprefix(PACKAGE).partition(":")[0]]
            elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
                self.importing_by_name.add(name)
                found = self.by_name.get(name, [])
            for each in found:
                if (module := self._module(each)) is not None and module != name:
                    yield Import(name, getattr(node, "lineno", 0), module)

    def _module(self, name: str) -> str | None:
        """The module that an import of `name` loads: itself, or what it is an attribute of."""
        if name.partition(".")[0] not in self.floors or "." not in name:
            return None
        if name in self._paths:
            return name
        above = name.rpartition(".")[0]
        return above if above in self._paths else None


def _components(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of a graph."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        todo, seen = [*graph[start]], set[str]()
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo += graph.get(node, ())
        reach[start] = seen
    found: list[set[str]] = []
    for node, seen in reach.items():
        circle = {each for each in seen if node in reach.get(each, ())}
        if circle and circle not in found:
            found.append(circle)
    return found
