"""Every answer and every event of a stream, made from the schemas: decoded strictly, and the same again.

`tests/facts/answers.json` is made by the generator from the API description alone, and not from the
types that it made of it.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from api_openai.core.answers.pages import PageDocument
from api_openai.core.api import operations
from api_openai.core.api.type_names import codec_of
from api_openai.core.json.annotations import members
from api_openai.core.json.encode import encode
from api_openai.core.json.model import Model
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.values import type_of
from api_openai.core.request.answer_kinds import EventsAnswer, JsonAnswer, PageAnswer
from api_openai.core.request.blueprint import Blueprint

FACTS: Final = Path(__file__).parent.parent.parent / "facts"
LINES: Final[list[dict[str, Any]]] = json.loads((FACTS / "answers.json").read_text())
EVENTS: Final[dict[str, list[str]]] = json.loads((FACTS / "events.json").read_text())


_CURSORS: Final = {"first_id", "last_id", "next", "next_page"}


def types_of(line: dict[str, Any]) -> list[Any]:
    """The types that a document of a line may have: one, unless a class has several tags."""
    names: list[str] = line["type"].split(" | ")
    if "page" in line:
        page: Any = PageDocument
        return [page[codec_of(name).type] for name in names]
    return names


def refused(kind: Any, document: Any) -> str:
    """What keeps a document from being of a type, entirely; nothing if it is."""
    try:
        value = codec_of(kind).decode(json.dumps(document).encode(), strict=True)
    except Exception as error:
        return f"{kind}: {error}"
    if (found := stranger(value)) is not None:
        return f"{kind}: {found!r} has fields that its class has not"
    again = json.loads(encode(value))
    if isinstance(value, PageDocument):  # a cursor that is null is none, as one that is left out
        again = dict.fromkeys(_CURSORS & document.keys()) | again
    return "" if again == document else f"{kind}: encoded as {again}"


def stranger(value: Any) -> Any:
    """Something in a value that its types do not know."""
    if isinstance(value, Unknown) or (isinstance(value, Model) and value.model_extra):
        return value
    if isinstance(value, Model):
        inner: Any = [getattr(value, name) for name in value.__struct_fields__]
    else:
        kind = type_of(value)
        inner = value.values() if kind is dict else value if kind is list else ()
    return next((found for each in inner if (found := stranger(each)) is not None), None)


@pytest.mark.parametrize("line", LINES, ids=[line["of"] for line in LINES])
def test_decoded_strictly_and_the_same_again(line: dict[str, Any]) -> None:
    kinds = types_of(line)
    for document in line["documents"]:
        reasons = [refused(kind, document) for kind in kinds]
        assert "" in reasons, (document, reasons)


def answers() -> Iterator[tuple[str, str, bool]]:
    """Every type that an operation promises: its name, whose it is, and whether in pages."""
    for path in sorted(Path(operations.__path__[0]).glob("[a-z]*.py")):
        for blueprint in vars(import_module(f"{operations.__name__}.{path.stem}")).values():
            if isinstance(blueprint, Blueprint):
                for answer in (blueprint.answer, blueprint.events):
                    match answer:
                        case JsonAnswer(type=str(name)) | EventsAnswer(type=str(name)):
                            yield name, blueprint.name, False
                        case PageAnswer(item=str(name)):
                            yield name, blueprint.name, True
                        case _:
                            pass


def test_every_type_that_is_answered_has_its_documents() -> None:
    made = {(name, "page" in line) for line in LINES for name in line["type"].split(" | ")}
    assert len({name for name, _, _ in answers()}) > 150
    assert [of for name, of, paged in answers() if (name, paged) not in made] == []


def tags(cls: Any) -> list[str]:
    tag = cls.__struct_config__.tag
    return [tag] if isinstance(tag, str) else []


@pytest.mark.parametrize("union", EVENTS)
def test_every_event_occurs_and_is_of_its_own_class(union: str) -> None:
    lines = [line for line in LINES if line["type"] == union]
    kinds = members(codec_of(lines[0]["type"]).type)
    known = {tag: cls for cls in kinds for tag in tags(cls)}
    assert set(known) == set(EVENTS[union])
    seen: set[str] = set()
    for line in lines:
        for document in line["documents"]:
            value = codec_of(line["type"]).decode(json.dumps(document).encode(), strict=True)
            (tag,) = tags(type(value))
            assert type(value) is known[tag]
            seen.add(tag)
    assert seen == set(known)


def test_a_document_that_does_not_fit_is_refused() -> None:
    line = next(line for line in LINES if line["of"] == "Response")
    (kind,) = types_of(line)
    whole = line["documents"][-1]
    assert refused(kind, whole) == ""
    assert refused(kind, {**whole, "created_at": "late"})
    assert refused(kind, {**whole, "new": 1})
    assert refused(kind, {**whole, "output": [{"type": "new"}]})
    assert refused(kind, {key: value for key, value in whole.items() if key != "id"})
    assert msgspec.json.encode(whole)
