"""Checks of a request against the typed dicts that describe its parameters.

What the description leaves open passes: parameters it does not know, values of open enumerations,
`null` for a parameter that may be left out.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints, is_typeddict

from ...core.json.annotations import is_struct, members
from ...core.json.model import Model
from ...core.request.timeout import Timeout
from ...core.terms.json_text import REFUSALS
from ...core.terms.nesting import decode
from ...core.terms.omit import Omit
from ..http.errors import ApiError, missing, type_name, unsupported_value, wrong_type
from ..http.json_documents import Object, is_array, is_object

_NAMES: Final = {"Omit": Omit, "Timeout": Timeout}
"""What annotations of options name and import for type checkers only."""

_TAGS: Final = ("type", "role", "mode", "object")
"""What members of unions are told apart by."""


@cache
def hints(params: Any) -> Mapping[str, Any]:
    """Return the types of a typed dict's keys."""
    return get_type_hints(params, localns=_NAMES)


def check_keys(document: Object, params: Any, names: Sequence[str], where: str = "") -> None:
    """Raise the API's refusal for the first of `names` that is missing or has a wrong value."""
    known, required = hints(params), params.__required_keys__
    for name in names:
        if name in required and name not in document:
            raise missing(where + name)
    for name in names:
        value = document.get(name)
        if name not in document or (value is None and name not in required):
            continue
        check(value, known[name], where + name)


def check(value: object, kind: Any, where: str) -> None:
    """Raise the API's refusal unless `value` is a `kind`."""
    options = [each for each in members(kind) if each is not Omit]
    if Any in options or object in options:
        return
    if value is None:
        if type(None) not in options and None not in options:
            raise wrong_type(where, _expected(options), value)
    elif is_object(value):
        _check_object(value, options, where)
    elif is_array(value):
        _check_array(value, options, where)
    else:
        _check_scalar(value, options, where)


def _check_scalar(value: object, options: list[Any], where: str) -> None:
    kind = type(value)
    if kind in options or (kind is int and float in options):
        return
    values = [
        each for option in options if get_origin(option) is Literal for each in get_args(option)
    ]
    if any(each == value and type(each) is kind for each in values):
        return
    if any(type(each) is kind for each in values):
        raise unsupported_value(where, value, values)
    raise wrong_type(where, _expected(options), value)


def _check_array(value: list[object], options: list[Any], where: str) -> None:
    lists = [each for each in options if _is_list(each)]
    if not lists:
        raise wrong_type(where, _expected(options), value)
    refusals: list[ApiError] = []
    for option in lists:
        [inner] = get_args(option) or (object,)
        try:
            for index, item in enumerate(value):
                check(item, inner, f"{where}[{index}]")
        except ApiError as refusal:
            refusals.append(refusal)
        else:
            return
    raise max(refusals, key=_depth)


def _check_object(value: Object, options: list[Any], where: str) -> None:
    dicts = [each for each in options if is_typeddict(each)]
    mappings = [each for each in options if get_origin(each) is not None and _is_mapping(each)]
    models = [each for each in options if isinstance(each, type) and issubclass(each, Model)]
    if not dicts and not mappings and (models or dict in options):
        return
    refusals: list[tuple[int, ApiError]] = []
    for option in dicts:
        try:
            check_keys(value, option, tuple(hints(option)), where + ".")
        except ApiError as refusal:
            refusals.append((_likeness(value, option), refusal))
        else:
            return
    for option in mappings:
        try:
            for name, item in value.items():
                check(item, get_args(option)[1], f"{where}.{name}")
        except ApiError as refusal:
            refusals.append((-1, refusal))
        else:
            return
    if not refusals:
        raise wrong_type(where, _expected(options), value)
    best = max(likeness for likeness, _ in refusals)
    if best == 0 and len(dicts) > 1 and (untagged := _untagged(value, dicts, where)):
        raise untagged
    raise max((refusal for likeness, refusal in refusals if likeness == best), key=_depth)


def _likeness(value: Object, option: Any) -> int:
    """Return in how many of its tags an object is like an `option`."""
    known = hints(option)
    return sum(
        get_origin(known.get(name)) is Literal and value.get(name) in get_args(known[name])
        for name in _TAGS
    )


def _untagged(value: Object, dicts: list[Any], where: str) -> ApiError | None:
    """Refuse an object of which no member of a union has the tag."""
    for name in _TAGS:
        tags = [
            tag
            for option in dicts
            if get_origin(kind := hints(option).get(name)) is Literal
            for tag in get_args(kind)
        ]
        if not tags:
            continue
        if name not in value:
            return missing(f"{where}.{name}")
        if not isinstance(given := value[name], str):
            return wrong_type(f"{where}.{name}", "a string", given)
        if given not in tags:
            return unsupported_value(f"{where}.{name}", given, dict.fromkeys(tags))
    return None


def _depth(refusal: ApiError) -> int:
    """Return how far a check came: of several members of a union, the best fitting one's counts."""
    return (refusal.param or "").count(".") + (refusal.param or "").count("[")


def _is_list(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, Sequence) and origin not in (str, bytes)


def _is_mapping(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _expected(options: list[Any]) -> str:
    """Say what a value has to be."""
    names: list[str] = []
    for option in options:
        if option in (None, type(None)):
            continue
        if get_origin(option) is Literal:
            names += [type_name(each) for each in get_args(option)]
        elif is_typeddict(option) or _is_mapping(option) or is_struct(option):
            names.append("an object")
        elif _is_list(option):
            names.append("an array")
        else:
            names.append("a number" if option is float else type_name(option()))
    return " or ".join(dict.fromkeys(names)) or "null"


def from_text(value: object, kind: Any) -> object:
    """Return a value of a form or a query, where all is text, as the JSON value that it stands for.

    A text that cannot be read as what it should be stays a text, which a check then refuses.
    """
    options = [each for each in members(kind) if each is not Omit]
    if isinstance(value, str):
        return _read(value, options)
    if is_array(value):
        inner = next((get_args(each) for each in options if _is_list(each)), ())
        return [from_text(item, inner[0]) for item in value] if inner else value
    if is_object(value):
        for option in options:
            if is_typeddict(option):
                known = hints(option)
                return {
                    name: from_text(item, known[name]) if name in known else item
                    for name, item in value.items()
                }
            if get_origin(option) is not None and _is_mapping(option):
                inner = get_args(option)
                return {name: from_text(item, inner[1]) for name, item in value.items()}
    return value


def _read(value: str, options: list[Any]) -> object:
    if bool in options and value in ("true", "false"):
        return value == "true"
    for option in options:
        try:
            if option is int or option is float:
                return option(value)
            if get_origin(option) is Literal:
                return next(each for each in get_args(option) if str(each) == value)
        except (ValueError, StopIteration):
            continue
    if str in options:
        return value
    if value[:1] in ("{", "[") and not any(_is_text(option) for option in options):
        try:
            parsed: object = decode(value)
        except REFUSALS:
            return value
        return parsed
    lists = [get_args(each) for each in options if _is_list(each)]
    return [from_text(value, lists[0][0])] if lists and lists[0] else value


def _is_text(option: Any) -> bool:
    return get_origin(option) is Literal and isinstance(get_args(option)[0], str)
