"""Writes `core/api/params`: what callers hand over, as typed dicts."""

import keyword
import re
from collections.abc import Iterator
from typing import Final

from .description import Description
from .expressions import Parameters
from .naming import HEADER
from .nodes import Alias, Field, Object
from .plan import Types
from .tables import ACCEPTS, PARTS, RESPELLED_IN

_MODEL: Final = re.compile(r"\b(\w+_models\.\w+)")


def module(types: Types, models: Types, description: Description, name: str) -> str:
    """Return the text of the module `name`; `models` are the types that answers are made of."""
    return Module(types, models, description, name).text()


class Module:
    """A module of parameters, and what others need to name them."""

    def __init__(self, types: Types, models: Types, description: Description, name: str) -> None:
        self.types = types
        self.models = models
        self.name = name
        self.written = Parameters(types, refer=self._refer)
        self.places = types.order(name)
        self._components = description.schemas
        self._defined: set[str] = set()
        self._seen: set[str] = set()

    def text(self) -> str:
        """Return the text of the module."""
        body = "\n".join(line for place in self.places for line in self._shape(place))
        body = _MODEL.sub(r"Given[\1]", body)
        end = (
            ["\nlet_pydantic_read(globals())"]
            if _has(body, "TypedDict") or "(Options," in body
            else []
        )
        return "\n".join([HEADER, self._docstring(), *self._imports(body), "", body, *end, ""])

    def _docstring(self) -> str:
        what = "several areas" if self.name == "shared" else f"`{self.name}`"
        return f'"""Parameters of {what}, for type checkers and editors."""\n'

    def _imports(self, body: str) -> Iterator[str]:
        abstract = [each for each in ("Mapping", "Sequence") if f"{each}[" in body]
        if abstract:
            yield f"from collections.abc import {', '.join(abstract)}"
        names = ("Any", "Literal", "Required", "TypeAlias", "TypedDict")
        typing = [each for each in names if _has(body, each)]
        if typing:
            yield f"from typing import {', '.join(typing)}\n"
        if "FileTypes" in body:
            yield "from ...http.multipart import FileTypes"
        if _has(body, "Omit"):
            yield "from ...terms.omit import Omit"
        if "(Options," in body:
            yield "from ...request.options import Options"
        if _has(body, "TypedDict") or "(Options," in body:
            given = "Given, " if "Given[" in body else ""
            yield f"from ..pydantic_params import {given}let_pydantic_read"
        for home in self.models.modules():
            if f"{home}_models." in body:
                yield f"from ..types import {home} as {home}_models"
        homes: dict[str, set[str]] = {}
        for place in self.places:
            for other in self.types.uses(place):
                home = self.types.homes[other]
                if home != self.name:
                    homes.setdefault(home, set()).add(self.types.names[other])
        for home, used in sorted(homes.items()):
            yield f"from .{home} import {', '.join(sorted(used))}"

    def _refer(self, place: str) -> str:
        """The name of a shape, and those of the models that may be handed over in its place."""
        name = self.types.names[place]
        self._seen.add(place)
        if isinstance(self.types.shapes[place], Alias):
            return name
        return " | ".join([name, *self._accepted(place)])

    def _accepted(self, place: str) -> list[str]:
        """The models that stand for the same object, or for one that can be sent back.

        Those of sessions stand in parameters of sessions alone: no other module loads theirs.
        """
        found: list[str] = []
        for each in (place, *ACCEPTS.get(place, ())):
            known = self.models.same.get(each, each)
            if each in self._components and known in self.models.names:
                home = self.models.homes[known]
                sessions = self.models.sessions.values()
                if home not in sessions or self.name in sessions:
                    found.append(f"{home}_models.{self.models.names[known]}")
        return list(dict.fromkeys(found))

    def _shape(self, place: str) -> Iterator[str]:
        shape = self.types.shapes[place]
        name = self.types.names[place]
        if isinstance(shape, Alias):
            yield from self._alias(shape, name)
        else:
            yield from self._class(shape, name)
        self._defined.add(place)

    def _later(self, place: str) -> set[str]:
        return {
            each
            for each in self.types.uses(place)
            if each not in self._defined and self.types.homes[each] == self.name
        }

    def _alias(self, shape: Alias, name: str) -> Iterator[str]:
        accepted = self._accepted(shape.place)
        if accepted:  # they cover the members, which then need not name their own models
            text = Parameters(self.types).write(shape.node)
            text = " | ".join([text, *accepted])
        else:
            text = self.written.write(shape.node)
        text = _unique(text)
        yield f"{name}: TypeAlias = {_quoted(text) if self._later(shape.place) else text}"
        yield f'"""Schema `{shape.place}`."""\n'

    def _class(self, shape: Object, name: str) -> Iterator[str]:
        top = shape.place.endswith(":request")
        base = "Options" if top else "TypedDict"
        reserved = [each for each in shape.fields if not _can_be_written(each.name)]
        if reserved:
            base = f"_{name}Keys"
            keys = [(each.name, each) for each in reserved]
            if shape.place.lower().endswith(RESPELLED_IN):
                keys += [(f"{each.name}_", each) for each in reserved]
            entries = ", ".join(f'"{key}": {self._type(each, set(), top)}' for key, each in keys)
            yield f'\n{base} = TypedDict("{base}", {{{entries}}}, total=False)'
        fields = [each for each in shape.fields if each not in reserved]
        if shape.place in PARTS:
            part, apart = PARTS[shape.place]
            shared = [each for each in fields if each.name not in apart]
            without = ", ".join(f"`{each}`" for each in sorted(apart))
            origin = f"{_origin(shape.place).removesuffix('.')}, without {without}."
            yield from self._body(part, base, origin, shared, shape)
            base, fields = part, [each for each in fields if each.name in apart]
        yield from self._body(name, base, _origin(shape.place), fields, shape)

    def _body(
        self, name: str, base: str, origin: str, fields: list[Field], shape: Object
    ) -> Iterator[str]:
        top = shape.place.endswith(":request")
        yield f"\nclass {name}({base}, total=False):"
        yield f'    """{origin}"""\n'
        later = self._later(shape.place)
        for each in fields:
            yield f"    {each.name}: {self._type(each, later, top)}"
            if each.facts:
                yield f'    """{each.facts}."""'

    def keyword(self, field: Field) -> str:
        """The annotation of a keyword, which is `Omit` where it may be left out."""
        text = _unique(self.written.write(field.node))
        if not field.required and text != "Any":
            text = f"{text.removesuffix(' | None')} | Omit" + " | None" * text.endswith("| None")
        return text

    def imports_for(self, text: str) -> Iterator[str]:
        """The imports of the parameters and models that `text` names, from a package beside."""
        for home in self.models.modules():
            if f"{home}_models." in text:
                yield f"from ..types import {home} as {home}_models"
        homes: dict[str, set[str]] = {}
        for place, name in self.types.names.items():
            if place in self._seen:
                homes.setdefault(self.types.homes[place], set()).add(name)
        for home, names in sorted(homes.items()):
            yield f"from ..params.{home} import {', '.join(sorted(names))}"

    def _type(self, field: Field, later: set[str], top: bool) -> str:
        text = self.keyword(field) if top else _unique(self.written.write(field.node))
        if set(self.types.named(field.node)) & later:
            text = _quoted(text)
        return f"Required[{text}]" if field.required else text


def _origin(place: str) -> str:
    client, _, end = place.partition(":")
    if end == "request":
        return f"Keywords of `{client}`."
    head, _, rest = place.partition(".")
    return f"`{rest}` of `{head}`." if rest else f"Schema `{head}`."


def _unique(text: str) -> str:
    """A union without repeated members, where it is one of names alone."""
    parts = text.split(" | ")
    return " | ".join(dict.fromkeys(parts)) if text.count("[") == 0 else text


def _can_be_written(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _has(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
