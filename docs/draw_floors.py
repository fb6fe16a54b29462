"""Draws `docs/floors.svg` from the table of floors and the docstrings of their packages.

`python docs/draw_floors.py` writes it; tests/test_floors.py holds it against the table.
"""

import ast
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "docs" / "floors.toml"
PICTURE: Final = ROOT / "docs" / "floors.svg"

WIDTH: Final = 960
"""Of the picture, in pixels."""
ROW: Final = 24
"""Height of a floor."""
GAP: Final = 16
HEAD: Final = 30
"""Height of a room's name."""

COLOURS: Final = {
    "core": "#e8f0fe",
    "transports": "#e6f4ea",
    "emulator": "#fef7e0",
    "client": "#fce8e6",
    "bulk": "#f3e8fd",
    "command": "#e0f7fa",
}


def main() -> None:
    PICTURE.write_text(picture(), encoding="utf-8")


def picture() -> str:
    """Return the SVG: rooms from the roof down, rooms that stand beside each other side by side."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    floors: dict[str, list[str]] = table["floors"]
    storeys: list[list[str]] = table["rooms"][::-1]
    parts: list[str] = []
    top = GAP
    for rooms in storeys:
        width = (WIDTH - GAP * (len(rooms) + 1)) // len(rooms)
        height = HEAD + ROW * max(len(floors[room]) for room in rooms) + GAP // 2
        for at, room in enumerate(rooms):
            left = GAP + at * (width + GAP)
            parts += _room(room, floors[room], left, top, width, height)
        top += height + GAP
    style = (
        "text{font:12px ui-sans-serif,sans-serif;fill:#202124}.n{font-weight:600}.r{font-size:15px}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="The floors of the house">\n<style>{style}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _room(
    room: str, floors: list[str], left: int, top: int, width: int, height: int
) -> Iterator[str]:
    yield (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="6" '
        f'fill="{COLOURS[room]}" stroke="#9aa0a6"/>'
    )
    yield f'<text class="n r" x="{left + 12}" y="{top + 20}">{room}/</text>'
    longest = max(map(len, floors))
    for row, floor in enumerate(reversed(floors)):
        y = top + HEAD + ROW * row + 16
        said = _holds(room, floor)
        room_for = (width - 24 - longest * 8) // 6  # characters, at about six pixels each
        if len(said) > room_for:
            said = said[: room_for - 1].rpartition(" ")[0].rstrip(",:;") + " …"
        yield f'<line x1="{left}" y1="{y - 16}" x2="{left + width}" y2="{y - 16}" stroke="#dadce0"/>'
        yield f'<text class="n" x="{left + 12}" y="{y}">{floor}</text>'
        yield f'<text x="{left + 24 + longest * 8}" y="{y}">{escape(said)}</text>'


def _holds(room: str, floor: str) -> str:
    """The first sentence of a package's docstring, or of a file's."""
    package, file = ROOT / room / floor / "__init__.py", ROOT / room / f"{floor}.py"
    text = (package if package.exists() else file).read_text("utf-8")
    said = ast.get_docstring(ast.parse(text)) or ""
    return " ".join(said.partition("\n\n")[0].split()).rstrip(".")


if __name__ == "__main__":
    main()
