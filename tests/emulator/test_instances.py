"""Instances of types: one of every model, and facts that take the places that they fit."""

import importlib
import pkgutil
from typing import Any

import msgspec
import pytest

import api_openai.core.api.types as types_package
from api_openai.core.api.types.evals import Eval
from api_openai.core.api.types.vector_stores import VectorStoreFile
from api_openai.core.json.annotations import members
from api_openai.core.json.codec import codec
from api_openai.core.json.model import Model
from api_openai.emulator.fake_data import model_fields
from api_openai.emulator.fake_data.instances import (
    NOTHING,
    Maker,
    adapted,
    class_of,
    fits,
    has,
    overlaid,
)
from api_openai.emulator.fake_data.words import id_prefix, prefix, snake, word

NOW = 1_767_225_600
MODULES = sorted(each.name for each in pkgutil.iter_modules(types_package.__path__))


def models(module: str) -> list[type[Model]]:
    found = vars(importlib.import_module(f"{types_package.__name__}.{module}")).values()
    return [
        each
        for each in found
        if isinstance(each, type)
        and issubclass(each, Model)
        and each.__module__ == f"{types_package.__name__}.{module}"
    ]


@pytest.mark.parametrize("module", MODULES)
def test_an_instance_of_every_model_decodes_strictly(module: str) -> None:
    found = models(module)
    assert found
    for model in found:
        for key in ("a", "b"):
            document = Maker(key, NOW).make(model)
            made = codec(model).decode(msgspec.json.encode(document), strict=True)
            assert made.to_dict() == document, model


def enumerations(kind: Any) -> bool:
    return bool(model_fields.values(kind))


@pytest.mark.parametrize("module", MODULES)
def test_enumerations_have_values_that_the_description_lists(module: str) -> None:
    """At run time they are texts: the source of the types is what has the values."""
    for model in models(module):
        document = Maker("key", NOW).make(model)
        for field in model_fields.fields(model):
            if enumerations(field.type) and isinstance(document.get(field.name), str):
                allowed = model_fields.values(field.type)
                open_ = any(each is str for each in members(field.type))
                assert open_ or document[field.name] in allowed, (model, field)


def test_fields_are_as_they_are_written() -> None:
    fields = {field.name: field for field in model_fields.fields(VectorStoreFile)}
    assert model_fields.values(fields["status"].type) == (
        *("in_progress", "completed", "cancelled", "failed"),
    )
    assert fields["status"].plain is str
    assert model_fields.values(fields["id"].type) == ()
    assert [fields[name].required for name in ("id", "attributes")] == [True, False]


def test_the_same_key_makes_the_same() -> None:
    first = [Maker(key, NOW).make("vector_stores:VectorStoreFile") for key in ("a", "a", "b")]
    assert first[0] == first[1] != first[2]
    assert first[0]["object"] == "vector_store.file"
    assert first[0]["id"].startswith("file-")
    assert first[0]["vector_store_id"].startswith("vs_")
    assert first[0]["created_at"] == NOW
    assert first[0]["last_error"] is None


def test_recursion_ends() -> None:
    document = msgspec.json.encode(Maker("key", NOW).make("responses:Response"))
    assert len(document) < 20_000


def test_facts_take_the_places_that_they_fit() -> None:
    made = Maker("key", NOW).make(VectorStoreFile)
    facts: dict[str, object] = {
        "id": "file-1",
        "usage_bytes": "many",
        "unknown": 1,
        "attributes": {"a": 1},
    }
    document = overlaid(made, VectorStoreFile, facts, key="key", now=NOW)
    assert (document["id"], document["attributes"]) == ("file-1", {"a": 1})
    assert document["usage_bytes"] == made["usage_bytes"]
    assert "unknown" not in document


def test_what_a_fact_lacks_is_made() -> None:
    known = {field.name: field for field in model_fields.fields(VectorStoreFile)}
    kind = known["chunking_strategy"]
    given = {"type": "static", "static": {"max_chunk_size_tokens": 5}}
    made = adapted(kind.type, kind.plain, given, key="key", now=NOW)
    assert made["static"]["max_chunk_size_tokens"] == 5
    assert fits(kind.plain, made)
    assert adapted(kind.type, kind.plain, {"type": "none"}, key="key", now=NOW) is not None
    assert adapted(int, int, "text", key="key", now=NOW) is NOTHING
    lists = list[VectorStoreFile]
    [item] = adapted(lists, lists, [{"id": "file-1"}], key="key", now=NOW)
    assert item["id"] == "file-1"
    assert fits(VectorStoreFile, item)
    assert adapted(lists, lists, [{"id": "file-1"}, 5], key="key", now=NOW) is NOTHING


def test_the_member_of_a_union_is_known_by_its_tag() -> None:
    union = model_fields.resolve("conversations:ConversationItem")
    found = class_of(union, {"type": "function_call"})
    assert found is not None
    assert found.__struct_config__.tag == "function_call"
    assert has("vector_stores:VectorStoreFile", "status")
    assert not has("vector_stores:VectorStoreFile", "stat")
    assert model_fields.resolve(Eval) is Eval


@pytest.mark.parametrize(
    ("name", "owner", "start"),
    [
        ("id", "Assistant", "asst_"),
        ("thread_id", "Run", "thread_"),
        ("file_id", "Anything", "file-"),
        ("call_id", "Anything", "call_"),
        ("download_url", "Anything", "https://example.com/"),
        ("expires_at", "Anything", "2026-01-01T"),
        ("model", "Video", "sora-2"),
        ("object", "ContainerResource", "container"),
        ("first_name", "User", "first name "),
    ],
)
def test_words_fit_the_names_of_their_fields(name: str, owner: str, start: str) -> None:
    assert word(name, owner, 7).startswith(start)


def test_beginnings_of_ids() -> None:
    assert snake("VectorStoreFileBatch") == "vector_store_file_batch"
    assert snake("AdminAPIKey") == "admin_api_key"
    assert prefix("vector_store_file_batch") == "vsfb_"
    assert prefix("federation_rule") == "rule_"
    assert id_prefix("evals:EvalRun", "run_id") == "evalrun_"
    assert id_prefix("admin_organization_admin_api_keys:AdminAPIKeyCreateResponse", "key_id") == (
        "key_"
    )
