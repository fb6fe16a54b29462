"""Documents as no server should send them: whole ones, with something else in a few places."""

import copy
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 10**30, "", "x", "\ud83d", [], {}, [1], [None], [[{}]], {"a": 1},
    {"index": 0}, [{"index": "a"}], [{"index": 0, "id": 5}],
)  # fmt: skip


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with each of its keys or positions."""
    keys: list[Any] = [*document] if isinstance(document, dict) else [*range(len(document))]
    for key in keys:
        yield document, key
        if isinstance(document[key], dict | list):
            yield from places(document[key])


@st.composite
def damaged(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """A document with odd values in one to three places."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from([*places(changed)] or [({"": 0}, "")]))
        container[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return changed
