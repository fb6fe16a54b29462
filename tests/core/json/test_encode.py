"""Values to JSON."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import io
import json
import math
import pathlib
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal, NamedTuple

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.json.codec import codec
from api_openai.core.json.encode import encode
from api_openai.core.json.model import Model
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.unknown_fields import make
from api_openai.core.terms.omit import omit


class Frozen(dict[str, int]):
    """One that may be a key."""

    def __hash__(self) -> int:  # type: ignore[override]  # a dict that can be a key
        return 1


class Colour(enum.Enum):
    RED = "red"


class Size(enum.StrEnum):
    BIG = "big"


class Level(enum.IntEnum):
    LOW = 1


class Word(str):
    def __str__(self) -> str:
        return "not this"


class Count(int):
    pass


class Share(float):
    pass


class Many(list[Any]):
    pass


class Named(dict[str, Any]):
    pass


class Pair(NamedTuple):
    a: object
    b: object


@dataclasses.dataclass
class Data:
    a: object
    b: object = omit
    kind: ClassVar[str] = "data"


@attrs.define
class Attrs:
    a: object
    b: object = omit


class Struct(msgspec.Struct, tag=True, rename="camel", omit_defaults=True):
    the_a: object = None
    unset: int | msgspec.UnsetType = msgspec.UNSET
    items: list[int] = []


class Row(msgspec.Struct, array_like=True):
    a: object
    b: object


class Message(Model, tag_field="role", tag="user", kw_only=True):
    role: ClassVar[Literal["user"]] = "user"
    content: object = None


class Rows:
    """Can be gone through, and nothing else."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


