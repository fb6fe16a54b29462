"""Draws a run as bars: the official SDK, this client, the floor; shorter is better."""

from collections.abc import Iterator
from html import escape
from typing import Final

from .results import Line, Results
from .subjects.plan import Side
from .table import ratio

_WIDTH: Final = 840
_LEFT: Final = 250
"""Where bars begin; to the left is what was measured."""
_LONGEST: Final = 510
_RIGHT: Final = _WIDTH - 12
"""Where the ratios end."""
_TOP: Final = 66
_ROW: Final = 31
_BARS: Final[tuple[tuple[Side, str, str], ...]] = (
    ("official", "#9aa0a6", "official SDK"),
    ("ours", "#3b82f6", "api_openai"),
    ("floor", "#d97706", "floor, written by hand"),
)
_KINDS: Final = {"cpu": "CPU", "wall": "time", "rss": "memory", "growth": "memory"}

# One grey for text that can be read on white and on black: a picture does not know where it stands.
_STYLE: Final = (
    "text{font:12px ui-sans-serif,sans-serif;fill:#767e87}.t{font-size:15px;font-weight:600}"
    ".n{font-weight:600}.e{text-anchor:end}"
)


def draw(results: Results) -> str:
    """The SVG of the lines that have a name in the picture."""
    drawn = [line for line in results.lines if line.bar and line.ratio("official") is not None]
    height = _TOP + _ROW * len(drawn) + 30
    parts = [
        '<text class="t" x="12" y="24">Cost beside the official SDK: shorter is better</text>',
        *_legend(),
        *(part for at, line in enumerate(drawn) for part in _row(line, _TOP + _ROW * at)),
        f'<text x="12" y="{height - 10}">{escape(results.machine)}</text>',
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Cost beside the official SDK">\n<style>{_STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _legend() -> Iterator[str]:
    left = _LEFT
    for _, colour, name in _BARS:
        yield f'<rect x="{left}" y="39" width="10" height="10" rx="2" fill="{colour}"/>'
        yield f'<text x="{left + 15}" y="48">{name}</text>'
        left += 30 + 7 * len(name)
    yield f'<text class="e" x="{_RIGHT}" y="48">to the SDK</text>'


def _row(line: Line, top: int) -> Iterator[str]:
    kind = _KINDS.get(line.key, "")
    yield f'<text class="n" x="12" y="{top + 11}">{escape(line.bar)}</text>'
    yield f'<text x="12" y="{top + 24}">{kind}</text>'
    costs = [(line.value(side), colour) for side, colour, _ in _BARS]
    most = max(cost for cost, _ in costs if cost is not None)
    for at, (cost, colour) in enumerate(costs):
        if cost is not None:
            length = max(1.0, _LONGEST * cost / most)
            yield (
                f'<rect x="{_LEFT}" y="{top + 9 * at}" width="{length:.1f}" height="7" rx="1" '
                f'fill="{colour}"/>'
            )
    yield f'<text class="n e" x="{_RIGHT}" y="{top + 17}">{ratio(line.ratio("official"))}</text>'
