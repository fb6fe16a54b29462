"""The picture of a simulation: of the calls that begin at a time, how many are answered."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from .figures import Run

WIDTH: Final = 960
PANEL: Final = (440, 170)
GAP: Final = 32
HEAD: Final = 28
STRETCH: Final = 5.0
"""Seconds of calls that are one point."""
COLOURS: Final = {
    "none": "#5f6368",
    "retry": "#e37400",
    "breaker": "#a142f4",
    "limit": "#12a4af",
    "hedge": "#d93025",
    "failover": "#1a73e8",
    "all": "#188038",
}
"""Of the stacks that are drawn, the last on top."""


def picture(runs: Sequence[Run]) -> str:
    """Return the SVG: a panel for each server, a line for each stack."""
    servers = list(dict.fromkeys(run.server for run in runs))
    width, height = PANEL
    parts: list[str] = []
    for at, server in enumerate(servers):
        left = GAP + (at % 2) * (width + GAP)
        top = GAP + (at // 2) * (height + HEAD + GAP)
        of_server = {run.stack: run for run in runs if run.server is server}
        parts += _panel(of_server, left, top)
    rows = (len(servers) + 1) // 2
    bottom = GAP + rows * (height + HEAD + GAP)
    for number, (stack, colour) in enumerate(COLOURS.items()):
        x = GAP + number * 128
        parts.append(
            f'<line x1="{x}" y1="{bottom}" x2="{x + 24}" y2="{bottom}" stroke="{colour}" '
            'stroke-width="3"/>'
        )
        parts.append(f'<text x="{x + 30}" y="{bottom + 4}">{escape(stack)}</text>')
    style = (
        "text{font:12px ui-sans-serif,sans-serif;fill:#202124}.n{font-weight:600}.s{fill:#5f6368}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + GAP // 2}" '
        'role="img" aria-label="Share of calls that are answered, over time">\n'
        f"<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(runs: dict[str, Run], left: int, top: int) -> Iterator[str]:
    width, height = PANEL
    any_run = next(iter(runs.values()))
    server = any_run.server
    lasts = max(len(run.goodput(STRETCH)) for run in runs.values()) * STRETCH
    top += HEAD
    yield f'<text class="n" x="{left}" y="{top - 10}">{escape(server.name)}</text>'
    yield f'<text class="s" x="{left + 90}" y="{top - 10}">ill in the grey stretches</text>'
    for begin, end in server.phases:
        if begin < lasts:
            x, until = left + begin / lasts * width, left + min(end, lasts) / lasts * width
            yield (
                f'<rect x="{x:.1f}" y="{top}" width="{until - x:.1f}" height="{height}" '
                'fill="#f1f3f4"/>'
            )
    yield (f'<path d="M{left} {top}V{top + height}H{left + width}" fill="none" stroke="#9aa0a6"/>')
    for share in (0, 50, 100):
        y = top + height * (1 - share / 100)
        yield f'<text class="s" text-anchor="end" x="{left - 3}" y="{y + 4:.0f}">{share}</text>'
    for second in range(0, int(lasts) + 1, 50):
        x = left + second / lasts * width
        yield (
            f'<text class="s" text-anchor="middle" x="{x:.1f}" y="{top + height + 14}">'
            f"{second} s</text>"
        )
    for stack, colour in COLOURS.items():
        if stack in runs:
            shares = runs[stack].goodput(STRETCH)
            points = " ".join(
                f"{left + (n + 0.5) * STRETCH / lasts * width:.1f},{top + height * (1 - y):.1f}"
                for n, y in enumerate(shares)
            )
            yield (
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6" '
                'stroke-linejoin="round"/>'
            )
