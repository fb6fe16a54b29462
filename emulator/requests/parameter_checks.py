"""Checks of parameters that hang on each other or on the model, in chat and responses alike."""

import re
from collections.abc import Sequence
from typing import Final

from ..http.errors import ApiError, missing, too_long, unsupported_parameter, unsupported_value
from ..http.json_documents import Object, is_object, member, text
from .models import reasons
from .rules import Rule, check
from .schema_checks import check_format, check_function

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_NAME: Final = 64
_FORMATS: Final = ("json_object", "json_schema", "text")
_FUNCTION: Final = {
    "name": Rule("a string", required=True),
    "description": Rule("a string"),
    "parameters": Rule("an object"),
    "strict": Rule("a boolean"),
}


def check_needs(document: Object, needed: str, *names: str) -> None:
    """Refuse parameters that are there without the one that they need to be on."""
    for name in names:
        if document.get(name) is not None and not document.get(needed):
            message = f"The '{name}' parameter is only allowed when '{needed}' is enabled."
            raise ApiError(400, message, param=name)


def check_sampling(document: Object, model: str, effort: object, names: Sequence[str]) -> None:
    """Refuse what a model that reasons has no choice in: they are what they are by default."""
    if not reasons(model, effort):
        return
    for name in names:
        value = document.get(name)
        if value is None or value == _DEFAULTS.get(name):
            continue
        if name not in _DEFAULTS:
            raise unsupported_parameter(name)
        message = f"Unsupported value: '{name}' does not support {value} with this model. "
        message += f"Only the default ({_DEFAULTS[name]}) value is supported."
        raise ApiError(400, message, param=name, code="unsupported_value")


_DEFAULTS: Final[Object] = {
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logprobs": False,
    "top_logprobs": 0,
}


def check_declared(function: object, where: str, schema_at: str) -> None:
    """Check the declaration of a function: its name, and the schema of its parameters."""
    if not is_object(function):
        raise missing(where.removesuffix("."))
    check(function, _FUNCTION, where)
    check_name(text(function["name"]), where + "name")
    strict = function.get("strict") is True
    check_function(function["name"], function.get("parameters"), schema_at, strict=strict)


def check_name(name: str, where: str) -> None:
    """Refuse a name that functions and formats cannot have."""
    if len(name) > _LONGEST_NAME:
        raise too_long(where, "string", _LONGEST_NAME, len(name))
    if not _NAME.fullmatch(name):
        message = f"Invalid '{where}': string does not match pattern. "
        message += "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise ApiError(400, message, param=where, code="invalid_value")


def check_output_format(wanted: object, inner: str, where: str, code: str | None) -> None:
    """Check a format of answers. `inner` is where its schema is in it, `where` what is refused."""
    if wanted is None:
        return
    outer = where.removesuffix(".schema")
    kind = member(wanted, "type")
    if not isinstance(kind, str):
        raise missing(f"{outer}.type")
    if kind not in _FORMATS:
        raise unsupported_value(f"{outer}.type", kind, _FORMATS)
    if kind != "json_schema":
        return
    body = member(wanted, inner) if inner else wanted
    if body is None:
        raise missing(f"{outer}.{inner}")
    path = f"{outer}.{inner}." if inner else f"{outer}."
    for name in ("name", "schema"):
        if member(body, name) is None:
            raise missing(path + name)
    check_name(text(member(body, "name")), path + "name")
    if member(body, "strict") is True:
        check_format(member(body, "name"), member(body, "schema"), where, code)
