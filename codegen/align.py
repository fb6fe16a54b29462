"""Makes `codegen/names.json` and `codegen/sessions.json`: what the official SDK knows besides.

`python -m codegen.align [--spec DIR]` needs the SDK installed; the generator itself does not. The
schemas of each endpoint and the type hints of the SDK's method are walked side by side, and those of
sessions over a WebSocket. What comes out are names: for each place in `openapi.json`, the SDK's
classes that stand there. Of sessions, which `drift.json` does not compare, also the fields and the
values that the SDK alone has.
"""

import argparse
import json
from importlib import import_module
from pathlib import Path
from typing import get_args, get_origin

from .align_sessions import Rows, read_sessions
from .aligner import Aligner, hints_of, members, method_of
from .description import DEFAULT, SESSIONS_FILE, Description, Side, load
from .tables import NAMES_FILE, ByPlace, Source

Names = dict[Source, dict[Side, ByPlace]]


def main() -> None:
    """Rewrite the tables."""
    parser = argparse.ArgumentParser(description="Rewrite codegen/names.json and sessions.json.")
    parser.add_argument("--spec", type=Path, default=DEFAULT)
    names, rows = align(load(parser.parse_args().spec, sessions=False))
    parts = [
        f"  {json.dumps(source)}: {{\n"
        + ",\n".join(_side(*each) for each in sides.items())
        + "\n  }"
        for source, sides in names.items()
    ]
    NAMES_FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    parts = [
        f"  {json.dumps(side)}: [\n    " + ",\n    ".join(map(json.dumps, each)) + "\n  ]"
        for side, each in rows.items()
    ]
    SESSIONS_FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def _side(side: Side, places: ByPlace) -> str:
    rows = [f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(places.items())]
    return f"  {json.dumps(side)}: {{\n" + ",\n".join(rows) + "\n  }"


def align(description: Description) -> tuple[Names, Rows]:
    """Return the classes by side and place: of every method that `openapi.json` has, of every session.

    And what the SDK alone has in sessions.
    """
    client = import_module("openai").OpenAI(api_key="none", admin_api_key="none")
    walk = Aligner(description)
    for method in description.methods:
        if not method.in_spec:
            continue
        hints = hints_of(method_of(client, method.client))
        answer = hints.pop("return")
        for kind in members(answer):
            name = getattr(get_origin(kind), "__name__", "")
            if name == "Stream":
                walk.pair("response", "", description.events(method), get_args(kind)[0])
            elif method.page:
                item = kind.__pydantic_generic_metadata__["args"][0]
                walk.pair("response", f"{method.operation}:answer", description.item(method), item)
            else:
                place = f"{method.operation}:answer"
                walk.pair("response", place, description.answer(method), kind)
        for name, schema in description.parameters(method).items():
            if name in hints:
                walk.pair("request", f"{method.operation}:{name}", schema, hints[name])
    walk.pair("response", "", description.webhooks, hints_of(client.webhooks.unwrap)["return"])
    in_sessions, rows = read_sessions(description, client)
    return {"endpoints": walk.found, "sessions": in_sessions}, rows


if __name__ == "__main__":
    main()
