"""An instance for a JSON schema: arguments that fit a function, a document that fits a format.

Covers what schemas for functions and structured output are made of: types, enums, constants,
ranges, lengths, arrays, nested and recursive objects, unions, local references, common formats.

A few bytes of schema can ask for a text of a gigabyte, or for a tree of 2^24 leaves: what an instance
may have is bounded, and a schema that asks for more is refused.
"""

from typing import Final

from ..http.errors import ApiError
from ..http.json_documents import Object, encode, is_array, is_integer, is_object, member, text
from .texts import short, words

_FORMATS: Final = {
    "date-time": "2026-01-01T12:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_DEEP: Final = 6
"""From here on, what may be left out is."""
_DEEPEST: Final = 24
"""Here a schema that demands itself, and so has no instance, is given up."""


_WIDEST: Final = 2**63 - 1
_MOST_VALUES: Final = 10_000
_MOST_TEXT: Final = 100_000


def instance(schema: object, said: str = "") -> object:
    """Return a value that fits `schema`; words of `said` serve as texts in it.

    `ApiError` where a value that fits would be too large, or no number is in the range.
    """
    try:
        return _Maker(schema, said).make(schema, 0)
    except (ArithmeticError, ValueError):  # of numbers that floats cannot have
        raise _refusal("has a range of numbers that none is in") from None


def _refusal(message: str) -> ApiError:
    return ApiError(400, f"Invalid schema: it {message}.", code="invalid_json_schema")


class _Maker:
    def __init__(self, root: object, said: str) -> None:
        self._root = root
        self._word = _salient(said)
        self._values = _MOST_VALUES
        self._text = _MOST_TEXT

    def make(self, schema: object, depth: int) -> object:
        schema = self._resolved(schema, depth)
        if not is_object(schema) or depth > _DEEPEST:
            return {} if schema is True else None
        for name in ("const", "default"):
            if name in schema:
                return self._given(schema[name])
        options = schema.get("enum")
        if is_array(options) and options:
            return self._given(self._word if self._word in options else options[0])
        for name in ("anyOf", "oneOf"):
            variants = schema.get(name)
            if is_array(variants) and variants:
                return self.make(self._variant(variants, depth), depth + 1)
        return self._of_type(schema, depth)

    def _given(self, value: object) -> object:
        """Return a value that the schema has in itself, perhaps for the thousandth time."""
        self._spend(len(value) if isinstance(value, str) else len(encode(value)))
        return value

    def _spend(self, length: int) -> None:
        self._text -= length
        if self._text < 0:
            raise _refusal(f"asks for more than {_MOST_TEXT} characters")

    def _resolved(self, schema: object, depth: int) -> object:
        """Follow local references and join `allOf`, as far as that goes."""
        self._values -= 1
        if self._values < 0:
            raise _refusal(f"asks for more than {_MOST_VALUES} values")
        for _ in range(_DEEP):
            target = text(member(schema, "$ref"))
            if not target.startswith("#"):
                break
            schema = self._root
            for step in target.split("/")[1:]:
                schema = member(schema, step.replace("~1", "/").replace("~0", "~"))
        parts = member(schema, "allOf")
        if not (is_object(schema) and is_array(parts)) or depth > _DEEPEST:
            return schema
        rest: Object = {name: value for name, value in schema.items() if name != "allOf"}
        resolved = [self._resolved(part, depth + 1) for part in parts]
        return _joined([rest, *(part for part in resolved if is_object(part))])

    def _variant(self, variants: list[object], depth: int) -> object:
        """Prefer a variant with content; deep inside, prefer null, which ends a recursion."""
        empty = [variant for variant in variants if member(variant, "type") == "null"]
        if depth >= _DEEP and empty:
            return empty[0]
        return next((variant for variant in variants if variant not in empty), variants[0])

    def _of_type(self, schema: Object, depth: int) -> object:
        kind = schema.get("type")
        if is_array(kind):
            kind = self._variant([{"type": each} for each in kind], depth)
            kind = member(kind, "type")
        if kind is None:
            kind = (
                "object" if "properties" in schema else "array" if "items" in schema else "string"
            )
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer" | "number":
                return _number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._string(schema)

    def _object(self, schema: Object, depth: int) -> Object:
        properties = schema.get("properties")
        required = schema.get("required")
        if not is_object(properties):
            return {}
        names = required if is_array(required) else []
        needed = {name for name in names if isinstance(name, str)}
        self._spend(sum(map(len, properties)))
        return {
            name: self.make(part, depth + 1)
            for name, part in properties.items()
            if name in needed or depth < 2
        }

    def _array(self, schema: Object, depth: int) -> list[object]:
        least = schema.get("minItems")
        count = least if is_integer(least) else 0 if depth >= _DEEP else 1
        if count > _MOST_VALUES:
            raise _refusal(f"asks for more than {_MOST_VALUES} values")
        prefix = schema.get("prefixItems")
        items: list[object] = (
            [self.make(part, depth + 1) for part in prefix] if is_array(prefix) else []
        )
        while len(items) < count:
            items.append(self.make(schema.get("items", True), depth + 1))
        return items

    def _string(self, schema: Object) -> str:
        if (known := _FORMATS.get(text(schema.get("format")))) is not None:
            return known
        value = self._word
        least, most = schema.get("minLength"), schema.get("maxLength")
        length = max(len(value), least) if is_integer(least) else len(value)
        self._spend(length)
        value = value.ljust(length, "x")
        return value[: max(0, most)] if is_integer(most) else value


def _joined(parts: list[Object]) -> Object:
    """Return the schema that all of `parts` together are."""
    joined: Object = {}
    properties: Object = {}
    required: list[object] = []
    for part in parts:
        joined |= part
        mine, its = part.get("properties"), part.get("required")
        properties |= mine if is_object(mine) else {}
        required += its if is_array(its) else []
    if properties:
        joined["properties"] = properties
    if required:
        joined["required"] = required
    return joined


def _number(schema: Object, *, whole: bool) -> int | float:
    """Return the least number allowed, or 1 where that is allowed."""

    def bound(name: str) -> float | None:
        value = schema.get(name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    beside = 1 if whole else 0.5
    low, high = bound("minimum"), bound("maximum")
    if (above := bound("exclusiveMinimum")) is not None:
        low = max(above + beside, low if low is not None else above + beside)
    if (below := bound("exclusiveMaximum")) is not None:
        high = min(below - beside, high if high is not None else below - beside)
    value: float = 1
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    if step := bound("multipleOf"):
        value = -(-value // step) * step
    if not -_WIDEST <= value <= _WIDEST:  # not a number at all, or none that JSON can carry
        raise ValueError(value)
    return int(value) if whole else value


def _salient(said: str) -> str:
    """Return the word of a question that its answer is likely about: the last capitalised one."""
    found = words(short(said))
    names = [word for word in found[1:] if word[0].isupper()]
    return (names or found or ["example"])[-1]
