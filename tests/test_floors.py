"""The order of the floors: nothing imports what stands above it, and no package goes in a circle."""

import ast
import runpy
from pathlib import Path
from typing import Final

import pytest

from .floors import ROOT, House

HOUSE: Final = House()

TABLE: Final = """
rooms = [["core"], ["emulator", "client"]]
[floors]
core = ["ground", "roof"]
emulator = ["server"]
client = ["tree"]
[by_name]
"""

UPWARD: Final = {
    "at the top": "from ..roof.tiles import Tile\n",
    "in a function": "def f():\n    from ..roof.tiles import Tile\n    return Tile\n",
    "for checkers alone": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..roof.tiles import Tile\n"
    ),
    "by its package": "from ..roof import tiles\n",
    "by its full name": "from api_openai.core.roof import tiles\n",
    "as a module": "import api_openai.core.roof.tiles\n",
    "by a string": 'NAME = "core.roof.tiles:Tile"\n',
    "in a room above": "from ...client.tree import leaf\n",
}


def house(root: Path, **files: str) -> House:
    """A small house: `core__ground__floor="text"` is core/ground/floor.py."""
    every = {
        "core__ground__floor": "",
        "core__roof__tiles": "",
        "client__tree__leaf": "",
        "emulator__server__app": "",
    }
    for name, text in {**every, **files}.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent, path.parent.parent):
            (folder / "__init__.py").touch()
        path.write_text(text)
    table = root / "floors.toml"
    table.write_text(TABLE)
    return House(root, table)


def test_no_import_goes_upward() -> None:
    assert [str(each) for each in HOUSE.upward()] == []


def test_no_package_goes_in_a_circle() -> None:
    assert HOUSE.circles() == []


def test_every_import_by_name_is_in_the_table() -> None:
    assert set(HOUSE.by_name) == HOUSE.importing_by_name


def test_the_imports_are_read() -> None:
    assert len(HOUSE.imports) > 2000


def test_every_floor_stands_in_the_table() -> None:
    for room, floors in HOUSE.floors.items():
        found = {each.split(".")[1] for each in HOUSE.modules if each.startswith(f"{room}.")}
        assert found == set(floors)


@pytest.mark.parametrize(
    "package", [each for each in HOUSE.modules if each.count(".") == 1], ids=str
)
def test_every_floor_says_what_it_holds(package: str) -> None:
    path = ROOT.joinpath(*package.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert said
    if path.name == "__init__.py":
        assert "Uses " in said.partition("\n\n")[2]


@pytest.mark.parametrize("text", UPWARD.values(), ids=UPWARD)
def test_an_upward_import_is_found(text: str, tmp_path: Path) -> None:
    (found,) = house(tmp_path, core__ground__floor=text).upward()
    assert found.importer == "core.ground.floor"


def test_rooms_beside_each_other_know_nothing_of_each_other(tmp_path: Path) -> None:
    text = "from ...client.tree.leaf import Leaf\nfrom ...core.roof import tiles\n"
    (found,) = house(tmp_path, emulator__server__app=text).upward()
    assert found.imported == "client.tree.leaf"


def test_downward_imports_and_docstrings_are_fine(tmp_path: Path) -> None:
    text = '"""core.roof.tiles"""\nfrom ..ground.floor import x\nfrom . import other\n'
    assert house(tmp_path, core__roof__tiles=text, core__roof__other="").upward() == []


def test_a_circle_is_found_however_long(tmp_path: Path) -> None:
    found = house(
        tmp_path,
        core__roof__a="from .b import x",
        core__roof__b="def f():\n    from . import c\n",
        core__roof__c="from .a import z",
    ).circles()
    assert found == [["core.roof.a", "core.roof.b", "core.roof.c"]]


def test_the_picture_is_drawn_from_the_table() -> None:
    drawn = runpy.run_path(str(ROOT / "docs" / "draw_floors.py"))
    assert (ROOT / "docs" / "floors.svg").read_text("utf-8") == drawn["picture"]()