VALUES: list[tuple[object, object]] = [
    (None, None),
    ([True, False, 1, 1.5, "x"], [True, False, 1, 1.5, "x"]),
    (10**30, 10**30),
    ({"null": None, "text": "null"}, {"null": None, "text": "null"}),
    (Colour.RED, "red"),
    (Size.BIG, "big"),
    (Level.LOW, 1),
    (Word("x"), "x"),
    (Count(3), 3),
    (Share(1.5), 1.5),
    (Many([1]), [1]),
    (Named(a=1), {"a": 1}),
    (Pair(1, 2), [1, 2]),
    (Data(1), {"a": 1}),
    (Attrs(1), {"a": 1}),
    (Struct(1), {"type": "Struct", "theA": 1}),
    (Row(1, 2), [1, 2]),
    (Message(content="x"), {"role": "user", "content": "x"}),
    (Unknown("new", {"type": "new"}), {"type": "new"}),
    (Unknown(None, 3), 3),
    (pathlib.PurePosixPath("/a/b"), "/a/b"),
    (range(3), [0, 1, 2]),
    ((1, 2), [1, 2]),
    ({1}, [1]),
    (frozenset([1]), [1]),
    (collections.deque([1]), [1]),
    (collections.UserDict(a=1), {"a": 1}),
    (collections.UserList([1]), [1]),
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.defaultdict(int, a=1), {"a": 1}),
    (collections.ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2}),
    (types.MappingProxyType({"a": 1}), {"a": 1}),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.values(), [1]),
    ({"a": 1}.items(), [["a", 1]]),
    (array.array("d", [1.5]), [1.5]),
    (decimal.Decimal("1.5"), 1.5),
    (datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), "2020-01-02T00:00:00Z"),
    (datetime.date(2020, 1, 2), "2020-01-02"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (b"abc", "YWJj"),
    (bytearray(b"abc"), "YWJj"),
    (msgspec.Raw(b'{"a":1}'), {"a": 1}),
    ({1: "a", 1.5: "b", Size.BIG: "c", Colour.RED: "d"}, {"1": "a", "1.5": "b", "big": "c", "red": "d"}),
    ({Word("key"): 1}, {"key": 1}),
    ("\ud83d", "\ud83d"),
    ({"\ud83d": ["\ude00"]}, {"\ud83d": ["\ude00"]}),
    ("\ud83d\ude00", "\N{GRINNING FACE}"),
    ({}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_what_can_be_encoded(value: object, expected: object) -> None:
    assert json.loads(encode(value)) == expected
    # The long way, which `omit` makes necessary, comes to the same, wherever the value stands.
    assert json.loads(encode([value, omit])) == [expected]
    assert json.loads(encode({"a": value, "b": omit})) == {"a": expected}
    assert json.loads(encode(Data({"a": value, "b": omit}))) == {"a": {"a": expected}}
    assert json.loads(encode(Attrs(value))) == {"a": expected}
    assert json.loads(encode(Message(content=[value, omit]))) == {
        "role": "user",
        "content": [expected],
    }
    assert json.loads(encode(Struct({"a": value, "b": omit}))) == {
        "type": "Struct",
        "theA": {"a": expected},
    }


def test_omit_and_unset_are_left_out_at_any_depth() -> None:
    value = {
        "a": omit,
        "b": [{"c": msgspec.UNSET, "d": (omit, 1)}, omit],
        "e": types.MappingProxyType({"f": omit}),
        "g": Struct(the_a={"h": omit}),
        "i": Row(omit, 1),
        "j": Pair(omit, 1),
    }
    assert json.loads(encode(value)) == {
        "b": [{"d": [1]}],
        "e": {},
        "g": {"type": "Struct", "theA": {}},
        "i": [1],
        "j": [1],
    }


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (
            {"input": io.StringIO("1")},
            TypeError,
            "^input: cannot encode a StringIO as JSON; expected",
        ),
        ([Data(Struct(1j))], TypeError, r"^\[0\]\.a\.theA: cannot encode a complex"),
        ({"a": object()}, TypeError, "^a: cannot encode an object"),
        ({"text_format": Data}, TypeError, "^text_format: cannot encode the class Data"),
        ({"a": Colour}, TypeError, "^a: cannot encode the class Colour"),
        ({"a": {(1, 2): 3}}, TypeError, "^a: cannot encode a tuple as a key"),
        ({"a": {frozenset({1}): 3}}, TypeError, "^a: cannot encode a frozenset as a key"),
        ({"a": {Frozen(b=1): 3}}, TypeError, "^a: cannot encode a Frozen as a key"),
        ({None: 1}, TypeError, "cannot encode a NoneType as a key"),
        (omit, TypeError, "omit"),
        (msgspec.UNSET, TypeError, "UNSET"),
        (math.nan, ValueError, r"^\$: cannot encode nan as JSON"),
        ({"a": [None, {"b": math.inf}]}, ValueError, r"^a\[1\]\.b: cannot encode inf"),
        (Message(content=-math.inf), ValueError, "^content: cannot encode -inf"),
        ([array.array("d", [1, math.nan])], ValueError, r"^\[0\]\[1\]: cannot encode nan"),
        ({"pad": "x" * 2_000_000, "a": math.nan}, ValueError, "^a: cannot encode nan"),
    ],
)
def test_what_cannot_be_encoded(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        encode(value)


@pytest.mark.parametrize("name", ["Omit", "NotGiven"])
def test_what_the_official_sdk_leaves_out_is_left_out(name: str) -> None:
    gone = type(name, (), {"__module__": "openai._types"})()
    document = {"a": gone, "b": [{"c": gone, "d": (gone, 1)}, gone], "e": Data(gone)}
    assert json.loads(encode(document)) == {"b": [{"d": [1]}], "e": {}}
    namesake = type(name, (), {"__module__": "elsewhere"})()
    with pytest.raises(TypeError, match=r"^a: cannot encode"):
        encode({"a": namesake})


ITEMS: list[dict[str, Any]] = [{"role": "user", "content": 1.5}, {"role": "user", "content": "b"}]
ITERABLES: dict[str, Callable[[], Any]] = {
    "generator": lambda: (each for each in ITEMS),
    "map": lambda: map(dict[str, Any], ITEMS),
    "filter": lambda: filter(None, ITEMS),
    "view": lambda: dict(enumerate(ITEMS)).values(),
    "tuple": lambda: (*ITEMS,),
    "deque": lambda: collections.deque(ITEMS),
    "iterable": lambda: Rows(ITEMS),
}


@pytest.mark.parametrize("kind", ITERABLES)
def test_iterables_are_arrays_and_read_once(kind: str) -> None:
    made = ITERABLES[kind]
    assert json.loads(encode({"messages": made()})) == {"messages": ITEMS}
    assert json.loads(encode([{"content": made()}])) == [{"content": ITEMS}]
    assert json.loads(encode(made())) == ITEMS


def test_the_error_of_a_generator_is_told() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise TypeError("of the caller's own")

    with pytest.raises(TypeError, match=r"^of the caller's own"):
        encode({"input": broken()})


def test_references_in_a_circle() -> None:
    circle: list[object] = []
    circle.append({"a": circle})
    with pytest.raises(ValueError, match="in a circle"):
        encode(circle)


def test_models_of_other_libraries() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Weather(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        city: str = pydantic.Field(alias="cityName")
        degrees: float | None = None
        at: datetime.date | None = None

    weather = Weather(cityName="x", at=datetime.date(2020, 1, 2))
    expected = {"cityName": "x", "at": "2020-01-02"}
    assert json.loads(encode(weather)) == expected
    assert json.loads(encode({"a": [weather], "b": omit})) == {"a": [expected]}
    with pytest.raises(TypeError, match="the class Weather"):
        encode({"a": Weather})
    with pytest.raises(ValueError, match=r"^\[0\]\.degrees: cannot encode nan"):
        encode([Weather(cityName="x", degrees=math.nan)])


def test_numpy() -> None:
    np: Any = pytest.importorskip("numpy")
    assert json.loads(encode({"a": np.array([[1, 2.5]]), "b": np.int64(3)})) == {
        "a": [[1, 2.5]],
        "b": 3,
    }
    assert json.loads(encode([np.float32(1.5), np.float64(2.5), np.bool_(True), omit])) == [
        1.5,
        2.5,
        True,
    ]
    with pytest.raises(ValueError, match=r"^a\[1\]: cannot encode nan"):
        encode({"a": np.array([1, np.nan])})


def test_answers_can_be_sent_back() -> None:
    document: dict[str, Any] = {"role": "user", "content": [{"x": None}], "new": 1}
    answer = codec(Message).decode(json.dumps(document).encode())
    assert json.loads(encode({"messages": [answer]})) == {"messages": [document]}
    awkward = make(Message, {}, {'"': 1, "\ud83d": "\ude00"})
    assert json.loads(encode([awkward])) == [{"role": "user", '"': 1, "\ud83d": "\ude00"}]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec=None), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_value_comes_back(value: object) -> None:
    expected = json.loads(json.dumps(value))  # joins the halves of surrogate pairs
    assert json.loads(encode(value)) == expected
    assert json.loads(encode([value, omit])) == [expected]
    assert json.loads(encode(Message(content=[value]))) == {"role": "user", "content": [expected]}


@given(JSON, st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 3))
def test_nothing_that_json_lacks_is_sent(value: object, number: float, depth: int) -> None:
    for level in range(depth):
        value = [value, number] if level == 0 else {"a": value}
    if depth:
        with pytest.raises(ValueError, match="cannot encode"):
            encode(value)
