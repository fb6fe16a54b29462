"""Models, unknown variants and what hangs on whole answers."""

import copy
import pickle
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import msgspec
import pytest

from api_openai.core.json import unknown_fields as extra
from api_openai.core.json.codec import codec
from api_openai.core.json.issues import Issue
from api_openai.core.json.model import Model, Open
from api_openai.core.json.provenance import Meta, Provenance, attach, hang, meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.unknown_fields import MAX_KEYS, make
from api_openai.core.terms.http_message import Headers, ResponseHead
from api_openai.core.terms.omit import NOT_GIVEN, Omit, omit


class Part(Model, tag_field="type", tag="text", kw_only=True):
    type: ClassVar[Literal["text"]] = "text"
    text: str
    role: Open["a", "b"] | None = None  # noqa: F821


class Answer(Model, kw_only=True):
    id: str
    from_: str | None = msgspec.field(name="from", default=None)
    parts: list[Part] | None = None


HEAD = ResponseHead(
    200,
    Headers([(b"x-request-id", b"req_1"), (b"x-ratelimit-remaining-requests", b"7")]),
)
UNKNOWN_KEYS: dict[str, Any] = {
    "plain": 1,
    "with-dash": 2,
    "with_dash": 3,
    "class": 4,
    "to_dict": 5,
    "_private": 6,
    "__class__": 7,
    "1st": 8,
    "id_": 9,
    "from_": 10,
    "": 11,
    "größe": 12,
    "¹": 15,
    "x²": 16,
    "mro": 13,
    "_root": 14,
    "null": None,
}


def with_extra(**extra: Any) -> Answer:
    return make(Answer, {"id": "x", "parts": [Part(text="t")]}, {"plain": 1, **extra})


def overflowing() -> Answer:
    return make(Answer, {"id": "x"}, {'quote"': 1, "plain": 2, "\ud83d": 3})


def lacking() -> Answer:
    return make(Answer, {"id": None}, {}, ("id",))


def test_open_is_the_plain_type_at_run_time() -> None:
    class Run(Model, kw_only=True):
        status: Open["queued", "done"]  # noqa: F821
        size: Open[1, 2]
        mixed: Open["auto", 1] | None = None  # noqa: F821

    run = codec(Run).decode(b'{"status":"exploded","size":3,"mixed":"x"}')
    assert (run.status, run.size, run.mixed) == ("exploded", 3, "x")
    assert meta(run).issues == ()
    assert len(meta(codec(Run).decode(b'{"status":1,"size":"3","mixed":[]}')).issues) == 3


def test_a_model_is_frozen_and_takes_keywords_only() -> None:
    answer = Answer(id="x")
    with pytest.raises(AttributeError):
        answer.id = "y"  # type: ignore[misc]  # pyright: ignore
    with pytest.raises(TypeError):
        Answer("x")  # type: ignore  # pyright: ignore
    assert type(answer).__dictoffset__ == 0  # it is made when somebody asks
    assert hash(answer) == hash(Answer(id="x"))


def test_only_fields_count_in_comparisons() -> None:
    one, other = Answer(id="x"), Answer(id="x")
    hang(one, b"{}")
    attach(one, HEAD)
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == repr(other) == "Answer(id='x', from_=None, parts=None)"


def test_meta_of_a_whole_answer() -> None:
    answer = codec(Answer).decode(b'{"id":"x","parts":3}')
    attach(answer, HEAD)
    found = meta(answer)
    assert found.raw == b'{"id":"x","parts":3}'
    assert found.issues == (Issue(("parts",), "an array or null", "an integer"),)
    assert str(found.issues[0]) == "parts: expected an array or null, got an integer"
    assert found.status == 200
    assert found.headers is HEAD.headers
    assert found.request_id == "req_1"
    assert found.rate_limits is not None
    assert found.rate_limits.remaining_requests == 7
    assert answer._request_id == "req_1"  # pyright: ignore[reportPrivateUsage]  # its public name


@pytest.mark.parametrize("value", [Answer(id="x"), Unknown("x", {}), None, 3, [], "text"])
def test_meta_of_anything_else_is_empty(value: object) -> None:
    assert meta(value) == Meta()


