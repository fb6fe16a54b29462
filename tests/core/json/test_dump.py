"""Dumps with the keywords known from pydantic, of models, of what is unknown, and of events."""

import json
from typing import Any, ClassVar, Literal

import msgspec
import pytest

from api_openai.core.accumulate.chat_events import ChunkEvent, ContentDeltaEvent
from api_openai.core.accumulate.growing import Grown
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionChunk
from api_openai.core.json.codec import codec
from api_openai.core.json.model import Model
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.unknown_fields import make
from api_openai.core.realtime.reconnect import ReconnectedEvent


class Part(Model, tag_field="type", tag="text", kw_only=True):
    type: ClassVar[Literal["text"]] = "text"
    text: str
    later: bool | None = msgspec.field(name="async", default=None)


class Answer(Model, kw_only=True):
    id: str
    parts: list[Part] | None = None
    notes: dict[str, Any] | None = None


RAW = (
    b'{"id":"x","parts":[{"type":"text","text":"a","async":true},{"type":"text","text":"b"}],'
    b'"notes":null,"new":{"p":1,"q":null}}'
)
FIRST = {"type": "text", "text": "a", "async": True}
SECOND = {"type": "text", "text": "b", "async": None}


def answer() -> Answer:
    return codec(Answer).decode(RAW)


DUMPS: dict[str, tuple[dict[str, Any], object]] = {
    "names": ({"include": {"id"}}, {"id": "x"}),
    "unknown": ({"include": {"new"}}, {"new": {"p": 1, "q": None}}),
    "nothing": ({"include": set[str]()}, {}),
    "left out": ({"exclude": {"parts", "new"}}, {"id": "x", "notes": None}),
    "both": ({"include": {"id", "new"}, "exclude": {"new"}}, {"id": "x"}),
    "an index": ({"include": {"parts": {1}}}, {"parts": [SECOND]}),
    "the last": ({"include": {"parts": {-1: {"text"}}}}, {"parts": [{"text": "b"}]}),
    "each": (
        {"include": {"parts": {"__all__": {"type"}, 0: {"text"}}}},
        {"parts": [{"type": "text", "text": "a"}, {"type": "text"}]},
    ),
    "an attribute": (
        {"include": {"parts": {"__all__": {"later"}}}},
        {"parts": [{"async": True}, {"async": None}]},
    ),
    "within": ({"include": {"new": {"p": True}, "id": False}}, {"new": {"p": 1}}),
    "left out within": (
        {
            "exclude": {
                "parts": {"__all__": {"type", "async"}},
                "new": True,
                "id": ...,
                "notes": True,
            }
        },
        {"parts": [{"text": "a"}, {"text": "b"}]},
    ),
    "attributes": (
        {"include": {"parts"}, "by_alias": False, "exclude_none": True},
        {"parts": [{"type": "text", "text": "a", "later": True}, {"type": "text", "text": "b"}]},
    ),
    "set": (
        {"exclude_unset": True, "exclude": {"parts"}},
        {"id": "x", "notes": None, "new": {"p": 1, "q": None}},
    ),
    "changed": (
        {"exclude_defaults": True, "exclude_unset": True, "exclude": {"parts"}},
        {"id": "x", "new": {"p": 1, "q": None}},
    ),
}


@pytest.mark.parametrize("name", DUMPS)
def test_what_is_asked_for_is_in_a_dump(name: str) -> None:
    keywords, expected = DUMPS[name]
    assert answer().model_dump(**keywords) == expected
    assert answer().dict(**keywords) == expected
    assert json.loads(answer().model_dump_json(**keywords)) == expected
    assert json.loads(answer().json(**keywords)) == expected


def test_keywords_that_have_nothing_to_change_are_taken() -> None:
    plain = answer().model_dump()
    assert plain == answer().model_dump(
        mode="json",
        context={"a": 1},
        by_alias=True,
        exclude_computed_fields=True,
        round_trip=True,
        warnings="error",
        serialize_as_any=True,
        polymorphic_serialization=True,
    )
    assert answer().to_dict(mode="json", warnings=False) == json.loads(RAW)
    assert answer().to_dict(exclude_unset=False) == plain
    assert answer().to_dict(use_api_names=False)["parts"][0]["later"] is True
    assert json.loads(answer().to_json(indent=None, exclude_none=True))["new"] == {"p": 1}


@pytest.mark.parametrize("keyword", ["include", "exclude"])
def test_a_choice_that_is_none_is_refused_by_name(keyword: str) -> None:
    with pytest.raises(
        TypeError, match=rf"{keyword}: expected a set or mapping of names, got 'id'"
    ):
        answer().model_dump(**{keyword: "id"})  # type: ignore[arg-type]


