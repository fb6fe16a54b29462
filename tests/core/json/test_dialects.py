"""What a codec has learnt of a server's own fields: the same answers as from salvage, and bounds."""

import copy
import gc
import json
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
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
from api_openai.core.json.encode import encode
from api_openai.core.json.model import Model
from api_openai.core.json.provenance import meta
from api_openai.core.terms.json_text import REFUSALS, CodecError

from ...support.damage import ODD, places
from ...support.documents import make
from .test_drift import Tree

Json = Any  # whatever json.loads returns

CHUNK: Final[Json] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
}
NAMES: Final = (
    "reasoning_content", "timings", "provider", "stop_reason", "class", "None", "self", "cls",
    "__class__", "__init__", "__origin__", "__struct_fields__", "_extra", "_known", "_missing",
    "_root", "model_extra", "to_dict", "mro", "type", "error", "object", "message", "detail", "",
    " ", "a b", "a_b", "0", "\N{GRINNING FACE}", "\xe9", 'quo"te', "back\\slash", "\n", "\x00",
    "\ud83d", "x" * 200, "content", "from_", "index_",
)  # fmt: skip
KINDS: Final[tuple[Any, ...]] = (
    ChatCompletionChunk, ChatCompletion, CreateEmbeddingResponse, Response, ResponseStreamEvent,
    Tree, list[ChatCompletionChunkChoice], dict[str, ChatCompletion], ChatCompletion | None,
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_classes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded for the process, and no other test shall have used them up."""
    monkeypatch.setattr(unknown_fields, "_classes", {})


def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codecs made from now on learn from every answer with unknown fields."""
    monkeypatch.setattr(codecs, "LEARN_AFTER", 1)
    monkeypatch.setattr(dialects, "MAX_PATIENCE", 1)


def text(document: Json) -> bytes:
    return json.dumps(document).encode()


def chunk(
    delta: dict[str, Json] | None = None, choice: dict[str, Json] | None = None, **root: Json
) -> bytes:
    """A chunk with further fields."""
    document = copy.deepcopy(CHUNK)
    document.update(root)
    document["choices"][0].update(choice or {})
    document["choices"][0]["delta"].update(delta or {})
    return text(document)


def learnt(codec: Codec[Any], data: bytes) -> bool:
    """Whether a codec decodes a document without salvage."""
    try:
        codec.quick(data)
    except REFUSALS:
        return False
    return True


def teach(codec: Codec[Any], data: bytes) -> None:
    for _ in range(LEARN_AFTER):
        codec.decode(data)


def unlearnt(kind: Any, data: bytes) -> Any:
    """What a codec makes of a document that has seen no other."""
    return Codec[Any](kind).decode(data)


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except (CodecError, ValueError, TypeError) as error:
        return type(error), str(error)


def views(value: Any) -> Iterator[object]:
    """All that can be seen of an answer."""
    yield type(value)
    yield outcome(lambda: value)
    yield repr(value)
    yield meta(value)
    yield outcome(lambda: encode(value))
    yield pickle.loads(pickle.dumps(value))
    if isinstance(value, Model):
        yield value.model_extra
        yield [*value.to_dict().items()]
        yield outcome(value.to_json)
        yield outcome(value.model_dump)
        yield [*views_within(value)]


def views_within(value: Model) -> Iterator[object]:
    for name in type(value).__struct_fields__:
        inner = getattr(value, name)
        for each in inner if isinstance(inner, list) else [inner]:
            yield type(each)
            if isinstance(each, Model):
                yield each.model_extra, [*each.to_dict().items()]
                yield [*views_within(each)]


def with_fields(document: Json, random: Random, names: Sequence[str] = NAMES) -> Json:
    """A document with further fields in some of its objects."""
    changed = copy.deepcopy(document)
    objects = [changed, *(at[key] for at, key in places(changed or {}))]
    objects = [each for each in objects if isinstance(each, dict)]
    for _ in range(random.randint(1, 4)):
        if objects:
            value = copy.deepcopy(random.choice(ODD))
            random.choice(objects)[random.choice(names)] = value
    return changed


def odd(document: Json, random: Random) -> bytes:
    """A document with something wrong in it, or with a key that is there twice."""
    changed = copy.deepcopy(document)
    spots = [*places(changed or {})]
    if spots and random.random() < 0.5:
        container, key = random.choice(spots)
        container[key] = copy.deepcopy(random.choice(ODD))
    data = text(changed)
    keys = [key for _, key in spots if isinstance(key, str)]
    if keys and random.random() < 0.5:
        name = text(random.choice(keys)) + b": "
        data = data.replace(name, name + text(random.choice(ODD)) + b", " + name, 1)
    return data


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 2**64))
def test_what_is_learnt_reads_as_salvage_does(kind: Any, seed: int) -> None:
    random = Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        eager(patch)
        codec = Codec[Any](kind)
    plain = [make(kind, random) for _ in range(2)]
    names = random.choice((NAMES, NAMES[:12]))
    documents = plain + [with_fields(random.choice(plain), random, names) for _ in range(3)]
    for _ in range(25):
        document = random.choice(documents)
        data = odd(document, random) if random.random() < 0.3 else text(document)
        found = outcome(lambda data=data: codec.decode(data))  # type: ignore[misc]
        expected = outcome(lambda data=data: unlearnt(kind, data))  # type: ignore[misc]
        assert found == expected
        for view, other in zip(views(found), views(expected), strict=True):
            assert view == other


