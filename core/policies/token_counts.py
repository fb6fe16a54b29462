"""How many tokens a call may take, and how many it took."""

import re
from typing import Any, Final

from ..request.operation import Operation

__all__ = ["estimated_tokens", "used_tokens"]

CHARACTERS: Final = 4
"""Bytes of a JSON body that are taken for one token."""

_MOST: Final = re.compile(
    rb'"(?:max_tokens|max_completion_tokens|max_output_tokens)"\s*:\s*(\d{1,9})'
)
_TOTAL: Final = b'"total_tokens"'
_NUMBER: Final = re.compile(rb"\s*:\s*(\d{1,12})")


def estimated_tokens(operation: Operation[Any, Any]) -> float:
    """A quarter of the bytes of a JSON body, and the most that it lets be generated.

    So does the API for its own limits, by characters. A body of another kind counts as none.
    """
    body = operation.body
    data = None if body is None else body.whole()
    if not data:
        return 0.0
    tokens = len(data) / CHARACTERS
    if b'"max_' in data and (most := _MOST.search(data)):
        tokens += int(most[1])
    return tokens


def used_tokens(content: bytes) -> int | None:
    """The last `total_tokens` of an answer, without decoding it; `None` where there is none."""
    place = content.rfind(_TOTAL)
    if place < 0:
        return None
    found = _NUMBER.match(content, place + len(_TOTAL))
    return int(found[1]) if found else None
