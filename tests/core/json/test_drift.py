"""Documents of every response type there is, damaged in every way: nothing raises, nothing is lost.

Documents are made from the types themselves, so that a type added later is tested without a word.
"""

import copy
import importlib
import json
import pickle
import pkgutil
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import api_openai.core.api.types as types_package
from api_openai.core.json import codec as codecs
from api_openai.core.json import unknown_fields as extra
from api_openai.core.json.annotations import is_struct
from api_openai.core.json.codec import codec
from api_openai.core.json.encode import encode
from api_openai.core.json.model import Model, Open
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.values import type_of
from api_openai.core.terms.json_text import CodecError

from ...support.documents import make

Json = Any  # whatever json.loads returns
Place = tuple[Any, Any]
"""A container within a document, and a key or index of it."""


class Leaf(Model, tag_field="kind", tag="leaf", kw_only=True):
    kind: ClassVar[Literal["leaf"]] = "leaf"
    text: str
    numbers: list[float] | None = None
    colour: Open["red", "green"] | None = None  # noqa: F821
    labels: dict[str, str] | None = None


class Node(Model, tag_field="kind", tag="node", kw_only=True):
    kind: ClassVar[Literal["node"]] = "node"
    from_: str = msgspec.field(name="from")
    count: int
    children: "list[Node | Leaf] | None" = None
    first: "str | Leaf | list[str] | None" = None
    by_name: "dict[str, Node | Leaf] | None" = None
    anything: object = None
    required: bool | None


class Tree(Model, kw_only=True):
    root: Node | Leaf
    object: Open["tree"]  # noqa: F821
    table: list[list[int]]


def _generated() -> Iterator[type[Model]]:
    for module in pkgutil.iter_modules(types_package.__path__):
        loaded = importlib.import_module(f"{types_package.__name__}.{module.name}")
        for kind in vars(loaded).values():
            if is_struct(kind) and issubclass(kind, Model) and kind.__module__ == loaded.__name__:
                yield kind


MODELS: list[type[Model]] = [Tree, Node, Leaf, *_generated()]


STRANGE: list[Json] = [
    None, True, 0, 1.0, -1.5, 10**25, "", "x", "\ud83d", [], [None], {}, {"type": "strange"},
    {"kind": "strange", "a": 1}, [[{"x": []}]],
]  # fmt: skip
KEYS = ["new", "type", "class", "to_dict", "_x", "with-dash", 'quo"te', "\ud83d", "", "object"]


def places(document: Json) -> list[Place]:
    """Every place of a document."""
    found: list[Place] = []
    todo = [document]
    while todo:
        container = todo.pop()
        keys = container if type_of(container) is dict else range(len(container))
        for key in keys:
            found.append((container, key))
            if type_of(container[key]) in (dict, list):
                todo.append(container[key])
    return found


def damage(document: dict[str, Json], random: Random) -> None:
    """Change the document somewhere: other values, keys fewer, keys more."""
    here = random.choice([(document, None), *places(document)])
    container, key = here
    target = container if key is None else container[key]
    way = random.randrange(4)
    if way == 0 and type_of(target) is dict:
        target[random.choice(KEYS)] = copy.deepcopy(random.choice(STRANGE))
    elif way == 1 and key is not None:
        del container[key]
    elif way == 2 and key is not None:
        container[key] = [container[key]]
    elif key is not None:
        container[key] = copy.deepcopy(random.choice(STRANGE))


def check_kept(document: Json, encoded: Json, path: str = "$") -> None:
    """Fail if something of `document` is not in `encoded`; nulls count as nothing."""
    if type_of(document) is dict:
        assert type_of(encoded) is dict, path
        for key, value in document.items():
            check_kept(value, encoded.get(key), f"{path}.{key}")
        for key in encoded.keys() - document.keys():
            assert encoded[key] is None or isinstance(encoded[key], str), f"{path}.{key}: invented"
    elif type_of(document) is list:
        assert type_of(encoded) is list, path
        assert len(document) == len(encoded), path
        for index, (value, other) in enumerate(zip(document, encoded, strict=True)):
            check_kept(value, other, f"{path}[{index}]")
    # A tag that is null, empty or missing is encoded as it should be.
    elif document is not None and (document, path.rpartition(".")[2]) != ("", "type"):
        assert document == encoded or float(document) == encoded, path


def check_fitting(kind: type[Model], random: Random) -> None:
    document = make(kind, random)
    value = codec(kind).decode(json.dumps(document).encode(), strict=True)
    assert type(value) is kind
    assert value.to_dict() == document
    assert meta(value).issues == ()
    check_kept(document, json.loads(encode(value)))


def check_damaged(kind: type[Model], random: Random) -> None:
    document = make(kind, random)
    for _ in range(random.randrange(1, 7)):
        damage(document, random)
    raw = json.dumps(document).encode()
    value: Any = codec(kind).decode(raw)
    assert isinstance(value, kind) or type_of(value) is Unknown
    assert meta(value).raw == raw
    assert value.to_dict() == document
    assert repr(value)
    clone = pickle.loads(pickle.dumps(value))
    assert clone == value
    assert meta(clone) == meta(value)
    check_kept(document, json.loads(encode(value)))
    if type_of(value) is not Unknown:
        check_kept(document, value.model_dump())


def check_damaged_bytes(kind: type[Model], random: Random) -> None:
    whole = json.dumps(make(kind, random)).encode()
    position = random.randrange(len(whole) + 1)
    insertion = random.randbytes(random.randrange(3))
    data = whole[:position] + insertion + whole[position + random.randrange(3) :]
    try:
        value: object = codec(kind).decode(data)
    except CodecError:
        return
    assert value is None or meta(value).raw == data


@pytest.fixture(autouse=True)
def no_classes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded for the process, and no other test shall have used them up."""
    monkeypatch.setattr(extra, "_classes", {})
    monkeypatch.setattr(codecs, "_codecs", {})  # which may have learnt some


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__qualname__)
def test_every_type(kind: type[Model]) -> None:
    for seed in range(3):
        check_fitting(kind, Random(f"{kind.__qualname__} {seed}"))
        check_damaged(kind, Random(f"{kind.__qualname__} {seed}"))
        check_damaged_bytes(kind, Random(f"{kind.__qualname__} {seed}"))
    empty = codec(kind).decode(b"{}")
    assert isinstance(empty, kind)
    assert empty.to_dict() == {}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(MODELS), st.integers(0, 2**64))
def test_any_type_and_damage(kind: type[Model], seed: int) -> None:
    check_fitting(kind, Random(seed))
    check_damaged(kind, Random(seed))
    check_damaged_bytes(kind, Random(seed))