@pytest.mark.parametrize("kind", KINDS, ids=range(len(KINDS)))
def test_each_type_is_learnt(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    known = 0
    for seed in range(10):
        random = Random(seed)
        codec = Codec[Any](kind)
        data = text(with_fields(make(kind, random), random, NAMES[:12]))
        codec.decode(data)
        known += learnt(codec, data)
    assert known >= 3


def test_nothing_is_learnt_from_the_first_answers() -> None:
    codec = Codec(ChatCompletionChunk)
    data = chunk({"reasoning_content": "hm"}, provider="x")
    for _ in range(LEARN_AFTER - 1):
        codec.decode(data)
        assert not learnt(codec, data)
    codec.decode(data)
    assert learnt(codec, data)


def test_the_objects_are_of_the_same_classes() -> None:
    codec = Codec(ChatCompletionChunk)
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
    codec = Codec(ChatCompletionChunk)
    teach(codec, chunk({"reasoning_content": None}))
    assert codec.decode(chunk({"reasoning_content": None})).choices[0].delta.model_extra == {
        "reasoning_content": None
    }
    assert codec.decode(chunk()).choices[0].delta.model_extra == {}
    more = codec.decode(chunk({"reasoning_content": "a", "more": [1]}))
    assert more.choices[0].delta.model_extra == {"reasoning_content": "a", "more": [1]}


def test_dialects_are_joined() -> None:
    codec = Codec[Any](ResponseStreamEvent)
    events = [
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
    assert len(codec._dialects._learnt) <= 2  # type: ignore[union-attr]


def test_what_is_not_in_the_dialect_has_its_issues() -> None:
    codec = Codec(ChatCompletionChunk)
    teach(codec, chunk({"reasoning_content": "hm"}))
    data = chunk({"reasoning_content": "hm", "content": 5})
    assert meta(codec.decode(data)).issues == meta(unlearnt(ChatCompletionChunk, data)).issues != ()
    with pytest.raises(CodecError) as found:
        codec.decode(data, strict=True)
    assert str(found.value) == "choices[0].delta.content: expected a string or null, got an integer"


@pytest.mark.parametrize(
    "extra",
    [{"error": None}, {"type": "x"}, {"detail": []}, {"message": ""}, {"choice": {"error": None}}],
)
def test_documents_that_may_tell_of_an_error_are_never_learnt(extra: dict[str, Json]) -> None:
    codec = Codec(ChatCompletionChunk)
    data = chunk(**extra)
    for _ in range(40):
        codec.decode(data)
        assert not learnt(codec, data)


def test_types_of_the_caller_learn_nothing() -> None:
    class Theirs(msgspec.Struct):
        a: int

    codec = Codec(list[Theirs])
    for _ in range(40):
        assert codec.decode(b'[{"a": 1.0, "b": 2}]') == [Theirs(1)]
    assert codec._dialects is None


def test_the_right_dialect_is_tried_first() -> None:
    codec = Codec(ChatCompletionChunk)
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
    codec = Codec(ChatCompletionChunk)
    old = chunk({"old": 1})
    codec.decode(old)
    assert learnt(codec, old)
    for number in range(dialects.MAX_DIALECTS + 1):
        codec.decode(chunk({f"new{number}": 1}))
    assert not learnt(codec, old)
    assert learnt(codec, chunk({f"new{dialects.MAX_DIALECTS}": 1}))


def test_very_many_names_are_neither_kept_nor_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    lessons: list[object] = []
    real = dialects.fitted
    monkeypatch.setattr(dialects, "fitted", lambda *args: lessons.append(0) or real(*args))
    codec = Codec(ChatCompletionChunk)
    tries = 0

    def decode(data: bytes) -> Any:
        nonlocal tries
        tries += 1
        return msgspec.json.decode(data, type=ChatCompletionChunk)

    answers = 3000
    for number in range(answers):
        data = chunk({f"name{number}": 1}, **{f"other{number}": 2})
        assert codec.decode(data).choices[0].delta.model_extra == {f"name{number}": 1}
        if codec._dialects is not None:
            for each in codec._dialects._learnt:
                each.decode = decode
    assert len(lessons) <= 2 * 10  # four answers, then twice as many each time
    assert tries <= answers / 2
    assert codec._dialects is not None
    assert len(codec._dialects._learnt) <= dialects.MAX_DIALECTS
    assert len(unknown_fields._classes) <= unknown_fields.MAX_CLASSES


def test_types_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(readings, "MAX_READINGS", 16)
    codec = Codec(Tree)
    for depth in range(1, 40, 2):
        node: Json = {"kind": "leaf", "text": "x", "new": 1}
        for _ in range(depth):
            node = {"kind": "node", "from": "a", "count": 1, "required": None, "children": [node]}
        data = text({"root": node, "object": "tree", "table": []})
        codec.decode(data)
        assert learnt(codec, data) == (depth < readings.MAX_READINGS)


def test_what_is_forgotten_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    codec = Codec(ChatCompletionChunk)
    before = types_made()
    for number in range(100):
        codec.decode(chunk({f"new{number}": 1}))
    assert types_made() - before <= 2 * (dialects.MAX_DIALECTS + 1)


def types_made() -> int:
    gc.collect()
    return sum(type(each) is readings.Reading for each in gc.get_objects())


def test_threads_share_a_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    codec = Codec(ChatCompletionChunk)
    threads = 8
    documents = [
        chunk(),
        *(chunk({f"a{number}": number}, **{f"b{number}": None}) for number in range(6)),
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
    assert len(dialects._turn) == 1
