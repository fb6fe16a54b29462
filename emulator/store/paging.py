"""Lists by cursor: `after`, `limit` and `order` in, one page out."""

from collections.abc import Mapping, Sequence
from typing import Final

from ..http.errors import not_found, out_of_range, unsupported_value, wrong_type
from ..http.json_documents import Object, is_integer, text
from ..http.request import RequestHead


def page(
    items: Sequence[Object],
    head: RequestHead,
    *,
    limit: int = 20,
    most: int = 100,
    order: str = "asc",
) -> Object:
    """Return the page of `items` (oldest first) that the request's query asks for."""
    order = head.query.get("order") or order
    if order not in ("asc", "desc"):
        raise unsupported_value("order", order, ("asc", "desc"))
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


def listed(items: Sequence[Object], query: Mapping[str, object], kind: str) -> Object:
    """Return the page of `items` (oldest first) that a query asks for, as a kind of page has it.

    The newest come first unless `order=asc` is asked for.
    """
    rows = list(items) if query.get("order") == "asc" else list(reversed(items))
    given = query.get("limit")
    most = given if is_integer(given) else _PAGE
    if most < 1:
        raise out_of_range("limit", most, low=1, high=None)
    cursor = "page" if kind == "TokenPage" else "after"
    names = [_name(row, at) for at, row in enumerate(rows)]
    start = 0
    if after := text(query.get(cursor)):
        start = _found(names, after, cursor) + 1
    end = len(rows)
    if before := text(query.get("before")):
        end = _found(names, before, "before")
    if kind == "Page":
        return {"object": "list", "data": rows, "has_more": False}
    if before and not after:
        start = max(start, end - most)
    shown = rows[start:end][:most]
    more = len(rows[start:end]) > most
    last = names[start + len(shown) - 1] if shown else None
    document: Object = {"object": "list", "data": shown, "has_more": more}
    if kind in ("NextCursorPage", "TokenPage"):
        document["next"] = last if more else None
    else:
        document["first_id"] = names[start] if shown else None
        document["last_id"] = last
    return document


_PAGE: Final = 20


def _name(row: Object, at: int) -> str:
    return text(row.get("id")) or f"item-{at}"


def _found(names: Sequence[str], name: str, param: str) -> int:
    if name not in names:
        raise not_found("object", name, param=param)
    return names.index(name)


def _limit(given: str | None, default: int, most: int) -> int:
    if not given:
        return default
    if not given.lstrip("-").isdecimal():
        raise wrong_type("limit", "an integer", given)
    value = int(given)
    if not 1 <= value <= most:
        raise out_of_range("limit", value, low=1, high=most)
    return value
