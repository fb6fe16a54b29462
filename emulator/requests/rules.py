"""Checks of request parameters, as tables: a name, and what its value has to be."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..http.errors import (
    missing,
    out_of_range,
    too_long,
    too_short,
    unsupported_value,
    wrong_type,
)
from ..http.json_documents import Object, is_array, is_object, objects

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "a string": (str,),
    "an integer": (int,),
    "a number": (int, float),
    "a boolean": (bool,),
    "an array": (list,),
    "an object": (dict,),
    "a string or an array": (str, list),
    "a string or an object": (str, dict),
}


class Rule(NamedTuple):
    """What a parameter has to be. `null` stands for a parameter left out, save a required one."""

    kind: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


def check(document: Object, rules: Mapping[str, Rule], where: str = "") -> None:
    """Raise the API's refusal for the first parameter that breaks its rule; others pass."""
    for name, rule in rules.items():
        value = document.get(name)
        if value is None:
            if not rule.required:
                continue
            if name not in document:
                raise missing(where + name)
        _check_value(where + name, value, rule)


def _check_value(name: str, value: object, rule: Rule) -> None:
    fits = type(value) in _KINDS[rule.kind]
    if not fits:
        raise wrong_type(name, rule.kind, value)
    if rule.values and isinstance(value, str) and value not in rule.values:
        raise unsupported_value(name, value, rule.values)
    if isinstance(value, (int, float)):
        low, high = rule.low, rule.high
        if (low is not None and value < low) or (high is not None and value > high):
            whole = rule.kind == "an integer"
            raise out_of_range(name, value if whole else float(value), low=low, high=high)
    if not (isinstance(value, str) or is_array(value)):
        return
    if rule.low and len(value) < rule.low:
        kind = "string" if isinstance(value, str) else "array"
        raise too_short(name, kind, int(rule.low), len(value))
    if rule.high and is_array(value) and len(value) > rule.high:
        raise too_long(name, "array", int(rule.high), len(value))
    check_length(value, name)


def check_length(value: object, name: str) -> None:
    """Refuse a text, or parts of one, that is longer than the API takes."""
    if isinstance(value, str) and len(value) > _LONGEST:
        raise too_long(name, "string", _LONGEST, len(value))
    for index, part in enumerate(objects(value)):
        check_length(part.get("text"), f"{name}[{index}].text")


_LONGEST: Final = 10_485_760
"""The most characters that a text may have."""


def check_each(value: object, name: str) -> list[Object]:
    """Return an array of objects; refuse the first item that is something else."""
    items: list[Object] = []
    for index, item in enumerate(value if is_array(value) else []):
        if not is_object(item):
            raise wrong_type(f"{name}[{index}]", "an object", item)
        items.append(item)
    return items


STRING: Final = Rule("a string")
BOOLEAN: Final = Rule("a boolean")
INTEGER: Final = Rule("an integer")
ARRAY: Final = Rule("an array")
OBJECT: Final = Rule("an object")
MODEL: Final = Rule("a string", required=True)
TEMPERATURE: Final = Rule("a number", low=0, high=2)
PROBABILITY: Final = Rule("a number", low=0, high=1)
