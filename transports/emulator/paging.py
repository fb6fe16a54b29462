"""Lists by cursor: `after`, `limit` and `order` in, one page out."""

from collections.abc import Sequence

from .documents import Object, text
from .errors import not_found, wrong_type, wrong_value
from .exchange import Head


def page(
    items: Sequence[Object], head: Head, *, limit: int = 20, most: int = 100, order: str = "asc"
) -> Object:
    """Return the page of `items` (oldest first) that the request's query asks for."""
    order = head.query.get("order") or order
    if order not in ("asc", "desc"):
        raise wrong_value("order", f"'{order}' is neither 'asc' nor 'desc'")
    wanted = _limit(head.query.get("limit"), limit, most)
    rows = list(items) if order == "asc" else list(reversed(items))
    start = 0
    if after := head.query.get("after"):
        found = [index for index, row in enumerate(rows) if row.get("id") == after]
        if not found:
            raise not_found("object", after, param="after")
        start = found[0] + 1
    rows = rows[start:]
    shown = rows[:wanted]
    return {
        "object": "list",
        "data": shown,
        "first_id": text(shown[0].get("id")) if shown else "",
        "last_id": text(shown[-1].get("id")) if shown else "",
        "has_more": len(rows) > wanted,
    }


def _limit(given: str | None, default: int, most: int) -> int:
    if not given:
        return default
    if not given.lstrip("-").isdecimal():
        raise wrong_type("limit", "an integer", given)
    value = int(given)
    if value < 1:
        raise wrong_value("limit", f"{value} is below 1", "integer_below_min_value")
    if value > most:
        raise wrong_value("limit", f"{value} is above {most}", "integer_above_max_value")
    return value