def test_text_may_be_ascii() -> None:
    value = make(Answer, {"id": "é😀"}, {})
    assert value.model_dump_json(include={"id"}) == '{"id":"é😀"}'
    found = value.model_dump_json(include={"id"}, ensure_ascii=True, indent=1)
    assert found == '{\n "id": "\\u00e9\\ud83d\\ude00"\n}'
    assert json.loads(found) == {"id": "é😀"}


def test_a_fallback_is_asked_about_what_json_has_no_form_for() -> None:
    value = make(Answer, {"id": "x", "notes": {"a": object}}, {})
    with pytest.raises(TypeError, match=r"notes\.a: cannot encode the class object"):
        value.model_dump()
    assert value.model_dump(fallback=lambda each: each.__name__)["notes"] == {"a": "object"}


def test_fields_as_pairs() -> None:
    value = answer()
    assert dict(value.parts[0]) == {"type": "text", "text": "a", "later": True}  # type: ignore[index]  # pyright: ignore
    assert dict(value)["parts"] is value.parts
    assert vars(value) == dict(value)
    assert json.loads(json.dumps(value.parts[0], default=vars))["text"] == "a"  # pyright: ignore
    assert dict(value)["new"] == {"p": 1, "q": None}
    overflowing: Any = make(Answer, {"id": "x"}, {'quote"': 1})
    assert dict(overflowing)['quote"'] == 1


def test_fields_that_were_set() -> None:
    value = answer()
    assert value.model_fields_set == {"id", "parts", "notes", "new"}
    assert value.parts is not None
    assert value.parts[0].model_fields_set == {"type", "text", "later"}
    assert value.parts[1].model_fields_set == {"type", "text"}


def test_fields_of_a_class() -> None:
    fields = Part.model_fields
    assert list(fields) == ["type", "text", "later"]
    assert fields["text"].is_required()
    assert fields["later"].alias == "async"
    assert (fields["later"].default, fields["type"].default) == (None, "text")
    assert fields["type"].annotation == Literal["text"]
    assert not ChatCompletion.model_fields["usage"].is_required()


def test_a_field_has_a_better_claim_than_a_habit() -> None:
    found: Any = codec(Answer).decode(b'{"id":"x","json":1,"copy":2,"dict":3,"construct":4}')
    assert (found.json, found.copy, found.dict, found.construct) == (1, 2, 3, 4)
    assert found.model_copy(update={"id": "y"}).model_dump()["copy"] == 2


def test_what_is_unknown_is_dumped_as_it_came() -> None:
    item = Unknown("new", {"type": "new", "a": None})
    assert item.model_dump() == item.to_dict() == {"type": "new", "a": None}
    assert item.model_dump(include={"a"}) == {"a": None}
    assert item.model_dump_json(exclude_none=True) == '{"type":"new"}'


def test_events_of_streams_are_dumped() -> None:
    chunk = codec(ChatCompletionChunk).decode(
        b'{"id":"c","choices":[],"created":1,"model":"m","object":"chat.completion.chunk"}'
    )
    completion = ChatCompletion.model_construct(id="c", choices=[])
    event = ChunkEvent(chunk=chunk, make=lambda: completion)
    assert list(event.model_dump()) == ["type", "chunk", "snapshot"]
    assert event.to_dict()["chunk"] == chunk.to_dict()
    delta = ContentDeltaEvent(choice=0, delta="b", grown=Grown(["a", "b"], 2), reads=False)
    told = {"type": "content.delta", "choice": 0, "delta": "b", "snapshot": "ab", "parsed": None}
    assert delta.model_dump() == dict(delta) == told
    assert delta.model_dump_json(include={"snapshot"}) == '{"snapshot":"ab"}'
    lost = ReconnectedEvent(attempts=1, close_code=1006, reason="lost")
    assert lost.model_dump()["type"] == "reconnected"


def test_the_schema_of_a_class_lets_fields_in() -> None:
    schema = ChatCompletion.model_json_schema()
    assert schema["title"] == "ChatCompletion"
    assert "additionalProperties" not in schema
    assert "logprobs" not in schema["$defs"]["Choice"]["required"]
    assert schema["properties"]["choices"]["items"] == {"$ref": "#/$defs/Choice"}
    other = ChatCompletion.model_json_schema(ref_template="#/x/{model}")
    assert other["properties"]["choices"]["items"] == {"$ref": "#/x/Choice"}
    with pytest.raises(ValueError, match="ref_template"):
        ChatCompletion.model_json_schema(ref_template="#/x")
