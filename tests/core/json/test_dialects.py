"""What a codec has learnt of a server's own fields: the same answers as from salvage, and bounds."""

import copy
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.api.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionChunkChoice,
)
from api_openai.core.api.types.embeddings import CreateEmbeddingResponse
from api_openai.core.api.types.responses import Response
from api_openai.core.api.types.responses_events import ResponseStreamEvent
from api_openai.core.json import codec as codecs
from api_openai.core.json import dialects, readings, unknown_fields
from api_openai.core.json.codec import LEARN_AFTER, Codec
from api_openai.core.json.provenance import meta
from api_openai.core.terms.json_text import REFUSALS, CodecError

from ...support.dialects import PLAIN_NAMES, compare, text, unlearnt, with_fields
from ...support.documents import Json, make
from .test_drift import Tree

CHUNK: Final[Json] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
}
KINDS: Final[tuple[Any, ...]] = (
    ChatCompletionChunk, ChatCompletion, CreateEmbeddingResponse, Response, ResponseStreamEvent,
    Tree, list[ChatCompletionChunkChoice], dict[str, ChatCompletion], ChatCompletion | None,
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_classes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded for the process, and no other test shall have used them up."""
    monkeypatch.setattr(unknown_fields, "_classes", {})


HIDDEN: Final[Any] = dialects
"""The module, for looks at what is private."""


def new(kind: Any) -> Any:
    """A codec; `Any` because tests look into it."""
    return Codec[Any](kind)


def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codecs made from now on learn from every answer with unknown fields."""
    monkeypatch.setattr(codecs, "LEARN_AFTER", 1)
    monkeypatch.setattr(dialects, "MAX_PATIENCE", 1)


def chunk(
    delta: dict[str, Json] | None = None,
    choice: dict[str, Json] | None = None,
    more: dict[str, Json] | None = None,
) -> bytes:
    """A chunk with further fields."""
    document = copy.deepcopy(CHUNK)
    document.update(more or {})
    document["choices"][0].update(choice or {})
    document["choices"][0]["delta"].update(delta or {})
    return text(document)


def learnt(codec: Any, data: bytes) -> bool:
    """Whether a codec decodes a document without salvage."""
    try:
        codec.quick(data)
    except REFUSALS:
        return False
    return True


def teach(codec: Any, data: bytes) -> None:
    for _ in range(LEARN_AFTER):
        codec.decode(data)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 2**64))
def test_what_is_learnt_reads_as_salvage_does(kind: Any, seed: int) -> None:
    random = Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        eager(patch)
        codec = new(kind)
    compare(codec, kind, random, 25)


