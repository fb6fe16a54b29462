"""Servers that add fields of their own, some of them odd: what a codec makes of their answers."""

import copy
import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from api_openai.core.json.codec import Codec
from api_openai.core.json.encode import encode
from api_openai.core.json.model import Model
from api_openai.core.json.provenance import meta
from api_openai.core.json.values import is_object, items
from api_openai.core.terms.json_text import CodecError

from .damage import ODD, places
from .documents import Json, make

PLAIN_NAMES: Final = (
    "reasoning_content", "timings", "provider", "stop_reason", "class", "None", "self", "cls",
    "__class__", "__init__", "__origin__", "__struct_fields__",
)  # fmt: skip
"""Names that can be those of fields."""
NAMES: Final = (
    *PLAIN_NAMES, "_extra", "_known", "_missing",
    "_root", "model_extra", "to_dict", "mro", "type", "error", "object", "message", "detail", "",
    " ", "a b", "a_b", "0", "\N{GRINNING FACE}", "\xe9", 'quo"te', "back\\slash", "\n", "\x00",
    "\ud83d", "x" * 200, "content", "from_", "index_",
)  # fmt: skip


def text(document: Json) -> bytes:
    return json.dumps(document).encode()


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
        for each in items(inner) or [inner]:
            yield type(each)
            if isinstance(each, Model):
                yield each.model_extra, [*each.to_dict().items()]
                yield [*views_within(each)]


def with_fields(document: Json, random: Random, names: Sequence[str] = NAMES) -> Json:
    """A document with further fields in some of its objects."""
    changed = copy.deepcopy(document)
    inner = [at[key] for at, key in places(changed or {})]
    objects = [each for each in [changed, *inner] if is_object(each)]
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


def compare(codec: Codec[Any], kind: Any, random: Random, answers: int) -> None:
    """Let a codec decode answers of a few dialects, some of them odd, and fail if one that has
    learnt nothing would see anything else in one of them."""
    plain = [make(kind, random) for _ in range(2)]
    names = random.choice((NAMES, PLAIN_NAMES))
    documents = plain + [with_fields(random.choice(plain), random, names) for _ in range(3)]
    for _ in range(answers):
        document = random.choice(documents)
        data = odd(document, random) if random.random() < 0.3 else text(document)
        found = outcome(lambda data=data: codec.decode(data))  # type: ignore[misc]
        expected = outcome(lambda data=data: unlearnt(kind, data))  # type: ignore[misc]
        assert found == expected, data
        for view, other in zip(views(found), views(expected), strict=True):
            assert view == other, data
