"""Writes `core/api/types`: what the API answers, as msgspec Structs."""

import keyword
import re
from collections.abc import Iterator
from typing import Final

from .expressions import Annotations, optional
from .naming import HEADER, subclass
from .nodes import Alias, Field, Object, nullable
from .plan import Types
from .tables import MODEL_METHODS, sdk_name
from .unions import Tag

NOQA: Final = "# ruff: noqa: F722, F821  # strings in Open[...] are values, as in Literal\n"
_BUILTINS: Final = frozenset({"str", "int", "float", "bool", "list", "dict"})
_OF_MODELS: Final = frozenset(
    """
    model_construct model_copy model_dump model_dump_json model_extra model_fields model_fields_set
    model_json_schema model_validate model_validate_json to_dict to_json
    """.split()
)
_TAKEN: Final = _BUILTINS | _OF_MODELS
"""Names that a field cannot have: in annotations, and as what every model has."""


def module(types: Types, name: str) -> str:
    """Return the text of the module `name`."""
    return _Module(types, name).text()


class _Module:
    def __init__(self, types: Types, name: str) -> None:
        self.types = types
        self.name = name
        self.written = Annotations(types)
        self.places = types.order(name)
        self.base = "_Model" if "Model" in {types.names[each] for each in self.places} else "Model"
        self._defined: set[str] = set()

    def text(self) -> str:
        body = "\n".join(line for place in self.places for line in self._shape(place))
        noqa = [NOQA] if "Open[" in body else []
        return "\n".join([HEADER, *noqa, self._docstring(), *self._imports(body), "", body, ""])

    def _docstring(self) -> str:
        what = "several areas" if self.name == "shared" else f"`{self.name}`"
        return f'"""What the API answers: types of {what}."""\n'

    def _imports(self, body: str) -> Iterator[str]:
        typing = [each for each in ("Any", "Literal", "TypeAlias") if _has(body, each)]
        if typing:
            yield f"from typing import {', '.join(typing)}\n"
        if "= field(" in body:
            yield "from msgspec import field\n"
        if "(model_methods." in body:
            yield "from ...json import model_methods"
        model = ["Model as _Model" if self.base == "_Model" else "Model"]
        model = model if f"({self.base}," in body else []
        model += [each for each in ("NULL", "Open", "Tag") if _has(body, each)]
        if model:
            yield f"from ...json.model import {', '.join(sorted(model))}"
        homes: dict[str, set[str]] = {}
        for place in self.places:
            for other in self.types.uses(place):
                home = self.types.homes[other]
                if home != self.name:
                    homes.setdefault(home, set()).update(self._classes(other))
        for home, names in sorted(homes.items()):
            yield f"from .{home} import {', '.join(sorted(names))}"

    def _classes(self, place: str) -> list[str]:
        """The name of a shape, and those of its subclasses for further values of the tag."""
        name, tag = self.types.names[place], self.types.tags.get(place)
        return [name, *(subclass(name, value) for value in (tag.values[1:] if tag else ()))]

    def _shape(self, place: str) -> Iterator[str]:
        shape = self.types.shapes[place]
        name = self.types.names[place]
        later = [each for each in self.types.uses(place) if not self._is_defined(each, place)]
        if isinstance(shape, Alias):
            text = self.written.write(shape.node)
            yield f"{name}: TypeAlias = {_quoted(text) if later else text}"
            yield f'"""{self._origin(place)}"""\n'
        else:
            yield from self._class(shape, name, later)
        self._defined.add(place)

    def _is_defined(self, place: str, user: str) -> bool:
        return place in self._defined or self.types.homes[place] != self.name

    def _class(self, shape: Object, name: str, later: list[str]) -> Iterator[str]:
        tag = self.types.tags.get(shape.place)
        base = (
            f"model_methods.{MODEL_METHODS[shape.place]}"
            if shape.place in MODEL_METHODS
            else self.base
        )
        first = f', tag_field="{tag.field}", tag="{tag.values[0]}"' if tag else ""
        yield f"\nclass {name}({base}, kw_only=True{first}):"
        yield f'    """{self._origin(shape.place, tag)}"""\n'
        if tag:
            yield self._tag(tag, tag.values[0])
        fields = [each for each in shape.fields if tag is None or each.name != tag.field]
        for each in fields:
            yield self._field(each, later)
        for each in fields:
            yield from self._other_name(each, later)
        for value in tag.values[1:] if tag else ():
            assert tag is not None
            yield f'\nclass {subclass(name, value)}({name}, kw_only=True, tag="{value}"):'
            yield f'    """A `{name}` whose `{tag.field}` is `{value}`."""\n'
            yield self._tag(tag, value)

    def _tag(self, tag: Tag, value: str) -> str:
        values = ", ".join(f'"{each}"' for each in tag.values)
        return f'    {identifier(tag.field)}: Tag[Open[{values}]] = "{value}"'

    def _annotation(self, field: Field, later: list[str]) -> str:
        text = self.written.write(field.node)
        text = text if field.required else optional(text)
        return _quoted(text) if set(self.types.named(field.node)) & set(later) else text

    def _other_name(self, field: Field, later: list[str]) -> Iterator[str]:
        if (name := sdk_name(field.name)) is not None:
            yield "\n    @property"
            yield f"    def {name}(self) -> {self._annotation(field, later)}:"
            yield f'        """`{field.name}`, by the name that the official SDK has for it."""'
            yield f"        return self.{identifier(field.name)}"

    def _field(self, field: Field, later: list[str]) -> str:
        name, text = identifier(field.name), self._annotation(field, later)
        end = " = None" if not field.required else " = NULL" if nullable(field.node) else ""
        if name != field.name:
            default = "" if field.required else "default=None, "
            end = f' = field({default}name="{field.name}")'
        return f"    {name}: {text}{end}"

    def _origin(self, place: str, tag: Tag | None = None) -> str:
        merged = self.types.merged.get(place)
        if merged:
            parts = ", ".join(f"`{each}`" for each in merged)
            return f"One of {parts}, which share the `{tag.field if tag else 'form'}`."
        used = sorted(self.types.used.get(place, ()), key=lambda each: each[:4] != "POST")
        answers = f"answers `{used[0]}`" if used else ""
        if used[1:]:
            answers += f" and {len(used) - 1} more"
        head, _, rest = place.partition(".")
        if rest:
            return f"`{rest}` of `{head}`."
        if ":" in place:
            return f"{answers[:1].upper()}{answers[1:]}." if used else f"Of `{place}`."
        return f"Schema `{head}`{'; ' if used else ''}{answers}."


def identifier(name: str) -> str:
    """The attribute for a JSON key: the key itself, if it can be one; see `core.json.unknown_fields`."""
    name = re.sub(r"\W", "_", name)
    if not name.isidentifier():
        name = f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _has(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