def test_meta_of_inner_objects_is_empty() -> None:
    answer = codec(Answer).decode(b'{"id":"x","parts":[{"type":"text","text":"t"}]}')
    assert answer.parts is not None
    assert meta(answer.parts[0]) == Meta()
    assert answer.parts[0]._request_id is None  # pyright: ignore[reportPrivateUsage]


def test_attach_passes_over_what_cannot_carry_a_head() -> None:
    attach([1], HEAD)
    attach(None, HEAD)


@pytest.fixture(autouse=True)
def no_classes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded for the process, and no other test shall have used them up."""
    monkeypatch.setattr(extra, "_classes", {})


@pytest.mark.parametrize("key", UNKNOWN_KEYS)
def test_every_unknown_key_is_an_attribute(key: str) -> None:
    value = UNKNOWN_KEYS[key]
    answer = make(Answer, {"id": "x"}, {key: value})
    assert isinstance(answer, Answer)
    assert answer.model_extra == {key: value}
    (name,) = set(type(answer).__struct_fields__) - set(Answer.__struct_fields__)
    assert name.isidentifier()
    assert not name.startswith("_")
    assert not hasattr(Answer, name)
    assert getattr(answer, name) == value
    assert answer.to_dict() == {"id": "x", key: value}


def test_unknown_keys_together() -> None:
    answer: Any = make(Answer, {"id": "x"}, dict(UNKNOWN_KEYS))
    assert answer.model_extra == UNKNOWN_KEYS
    assert (answer.with_dash, answer.with_dash_) == (3, 2)
    assert answer.to_dict() == {"id": "x", **UNKNOWN_KEYS}
    assert repr(answer).startswith("Answer(id='x'")


def test_the_order_of_unknown_keys_does_not_matter() -> None:
    one = make(Answer, {"id": "x"}, {"p": 1, "q": 2})
    other = make(Answer, {"id": "x"}, {"q": 2, "p": 1})
    assert type(one) is type(other)
    assert one == other


def test_beyond_the_bounds_unknown_fields_are_kept_in_a_dict() -> None:
    many = {f"key{number}": number for number in range(MAX_KEYS + 1)}
    answer: Any = make(Answer, {"id": "x"}, dict(many))
    assert Answer in type(answer).__mro__
    assert answer.key7 == 7
    assert answer.model_extra == many
    assert answer.to_dict() == {"id": "x", **many}
    assert answer == make(Answer, {"id": "x"}, dict(reversed(many.items())))
    assert answer != make(Answer, {"id": "x"}, {**many, "key7": 8})
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = answer.nothing_of_the_kind


def test_what_is_missing_is_none_and_stays_absent() -> None:
    answer = lacking()
    assert answer.id is None
    assert answer.to_dict() == {}


OBJECTS: dict[str, Callable[[], Any]] = {
    "plain": lambda: Answer(id="x", parts=[Part(text="t")]),
    "extra": lambda: with_extra(more=[1, {"a": None}]),
    "awkward": lambda: make(Answer, {"id": "x"}, dict(UNKNOWN_KEYS)),
    "overflow": overflowing,
    "lacking": lacking,
    "both": lambda: make(Answer, {"id": None}, {"a": 1}, ("id",)),
    "unknown": lambda: Unknown("new", {"type": "new", "a": [1]}),
    "shapeless": lambda: Unknown(None, 3),
    "raw": lambda: codec(Answer).decode(b'{"id":"x","new":[]}'),
    "issues": lambda: codec(Answer).decode(b'{"id":3,"new":[]}'),
}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy"])
def test_copies_and_pickles(name: str, way: str) -> None:
    obj = OBJECTS[name]()
    for root in (None, b'{"id":"root"}', Provenance(b"{}", (Issue((), "a", "b"),), HEAD)):
        if root is not None:
            obj = copy.copy(obj)
            hang(obj, root)
        if way == "pickle":
            clone = pickle.loads(pickle.dumps(obj))
        else:
            clone = copy.copy(obj) if way == "copy" else copy.deepcopy(obj)
        assert clone is not obj
        assert type(clone) is type(obj)
        assert clone == obj
        assert repr(clone) == repr(obj)
        before, after = meta(obj), meta(clone)
        assert (after.raw, after.issues, after.status) == (
            before.raw,
            before.issues,
            before.status,
        )
        assert clone.to_dict() == obj.to_dict()


def test_replace_makes_an_object_without_a_document() -> None:
    answer = codec(Answer).decode(b'{"id":"x","new":1}')
    other: Any = msgspec.structs.replace(answer, id="y")
    assert meta(other) == Meta()
    assert other.to_dict() == {"id": "y", "new": 1}


def test_unknown_reads_like_an_object() -> None:
    item = Unknown("new", {"type": "new", "name": "n", "_private": 1, "raw": 2})
    assert (item.type, item.name) == ("new", "n")
    assert item.raw["raw"] == 2
    assert item.to_dict() is item.raw
    for name in ("absent", "_private", "__len__"):
        with pytest.raises(AttributeError, match="unknown variant 'new' has no field"):
            getattr(item, name)
    with pytest.raises(AttributeError):
        _ = Unknown(None, [1]).name
    with pytest.raises(TypeError):
        hash(item)
    assert item != Unknown("new", {})
    assert item != 3


def test_to_dict_of_objects_made_by_hand_has_tags_and_no_absent_fields() -> None:
    answer = Answer(id="x", from_="me", parts=[Part(text="t")])
    assert answer.to_dict() == {
        "id": "x",
        "from": "me",
        "parts": [{"type": "text", "text": "t"}],
    }


def test_to_dict_of_a_whole_answer_is_the_document() -> None:
    raw = b' {"parts":null, "id":"x","id":"y","new":{"a":1.50}}\n'
    answer = codec(Answer).decode(raw)
    assert answer.to_dict() == {"parts": None, "id": "y", "new": {"a": 1.5}}
    assert answer.to_json() == '{"parts":null,"id":"y","new":{"a":1.5}}'
    assert answer.to_json(indent=2).startswith('{\n  "parts": null')


def test_to_dict_keeps_unknown_variants() -> None:
    class Holder(Model, kw_only=True):
        item: object

    assert Holder(item=[Unknown("n", {"type": "n"})]).to_dict() == {"item": [{"type": "n"}]}


def test_model_dump() -> None:
    raw = b'{"id":"x","from":null,"parts":[{"type":"text","text":"t","new":null}]}'
    answer = codec(Answer).decode(raw)
    part = {"type": "text", "text": "t", "role": None, "new": None}
    assert answer.model_dump() == {"id": "x", "from": None, "parts": [part]}
    assert answer.model_dump(mode="json", by_alias=True) == answer.model_dump()
    assert answer.model_dump(exclude_unset=True) == answer.to_dict()
    assert answer.model_dump(exclude_defaults=True) == {
        "id": "x",
        "parts": [{"type": "text", "text": "t", "new": None}],
    }
    assert answer.model_dump(exclude_none=True) == {
        "id": "x",
        "parts": [{"type": "text", "text": "t"}],
    }
    assert answer.model_dump_json(exclude_none=True) == (
        '{"id":"x","parts":[{"type":"text","text":"t"}]}'
    )
    assert answer.model_dump_json(indent=1).startswith('{\n "id": "x"')
    with pytest.raises(TypeError):
        answer.model_dump(exclude_all=True)  # type: ignore[call-arg]  # pyright: ignore


def test_json_of_numbers_that_json_does_not_have() -> None:
    answer = codec(Answer).decode(b'{"id":"x","new":[NaN,-Infinity]}')
    assert answer.to_json() == '{"id": "x", "new": [NaN, -Infinity]}'


def test_omit_is_one_false_object() -> None:
    assert not omit
    assert NOT_GIVEN is omit
    assert Omit() is omit
    assert pickle.loads(pickle.dumps(omit)) is omit
    assert copy.deepcopy([omit])[0] is omit
    assert repr(omit) == "omit"
