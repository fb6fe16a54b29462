"""The files in vector stores, ranked by the words that they share with a query."""

from collections.abc import Iterable
from typing import Final

from ..fake_data.texts import short, words
from ..http.json_documents import Object, text
from ..store.state import State

_LONG: Final = 600
"""How many characters of a file a search shows."""
_READ: Final = 1_000_000
"""How many of them it reads."""


def ranked(state: State, store: str, queries: Iterable[str]) -> list[Object]:
    """Return the files of a store, the best one first: id, name, score, attributes, text."""
    asked = {word.lower() for query in queries for word in words(short(query))}
    found: list[Object] = []
    for file in (state.objects.of(f"/vector_stores/{store}/files") or {}).values():
        name = text(file["id"])
        said = text_of(state, name, _READ)
        shared = asked & {word.lower() for word in words(said)}
        found.append(
            {
                "file_id": name,
                "filename": filename(state, name),
                "score": round(len(shared) / max(1, len(asked)), 4),
                "attributes": file.get("attributes") or {},
                "text": said[:_LONG],
            }
        )
    return sorted(found, key=lambda result: -score(result))


def score(result: Object) -> float:
    """Return how well a file fits."""
    value = result["score"]
    return value if isinstance(value, float) else 0.0


def text_of(state: State, file: str, most: int | None = None) -> str:
    """Return the text of a file, or its beginning."""
    stored = state.files.get(file)
    if stored is None or stored.content is None:
        return f"This is what the emulator has of the file {file}."
    return stored.content[:most].decode("utf-8", "replace")


def filename(state: State, file: str) -> str:
    """Return what a file is called."""
    stored = state.files.get(file)
    return "example.txt" if stored is None else text(stored.document["filename"])
