"""Documents made from types: what a server might send, if it keeps to the description."""

from random import Random
from typing import Any, Literal, get_args, get_origin

import msgspec

from api_openai.core.json.annotations import is_struct, members, plain

Json = Any  # whatever json.loads returns


def make(kind: Any, random: Random, depth: int = 0) -> Json:
    """A JSON value that fits `kind`."""
    kind = plain(random.choice(_usable(kind, depth)))
    origin: Any = get_origin(kind) or kind
    few = range(random.randrange(3) if depth < 5 else 0)
    if is_struct(kind):
        return _make_object(kind, random, depth)
    if origin is list:
        item = (*get_args(kind), object)[0]
        return [make(item, random, depth + 1) for _ in few]
    if origin is dict:
        item = (*get_args(kind)[1:], object)[0]
        return {f"key{number}": make(item, random, depth + 1) for number in few}
    if origin is Literal:
        return random.choice(get_args(kind))
    if kind is type(None):
        return None
    examples: dict[Any, list[Json]] = {
        str: ["", "text", "\N{GRINNING FACE}", "2020-01-01T00:00:00Z"],
        int: [0, 7, -1, 2**53],
        float: [0.5, -1.25, 3],
        bool: [True, False],
    }
    return random.choice(examples.get(kind, [{"a": [1]}, "x", 3]))


def _usable(kind: Any, depth: int) -> list[Any]:
    """Members of `kind`; deep down those that go no deeper, where there are any."""
    flat = [each for each in members(kind) if depth < 6 or not is_struct(each)]
    return flat or members(kind)


def _make_object(kind: Any, random: Random, depth: int) -> Json:
    config = kind.__struct_config__
    made: dict[str, Json] = {} if config.tag_field is None else {config.tag_field: config.tag}
    for field in msgspec.structs.fields(kind):
        if field.required or (depth < 6 and random.random() < 0.5):
            made[field.encode_name] = make(field.type, random, depth + 1)
    return made
