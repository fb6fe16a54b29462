"""Finds what the official SDK's exported types are here: the facts behind `api_openai.types`."""

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from .areas import SHARED
from .description import Description, Side
from .naming import camel, singular
from .plan import Types, refs
from .tables import AGAIN, ALONE, BY_HAND, EXPORTS_FILE, is_main, sdk_names

ROOT: Final = ""
"""The package `types` itself."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """An object of ours: `core.api.types.chat` and `ChatCompletion`."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A type that the SDK has a name for and we write out: an alias, or a typed dict with `stream`.

    In `text`, what it is made of stands as `{0}`, `{1}`, ...
    """

    definition: str
    text: str
    parts: tuple[Found, ...] = ()
    stream: str | None = None
    """The type of `stream`, for parameters of a method that can stream."""


Counterpart = Found | Made


@dataclass(kw_only=True)
class Exports:
    """`exports.json`; see `codegen.exports`."""

    packages: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    modules: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    aliases: dict[str, str] = field(default_factory=dict[str, str])


def exports() -> Exports:
    """Read the facts about the SDK."""
    return Exports(**json.loads(EXPORTS_FILE.read_text()))


def package_of(area: str) -> str:
    """Where the types of an area stand: `beta.threads` for `beta_threads`."""
    for above in ("admin_organization_", "beta_"):
        if area.startswith(above):
            return f"{above.replace('_', '.')}{area.removeprefix(above)}"
    return area


class Counterparts:
    """What definitions of the SDK are here."""

    def __init__(self, description: Description, models: Types, params: Types) -> None:
        self._types: dict[Side, Types] = {"response": models, "request": params}
        self._description = description
        self._aliases = exports().aliases
        self._known: dict[str, Counterpart | None] = {}

    def of(self, definition: str) -> Counterpart | None:
        """Our type for `module.Name`, or `None`."""
        if definition not in self._known:
            self._known[definition] = None  # for aliases that go round
            self._known[definition] = (
                self._by_hand(definition)
                or self._again(definition)
                or self._by_place(definition)
                or self._params(definition)
                or self._by_name(definition)
                or self._alias(definition)
            )
        return self._known[definition]

    def _by_hand(self, definition: str) -> Found | None:
        return Found(*BY_HAND[definition]) if definition in BY_HAND else None

    def _again(self, definition: str) -> Counterpart | None:
        return self.of(AGAIN[definition]) if definition in AGAIN else None

    @cached_property
    def _places(self) -> dict[Side, dict[str, list[str]]]:
        found: dict[Side, dict[str, list[str]]] = {"response": {}, "request": {}}
        for side, places in found.items():
            for place, classes in sdk_names()[side].items():
                for each in classes:
                    places.setdefault(each, []).append(place)
            for name, (_, definition) in ALONE.items():
                places.setdefault(definition, []).append(name)
            for name, schema in self._description.schemas.items():
                if "x-sdk" in schema and name not in sdk_names()[side]:
                    places.setdefault(schema["x-sdk"], []).append(name)
        return found

    @cached_property
    def _merged(self) -> dict[Side, dict[str, str]]:
        """The shapes that a schema was merged into."""
        return {
            side: {part: place for place, parts in types.merged.items() for part in parts}
            for side, types in self._types.items()
        }

    def _by_place(self, definition: str) -> Found | None:
        """The class at a place where the SDK has this one."""
        found: list[tuple[Found, str]] = []
        for side in _sides(definition):
            types = self._types[side]
            for place in self._places[side].get(definition, ()):
                at = types.same.get(place, place)
                if at not in types.names:
                    at = self._merged[side].get(place, place)
                    at = types.same.get(at, at)
                if at in types.names:
                    found.append((self._found(side, at), place))
            if found:
                return self._best(definition, found)
        return None

    def _best(self, definition: str, found: list[tuple[Found, str]]) -> Found:
        """The one of the same name, or in the area that the definition belongs to."""
        module, _, name = definition.rpartition(".")
        areas = _areas(module)

        def fit(each: tuple[Found, str]) -> tuple[bool, bool]:
            ours, place = each
            return name in (ours.name, place), ours.module.rpartition(".")[2] in areas

        return max(found, key=fit)[0]

    def _found(self, side: Side, place: str) -> Found:
        types = self._types[side]
        room = "core.api.types" if side == "response" else "core.api.params"
        return Found(f"{room}.{types.homes[place]}", types.names[place])

    @cached_property
    def _requests(self) -> dict[tuple[str, str], str]:
        """The parameters of methods, by package and name: `ItemListParams` in several packages."""
        types = self._types["request"]
        found: dict[tuple[str, str], str] = {}
        for at, node in types.roots.items():
            client, _, end = at.partition(":")
            if end not in ("request", "query"):
                continue
            *above, resource, method = client.split(".")
            name = f"{camel(singular(resource))}{camel(method)}Params".lower()
            for place in refs(node):
                found.setdefault((".".join(above), name), place)
                found.setdefault((".".join([*above, resource]), name), place)
        return found

    def _params(self, definition: str) -> Counterpart | None:
        """The keywords of a method; the SDK has further classes of those that can stream."""
        module, _, name = definition.rpartition(".")
        package, _, file = module.rpartition(".")
        main = camel(file)
        place = self._requests.get((package, main.lower()))
        if place is None:
            return None
        found = self._found("request", self._types["request"].same.get(place, place))
        if name.lower() in (main.lower(), f"{main}Base".lower()):
            return found
        stream = _STREAM.get(name.removeprefix(main))
        return Made(definition, "{0}", (found,), stream) if stream else None

    def _alias(self, definition: str) -> Counterpart | None:
        """What an alias stands for, if everything in it is here."""
        text = self._aliases.get(definition)
        if text is None:
            return None
        parts: list[Found] = []
        written = self._written(ast.parse(text, mode="eval").body, parts)
        if written is None:
            return None
        if written == "{0}":
            return parts[0]
        return Made(definition, written, tuple(parts))

    def _written(self, node: ast.expr, parts: list[Found]) -> str | None:
        match node:
            case ast.Constant(value=None) | ast.Name(id="None"):
                return "None"
            case ast.Name(id=name) if name in _BUILT_IN:
                return name
            case ast.Name() | ast.Attribute():
                return self._part(ast.unparse(node), parts)
            case ast.Subscript(value=ast.Name(id="Literal")):
                return ast.unparse(node).replace("{", "{{").replace("}", "}}")
            case ast.Subscript(value=ast.Name(id=outer), slice=inner):
                elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                found = [self._written(each, parts) for each in elements]
                members = [each for each in found if each is not None]
                if len(members) < len(found):
                    return None
                if outer in ("Union", "Optional"):
                    members += ["None"] * (outer == "Optional")
                    return " | ".join(dict.fromkeys(members))
                return f"{outer}[{', '.join(members)}]"
            case _:
                return None

    def _part(self, definition: str, parts: list[Found]) -> str | None:
        found = self.of(definition)
        if isinstance(found, Found):
            if found not in parts:
                parts.append(found)
            return f"{{{parts.index(found)}}}"
        if found is None or found.stream is not None:
            return None
        text = self._aliases[definition]
        return self._written(ast.parse(text, mode="eval").body, parts)

    def _by_name(self, definition: str) -> Found | None:
        """A type of the same name in an area that the module belongs to, or a shared alias."""
        module, _, name = definition.rpartition(".")
        if not is_main(definition):
            return None
        areas = _areas(module)
        if module.startswith(SHARED) or definition in self._aliases:
            areas.append(SHARED)
        for side in _sides(definition):
            types = self._types[side]
            for area in [
                *areas,
                *(types.sessions[each] for each in areas if each in types.sessions),
            ]:
                for place, own in types.names.items():
                    if own == name and types.homes[place] == area:
                        return self._found(side, place)
        return None


_STREAM: Final = {
    "NonStreaming": "Literal[False] | None",
    "Streaming": "Required[Literal[True]]",
}
"""The type of `stream` in the SDK's classes, by the end of their names."""

_BUILT_IN: Final = frozenset({"str", "int", "float", "bool", "object", "dict", "list"})


def _sides(definition: str) -> tuple[Side, Side]:
    """The sides that a definition may be on, the likelier one first."""
    module, _, name = definition.rpartition(".")
    request = module.endswith(("_param", "_params")) or name.endswith(("Param", "Params"))
    if request or module.startswith("shared_params"):
        return ("request", "response")
    return ("response", "request")


def _areas(module: str) -> list[str]:
    """The areas that a module of the SDK may belong to, the nearest first: `beta_threads`, ..."""
    parts = module.split(".")
    found = ["_".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return [*found, f"{found[0]}s", f"{parts[-1].partition('_')[0]}s"]


def every(found: Iterable[Counterpart]) -> Iterator[Found]:
    """Our types among `found`, and those that the others are made of."""
    for each in found:
        if isinstance(each, Found):
            yield each
        else:
            yield from each.parts