@pytest.mark.parametrize("kind", KINDS, ids=range(len(KINDS)))
def test_each_type_is_learnt(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    known = 0
    for seed in range(10):
        random = Random(seed)
        codec = new(kind)
        data = text(with_fields(make(kind, random), random, PLAIN_NAMES))
        codec.decode(data)
        known += learnt(codec, data)
    assert known >= 3


def test_nothing_is_learnt_from_the_first_answers() -> None:
    codec = new(ChatCompletionChunk)
    data = chunk({"reasoning_content": "hm"}, more={"provider": "x"})
    for _ in range(LEARN_AFTER - 1):
        codec.decode(data)
        assert not learnt(codec, data)
    codec.decode(data)
    assert learnt(codec, data)


def test_the_objects_are_of_the_same_classes() -> None:
    codec = new(ChatCompletionChunk)
    data = chunk({"reasoning_content": "hm"}, {"class": 1})
    before = codec.decode(data)
    teach(codec, data)
    after = codec.quick(data)
    assert after == before
    assert type(after) is ChatCompletionChunk
    assert type(after.choices[0]) is type(before.choices[0])
    assert type(after.choices[0].delta) is type(before.choices[0].delta)
    assert after.choices[0].model_extra == {"class": 1}
    assert meta(after).raw == data
    assert typing_of(ChatCompletionChunk) == list[ChatCompletionChunkChoice]


def typing_of(cls: type[msgspec.Struct]) -> Any:
    return next(each.type for each in msgspec.structs.fields(cls) if each.name == "choices")


def test_absent_null_and_more_are_told_apart() -> None:
    codec = new(ChatCompletionChunk)
    teach(codec, chunk({"reasoning_content": None}))
    assert codec.decode(chunk({"reasoning_content": None})).choices[0].delta.model_extra == {
        "reasoning_content": None
    }
    assert codec.decode(chunk()).choices[0].delta.model_extra == {}
    more = codec.decode(chunk({"reasoning_content": "a", "more": [1]}))
    assert more.choices[0].delta.model_extra == {"reasoning_content": "a", "more": [1]}


def test_dialects_are_joined() -> None:
    codec = new(ResponseStreamEvent)
    events: list[Json] = [
        {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "delta": "a",
         "content_index": 0, "sequence_number": 1, "logprobs": [], "trace": number}
        if number % 2 else
        {"type": "response.refusal.delta", "item_id": "i", "output_index": 0, "delta": "a",
         "content_index": 0, "sequence_number": 1, "span": number}
        for number in range(40)
    ]  # fmt: skip
    for event in events:
        codec.decode(text(event))
    for event in events:
        assert learnt(codec, text(event))
    assert len(codec._dialects._learnt) <= 2


def test_what_is_not_in_the_dialect_has_its_issues() -> None:
    codec = new(ChatCompletionChunk)
    teach(codec, chunk({"reasoning_content": "hm"}))
    data = chunk({"reasoning_content": "hm", "content": 5})
    assert meta(codec.decode(data)).issues == meta(unlearnt(ChatCompletionChunk, data)).issues != ()
    with pytest.raises(CodecError) as found:
        codec.decode(data, strict=True)
    assert str(found.value) == "choices[0].delta.content: expected a string or null, got an integer"


@pytest.mark.parametrize(
    "extra",
    [
        *({"root": {name: None}} for name in ("error", "type", "detail", "message")),
        {"choice": {"error": None}},
        {"delta": {"error": None}},
    ],
)
def test_documents_that_may_tell_of_an_error_are_never_learnt(extra: dict[str, Json]) -> None:
    codec = new(ChatCompletionChunk)
    data = chunk(extra.get("delta"), extra.get("choice"), extra.get("root"))
    for _ in range(40):
        codec.decode(data)
        assert not learnt(codec, data)


def test_types_of_the_caller_learn_nothing() -> None:
    class Theirs(msgspec.Struct):
        a: int

    codec = new(list[Theirs])
    for _ in range(40):
        assert codec.decode(b'[{"a": 1.0, "b": 2}]') == [Theirs(1)]
    assert codec._dialects is None


def test_the_right_dialect_is_tried_first() -> None:
    codec = new(ChatCompletionChunk)
    data, plain = chunk({"reasoning_content": "hm"}), chunk()
    plainly = codec._first
    teach(codec, data)
    tried = codec._strict
    assert tried != plainly
    for _ in range(3):
        assert codec._strict is tried
        codec.decode(data)
    assert codec._strict is not tried
    for _ in range(3):
        codec.decode(plain)
    assert codec._strict(plain) == codec.decode(plain)


def test_dialects_that_come_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    codec = new(ChatCompletionChunk)
    old = chunk({"old": 1})
    codec.decode(old)
    assert learnt(codec, old)
    for number in range(dialects.MAX_DIALECTS + 1):
        codec.decode(chunk({f"new{number}": 1}))
    assert not learnt(codec, old)
    assert learnt(codec, chunk({f"new{dialects.MAX_DIALECTS}": 1}))


def test_very_many_names_are_neither_kept_nor_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    lessons: list[object] = []

    def counted(kind: Any, value: object, before: Any) -> Any:
        lessons.append(kind)
        return readings.fitted(kind, value, before)

    monkeypatch.setattr(dialects, "fitted", counted)
    codec = new(ChatCompletionChunk)
    tries = 0

    def decode(data: bytes) -> Any:
        nonlocal tries
        tries += 1
        return msgspec.json.decode(data, type=ChatCompletionChunk)

    answers = 3000
    for number in range(answers):
        data = chunk({f"name{number}": 1}, more={f"other{number}": 2})
        assert codec.decode(data).choices[0].delta.model_extra == {f"name{number}": 1}
        if codec._dialects is not None:
            for each in codec._dialects._learnt:
                each.decode = decode
    assert len(lessons) <= 2 * 10  # four answers, then twice as many each time
    assert tries <= answers / 2
    assert codec._dialects is not None
    assert len(codec._dialects._learnt) <= dialects.MAX_DIALECTS
    assert len(vars(unknown_fields)["_classes"]) <= unknown_fields.MAX_CLASSES


def test_types_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(readings, "MAX_READINGS", 16)
    codec = new(Tree)
    for depth in range(1, 40, 2):
        node: Json = {"kind": "leaf", "text": "x", "new": 1}
        for _ in range(depth):
            node = {"kind": "node", "from": "a", "count": 1, "required": None, "children": [node]}
        data = text({"root": node, "object": "tree", "table": []})
        codec.decode(data)
        assert learnt(codec, data) == (depth < readings.MAX_READINGS)


def test_what_is_forgotten_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    codec = new(ChatCompletionChunk)
    before = types_made()
    for number in range(100):
        codec.decode(chunk({f"new{number}": 1}))
    assert types_made() - before <= 2 * (dialects.MAX_DIALECTS + 1)


def types_made() -> int:
    gc.collect()
    return sum(type(each) is readings.Reading for each in gc.get_objects())


def test_threads_share_a_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    codec = new(ChatCompletionChunk)
    threads = 8
    documents = [
        chunk(),
        *(chunk({f"a{number}": number}, more={f"b{number}": None}) for number in range(6)),
        chunk({"a0": 1, "content": 5}),
    ]
    expected = [unlearnt(ChatCompletionChunk, data) for data in documents]
    start = Barrier(threads)

    def work(seed: int) -> None:
        random = Random(seed)
        start.wait()
        for _ in range(300):
            at = random.randrange(len(documents))
            for _ in range(random.randrange(6)):
                found = codec.decode(documents[at])
                assert found == expected[at]
                assert meta(found) == meta(expected[at])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
    finally:
        sys.setswitchinterval(interval)
    assert len(HIDDEN._turn) == 1
