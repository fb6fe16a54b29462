"""Every generated type decodes what it describes, strictly, and encodes it again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as types

from api_openai.core.api.type_names import codec_of
from api_openai.core.api.types import chat, embeddings, responses, responses_events, shared
from api_openai.core.json.model import Model
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown

PACKAGE = "api_openai.core.api.types"
AREAS = sorted(path.stem for path in Path(chat.__file__).parent.glob("[a-z]*.py"))
DEPTH = 6


def classes() -> Iterator[Any]:
    for area in AREAS:
        module = import_module(f"{PACKAGE}.{area}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield pytest.param(value, id=f"{area}.{value.__name__}")


every_class = pytest.mark.parametrize("cls", list(classes()))


def instance(kind: types.Type, depth: int, *, full: bool) -> Any:
    """A JSON value of a type: of unions the first member, of deep lists none."""
    match kind:
        case types.StrType():
            return "text"
        case types.IntType():
            return 1
        case types.FloatType():
            return 1.5
        case types.BoolType():
            return True
        case types.NoneType():
            return None
        case types.AnyType():
            return {"any": ["thing"]}
        case types.ListType(item_type=item):
            return [instance(item, depth - 1, full=full)] if depth > 0 else []
        case types.DictType(value_type=value):
            return {"key": instance(value, depth - 1, full=full)}
        case types.UnionType(types=members):
            structs = [each for each in members if not isinstance(each, types.NoneType)]
            if depth <= 0 and len(structs) < len(members):
                return None
            return instance(structs[0], depth, full=full)
        case types.StructType(cls=cls):
            return document(cls, depth, full=full)
        case _:
            raise AssertionError(f"no instance of {kind}")


def document(cls: Any, depth: int = DEPTH, *, full: bool) -> dict[str, Any]:
    """A JSON object of a class: with `full` all of its fields, else those that have to be there."""
    found = types.type_info(cls)
    assert isinstance(found, types.StructType)
    tag = {} if found.tag_field is None else {found.tag_field: found.tag}
    fields = {
        field.encode_name: instance(field.type, depth - 1, full=full)
        for field in found.fields
        if field.required or (full and depth > 0)
    }
    optional = {field.encode_name for field in found.fields if not field.required}
    return tag | {key: each for key, each in fields.items() if key not in optional or each}


def members(kind: Any) -> list[Any]:
    found = types.type_info(kind)
    assert isinstance(found, types.UnionType)
    return [each.cls for each in found.types if isinstance(each, types.StructType)]


@every_class
@pytest.mark.parametrize("full", [False, True], ids=["least", "full"])
def test_instances_decode_strictly_and_encode_the_same(cls: Any, full: bool) -> None:
    given = document(cls, full=full)
    value = msgspec.json.decode(json.dumps(given).encode(), type=cls)
    assert type(value) is cls
    assert json.loads(msgspec.json.encode(value)) == given


@every_class
def test_answers_of_the_codec_have_no_issues(cls: Any) -> None:
    value = codec_of(cls).decode(json.dumps(document(cls, full=True)).encode())
    assert meta(value).issues == ()


@every_class
def test_classes_are_models_of_little_cost(cls: Any) -> None:
    assert issubclass(cls, Model)
    config = cls.__struct_config__
    assert (config.frozen, config.gc) == (True, False)
    assert cls.__doc__


@every_class
def test_tags_can_be_read(cls: Any) -> None:
    config = cls.__struct_config__
    if config.tag_field is not None:
        assert getattr(cls, config.tag_field) == config.tag


@pytest.mark.parametrize(
    "union",
    [
        responses_events.ResponseStreamEvent,
        responses.ResponseOutputItem,
        responses.ResponseInputItem,
        responses.ResponseItem,
        responses.ItemField,
        responses.Tool,
    ],
)
def test_members_of_unions_are_found_by_their_tag(union: Any) -> None:
    for cls in members(union):
        given = json.dumps(document(cls, full=True)).encode()
        assert type(msgspec.json.decode(given, type=union)) is cls


def test_the_stream_of_responses_is_one_union_of_all_events() -> None:
    tags = [cls.__struct_config__.tag for cls in members(responses_events.ResponseStreamEvent)]
    assert len(tags) == len(set(tags)) == 59
    assert {"response.created", "response.output_text.delta", "error"} <= set(tags)
    assert "response.compaction.compacting" in tags  # known to the SDK alone


def test_an_unknown_event_is_kept() -> None:
    event = codec_of("responses_events:ResponseStreamEvent").decode(
        b'{"type":"response.new","a":1}'
    )
    assert isinstance(event, Unknown)
    assert (event.type, event.a) == ("response.new", 1)


def test_enumerations_are_open() -> None:
    given = document(chat.Choice, full=True) | {"finish_reason": "out_of_ideas"}
    value: Any = msgspec.json.decode(json.dumps(given).encode(), type=chat.Choice)
    assert value.finish_reason == "out_of_ideas"


def test_messages_of_every_role_are_items() -> None:
    message = {
        "type": "message",
        "id": "m",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": "hello"}],
    }
    item: Any = codec_of("responses:ResponseItem").decode(json.dumps(message).encode())
    assert isinstance(item, responses.ResponseItemMessage)
    part = item.content[0]
    assert part.type == "input_text"
    assert part.text == "hello"


def test_obfuscation_of_deltas_is_known() -> None:
    assert "obfuscation" in responses_events.ResponseTextDeltaEvent.__struct_fields__
    assert "obfuscation" in chat.ChatCompletionChunk.__struct_fields__


def test_vectors_come_as_numbers_or_base64() -> None:
    kinds: dict[Any, Any] = {embeddings.Embedding: [0.5, 1.5]}
    kinds[embeddings.EmbeddingBase64] = "AAAAPwAAwD8="
    for kind, vector in kinds.items():
        given = json.dumps({"object": "embedding", "index": 0, "embedding": vector}).encode()
        assert msgspec.json.decode(given, type=kind).floats().tolist() == [0.5, 1.5]
        for other in kinds:  # whatever was asked for
            embedding = codec_of(other).decode(given)
            assert embedding.floats().tolist() == [0.5, 1.5]
            assert (meta(embedding).issues == ()) == (other is kind)


@pytest.mark.parametrize("vector", ["5", '["a"]', "null", '"AA"', '"=="', '"\\ud83d"', "[1,[]]"])
def test_what_is_no_vector_has_no_floats(vector: str) -> None:
    given = f'{{"object":"embedding","index":0,"embedding":{vector}}}'.encode()
    embedding = codec_of(embeddings.Embedding).decode(given)
    with pytest.raises(ValueError, match="the embedding is no vector"):
        embedding.floats()


def test_types_that_chat_and_responses_share_are_one() -> None:
    for module in (chat, responses):
        assert vars(module)["ModerationResultBody"] is shared.ModerationResultBody


def test_types_of_one_area_load_no_other() -> None:
    code = (
        f"import json, sys, {PACKAGE}.chat;"
        f"print(json.dumps([m for m in sys.modules if m.startswith('{PACKAGE}.')]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    names = {each.rpartition(".")[2] for each in json.loads(found.stdout)}
    assert names == {"chat", "shared"}
