"""Draws the states of policies: `docs/policies/circuit-breaker.svg` and `docs/policies/health.svg`.

`python docs/draw_states.py` writes them; tests/test_policy_pages.py holds them against the code. What
leads from one state to another is the breaker's own table; of `Health` it is found by trying.
"""

import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Final, get_args

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from api_openai import Endpoint  # noqa: E402
from api_openai.core.policies.circuit_breaker import TRANSITIONS  # noqa: E402
from api_openai.policies import Condition, Health  # noqa: E402

Edges = Mapping[tuple[str, str], list[str]]
"""What leads from one state to another, in words; from a state to itself, what changes nothing."""

BOX: Final = (190, 60)
"""Width and height of a state, in pixels."""
APART: Final = 140
"""Between two states, where the words of a transition have room."""
RISE: Final = 46
"""How far an arc stands off for each state that it goes on."""
STYLE: Final = (
    "text{font:12px ui-sans-serif,sans-serif;fill:#202124;text-anchor:middle}.n{font-weight:600;"
    "font-size:15px}.s{fill:#5f6368}path{fill:none;stroke:#5f6368;stroke-width:1.5}"
)
HEAD: Final = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0L8 4L0 8" style="fill:#5f6368;stroke:none"/></marker></defs>'
)


def main() -> None:
    for path, drawing in pictures().items():
        path.write_text(drawing, encoding="utf-8")


def pictures() -> dict[Path, str]:
    """The files and what is in them."""
    folder = ROOT / "docs" / "policies"
    return {
        folder / "circuit-breaker.svg": picture("The states of a circuit", circuit()),
        folder / "health.svg": picture("The conditions of an endpoint", health()),
    }


def circuit() -> Edges:
    """The table of the circuit breaker."""
    return {
        (state, after): [event for event, other in events.items() if other == after]
        for state, events in TRANSITIONS.items()
        for after in events.values()
    }


def health() -> Edges:
    """What probes do to a condition, by the default settings with a limit to what is slow."""
    endpoint = Endpoint("http://server")
    outcomes = {"a good probe": ("", 0.1), "a slow one": ("", 9.0), "a failed one": ("down", 0.1)}
    order = ("unknown", "healthy", "degraded", "unhealthy")
    assert set(order) == {*get_args(Condition)}
    found: dict[tuple[str, str], list[str]] = {(each, each): [] for each in order}
    histories: list[tuple[str, ...]] = [()]
    for _ in range(3):
        longer = [(*before, event) for before in histories for event in outcomes]
        for history in longer:
            policy, after = Health(slow=5), "unknown"
            for event in history:
                before = after
                after = policy.probed(endpoint, *outcomes[event], 0.0)
            words = found.setdefault((before, after), [])
            if history[-1] not in words:
                words.append(history[-1])
        histories = longer
    return found


def picture(title: str, edges: Edges) -> str:
    """Return the SVG: states in a row, ways on above them and ways back below."""
    states = [*dict.fromkeys(state for state, _ in edges)]
    places = {state: at for at, state in enumerate(states)}
    spans = [places[after] - places[before] for before, after in edges]
    top, bottom = (max([0, *far]) * RISE + 24 for far in (spans, [-each for each in spans]))
    width = len(states) * (BOX[0] + APART) - APART + 32
    parts: list[str] = []
    for (before, after), events in edges.items():
        if before != after:
            parts += _arc(places[before], places[after], ", ".join(events), top)
    for state, at in places.items():
        parts += _state(state, at, top, ", ".join(edges.get((state, state), ())))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + BOX[1] + bottom}" '
        f'role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n{HEAD}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _state(name: str, at: int, top: int, stays: str) -> Iterator[str]:
    left, middle = _left(at), _left(at) + BOX[0] // 2
    yield (
        f'<rect x="{left}" y="{top}" width="{BOX[0]}" height="{BOX[1]}" rx="8" fill="#e8f0fe" '
        'stroke="#9aa0a6"/>'
    )
    yield f'<text class="n" x="{middle}" y="{top + (26 if stays else 35)}">{escape(name)}</text>'
    if stays:
        yield f'<text class="s" x="{middle}" y="{top + 46}">stays: {escape(stays)}</text>'


def _arc(start: int, end: int, words: str, top: int) -> Iterator[str]:
    """A way from one state to another, with the words at its middle."""
    on = end > start
    edge = top if on else top + BOX[1]
    away = -1 if on else 1
    far = abs(end - start) * RISE
    # Ways on and ways back leave and enter at points of their own, near ones inside of far ones.
    inset = 16 * (1 if on else -1) / abs(end - start)
    x1 = _left(start) + BOX[0] // 2 + 2 * inset
    x2 = _left(end) + BOX[0] // 2 - 2 * inset
    peak = edge + away * far * 4 / 3
    yield (
        f'<path d="M{x1:g} {edge}C{x1:g} {peak:g} {x2:g} {peak:g} {x2:g} {edge + away}" '
        'marker-end="url(#head)"/>'
    )
    y = edge + away * far + (-6 if on else 16)
    yield f'<text x="{(x1 + x2) / 2:g}" y="{y:g}">{escape(words)}</text>'


def _left(at: int) -> int:
    return 16 + at * (BOX[0] + APART)


if __name__ == "__main__":
    main()
