"""Writes `tests/facts/methods.json`: what tests must know of the methods without the description."""

import json
from collections.abc import Sequence

from .areas import Area
from .description import Description, Method


def text(description: Description, areas: Sequence[Area]) -> str:
    """Return the methods of `areas` as JSON, one in each line."""
    names = {area.name for area in areas}
    rows = [json.dumps(_row(each)) for each in description.methods if each.area in names]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def _row(method: Method) -> dict[str, object]:
    return {
        "client": method.client,
        "aliases": list(method.aliases),
        "method": method.verb,
        "path": method.path,
        "params": [
            {"name": each.name, "in": each.where, "required": each.required}
            | ({"positional": True} if each.positional else {})
            for each in method.params
        ],
        "answer": "bytes" if method.binary else method.answer,
        "events": method.events,
        "page": method.page,
        "files": list(method.files),
        "headers": dict(method.headers),
        "admin": method.admin,
    }
