"""What answers say is read by the same names as with the official SDK: every class, every field."""

import ast
import importlib
import inspect
import json
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from api_openai.core.json.codec import Codec
from api_openai.core.json.model import Model
from api_openai.core.json.values import is_list, is_object

from ..core.api.test_types import document
from ..support.methods import METHODS

PATHS: typing.Final = {each.name for method in METHODS for each in method.of("path")}


@pytest.fixture(scope="module")
def construct() -> Any:
    """What makes an object of a class of the SDK from a document."""
    pytest.importorskip("openai", reason="the official SDK is not installed")
    return importlib.import_module("openai._models").construct_type


def pairs() -> Iterator[tuple[Any, Any]]:
    """The classes of answers that both have, under one name: (ours, theirs)."""
    for ours, theirs in both():
        if fields(theirs) and inspect.isclass(ours) and issubclass(ours, Model):
            yield ours, theirs


def typed_dicts() -> Iterator[tuple[Any, Any]]:
    """The typed dicts that both have, under one name: (ours, theirs)."""
    for ours, theirs in dict.fromkeys(both()):
        if hasattr(theirs, "__required_keys__") and typing.is_typeddict(ours):
            yield ours, theirs


def both() -> Iterator[tuple[Any, Any]]:
    """What both have under one name, where it is a class of theirs: (ours, theirs)."""
    package: Any = importlib.import_module("openai.types")
    found = (
        "openai.types",
        *(each.name for each in pkgutil.walk_packages(package.__path__, "openai.types.")),
    )
    for name in found:
        ours = f"api_{name}"
        for key, theirs in vars(importlib.import_module(name)).items():
            if inspect.isclass(theirs):
                try:
                    yield getattr(importlib.import_module(ours), key), theirs
                except (ImportError, AttributeError):
                    continue  # a part of another class, which has a name of its own here


def fields(kind: Any) -> set[str]:
    """The fields of a class of the SDK; of what is none, none."""
    return set(getattr(kind, "model_fields", ()))


def differences(ours: Any, theirs: Any, at: str) -> Iterator[str]:
    """Where two objects made from one document differ."""
    if known := fields(type(theirs)):
        for name in known & theirs.model_fields_set:
            where = f"{type(theirs).__name__}.{name}"
            if hasattr(ours, name):
                yield from differences(getattr(ours, name), getattr(theirs, name), where)
            else:
                yield f"{where} is not there"
    elif is_list(ours) and is_list(theirs) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from differences(one, other, at)
    elif is_object(ours) and is_object(theirs) and ours.keys() == theirs.keys():
        for key, value in ours.items():
            yield from differences(value, theirs[key], at)
    elif not (ours == theirs or (isinstance(ours, Model) and is_object(theirs))):
        yield f"{at} is {ours!r}, not {theirs!r}"  # a dict is what the SDK had no class for


@pytest.mark.parametrize("full", [False, True], ids=["least", "full"])
def test_objects_of_one_document_say_the_same(construct: Any, full: bool) -> None:
    found: set[str] = set()
    count = 0
    for ours, theirs in dict(pairs()).items():
        given = document(ours, full=full)
        made: Any = Codec[Any](ours).decode(json.dumps(given).encode())
        found.update(differences(made, construct(value=given, type_=theirs), ours.__name__))
        count += 1
    assert sorted(found) == []
    assert count > 1000


def test_every_name_that_a_package_exports_is_there(construct: Any) -> None:
    package: Any = importlib.import_module("openai.types")
    walked = pkgutil.walk_packages(package.__path__, "openai.types.")
    missing: list[str] = []
    for name in ("openai.types", *(each.name for each in walked if each.ispkg)):
        for key, theirs in vars(importlib.import_module(name)).items():
            if not (key.startswith("_") or inspect.ismodule(theirs) or key == "annotations"):
                try:
                    getattr(importlib.import_module(f"api_{name}"), key)
                except (ImportError, AttributeError):
                    missing.append(f"{name}.{key}")
    assert missing == []


def imported(module: Any) -> Iterator[str]:
    """The types that a module of the SDK imports, under their own names."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.module is not None:
            inner = not node.module.startswith("_")
            names = (each.name for each in node.names if inner and each.asname is None)
            yield from (name for name in names if name[0].isupper())


def test_modules_hand_on_what_they_import(construct: Any) -> None:
    """As `from openai.types.responses.response import ResponseOutputItem`."""
    package: Any = importlib.import_module("openai.types")
    missing: list[str] = []
    count = 0
    for info in pkgutil.walk_packages(package.__path__, "openai.types."):
        if info.ispkg:
            continue
        theirs = importlib.import_module(info.name)
        for name in imported(theirs):
            ours = getattr(importlib.import_module(f"api_{info.name}"), name, None)
            count += 1
            shown = getattr(ours, "__name__", name)
            if ours is None or (inspect.isclass(getattr(theirs, name, None)) and shown == "dict"):
                missing.append(f"{info.name.removeprefix('openai.types.')}.{name}")
    # Those are no classes that a module is named after, and stand in their packages.
    others = [each for each in missing if ".parsed_" not in each]
    assert others == ["chat.chat_completion_message.ChatCompletionMessageToolCallUnion"]
    assert count > 2000


def test_a_module_has_no_name_that_nobody_knows() -> None:
    module = importlib.import_module("api_openai.types.responses.response")
    assert not hasattr(module, "Nothing")
    assert not hasattr(module, "responses")
    assert "ResponseOutputItem" not in module.__all__


def test_every_field_has_its_name(construct: Any) -> None:
    missing = {
        (theirs.__name__, name)
        for ours, theirs in pairs()
        for name in fields(theirs)
        if not hasattr(ours, name)
    }
    assert missing == set()


def test_every_key_of_a_request_is_there_and_no_other_is_required(construct: Any) -> None:
    apart = set(PATHS) | {"stream"}  # arguments of their own
    differs: set[tuple[str, str]] = set()
    count = 0
    for ours, theirs in typed_dicts():
        if "ConnectionOptions" in theirs.__name__:
            continue  # of a library for WebSockets, which need not be installed
        hints = typing.get_type_hints(theirs, include_extras=True)
        needed = {
            name for name, hint in hints.items() if typing.get_origin(hint) is typing.Required
        }
        lacking = hints.keys() - typing.get_type_hints(ours).keys() - apart
        differs |= {(theirs.__name__, each) for each in (ours.__required_keys__ - needed) | lacking}
        count += 1
    assert differs == set()
    assert count > 1000


def test_properties_are_there_too(construct: Any) -> None:
    missing = {
        (theirs.__name__, name)
        for ours, theirs in pairs()
        for name, _ in inspect.getmembers(theirs, lambda each: isinstance(each, property))
        if not (name.startswith(("_", "model_")) or hasattr(ours, name))  # these are pydantic's
    }
    assert missing == set()
