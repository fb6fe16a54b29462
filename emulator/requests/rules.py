"""Checks of request parameters, as tables: a name, and what its value has to be."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..http.errors import missing, wrong_type, wrong_value
from ..http.json_documents import Object, is_array, is_object

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
        allowed = ", ".join(f"'{each}'" for each in rule.values)
        raise wrong_value(name, f"'{value}' is none of {allowed}")
    if isinstance(value, (int, float)):
        kind = "integer" if rule.kind == "an integer" else "decimal"
        if rule.low is not None and value < rule.low:
            raise wrong_value(name, f"{value} is below {rule.low}", f"{kind}_below_min_value")
        if rule.high is not None and value > rule.high:
            raise wrong_value(name, f"{value} is above {rule.high}", f"{kind}_above_max_value")
    if rule.low and is_array(value) and len(value) < rule.low:
        raise wrong_value(
            name, f"it needs at least {int(rule.low)} items", "array_below_min_length"
        )


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
