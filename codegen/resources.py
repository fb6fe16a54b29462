"""Writes `client/tree/resources`: the tree of the client, one line for each endpoint."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .description import OTHER_ANSWERS, Method
from .naming import HEADER, camel, function_name, module_of, prefix_of, resource_classes
from .tables import CHOICES, HELPERS, deprecation

Nodes = dict[str, list[tuple[str, Method]]]
VIEWS = ("RawAsync", "RawSync", "StreamingAsync", "StreamingSync")


def module(name: str, methods: Iterable[Method], late: Sequence[str] = ()) -> str:
    """Return the text of the module `name`; `late` are classes of sessions, imported when asked for."""
    nodes = _nodes(methods)
    classes = resource_classes(nodes)
    helpers = {path: HELPERS[path] for path in nodes if path in HELPERS}
    kinds = {_kind(each) for lines in nodes.values() for _, each in lines if not each.by_hand}
    named = ["M", *(["Resource"] if len(helpers) < len(nodes) else [])]
    named += ["part"] if any(path.rpartition(".")[0] in nodes for path in nodes) else []
    text = [
        HEADER,
        f'"""The resources of `{name}`."""\n',
        "from __future__ import annotations\n",
        "from typing import TYPE_CHECKING\n",
        f"from ....core.api.operations import {name} as operations",
        *([f"from ..helpers.{name} import {', '.join(helpers.values())}"] if helpers else []),
        *_deprecations(nodes),
        f"from ...binding.methods import {', '.join(sorted({'ViewOf', *kinds}))}",
        f"from ...binding.resource import {', '.join(named)}\n",
        "if TYPE_CHECKING:",
        f"    from ...sending.modes import {', '.join(VIEWS)}",
        *(f"    from ..sockets.{name} import {each} as {each}" for each in late),
        "",
    ]
    for path in sorted(nodes, key=lambda each: -each.count(".")):
        text += _resource(path, nodes, classes)
    if late:
        text += _late(name, late)
    return "\n".join(text)


def _deprecations(nodes: Nodes) -> list[str]:
    """The import of what deprecated methods warn with."""
    named = [f"{path}.{name}" for path, lines in nodes.items() for name, _ in lines]
    words = {each for each in map(deprecation, named) if each}
    names = ", ".join(sorted({*words, "deprecated"}))
    return [f"from ...binding.deprecated import {names}"] if words else []


def _late(name: str, late: Sequence[str]) -> Iterator[str]:
    """Classes that are there without having been imported."""
    yield "\n\nif not TYPE_CHECKING:  # checkers would take any name for one that is there\n"
    yield "    def __getattr__(name: str) -> object:"
    yield f"        if name in {tuple(late)!r}:"
    yield f"            from ..sockets import {name} as sockets\n"
    yield "            return getattr(sockets, name)"
    yield '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)'


def _nodes(methods: Iterable[Method]) -> Nodes:
    """Every resource with its methods, resources without methods included."""
    nodes: Nodes = {}
    for method in methods:
        path, _, name = method.client.rpartition(".")
        _add(nodes, path, method.client)
        nodes[path].append((name, method))
        for alias in method.aliases:
            other, _, other_name = alias.rpartition(".")
            if other == path and alias not in OTHER_ANSWERS:
                nodes[path].append((other_name, method))
    modules = {*map(module_of, (f"{path}.x" for path in nodes))}
    for path in HELPERS:  # some resources have nothing else
        if module_of(f"{path}.x") in modules:
            _add(nodes, path, f"{path}.x")
    return nodes


def _add(nodes: Nodes, path: str, client: str) -> None:
    """Add a resource, and those above it in its module."""
    parts = path.split(".")
    for depth in range(prefix_of(client), len(parts) + 1):
        nodes.setdefault(".".join(parts[:depth]), [])


def _kind(method: Method) -> str:
    """The descriptor of a method, by its functions."""
    choices = CHOICES.get(method.client, ("", ()))[1]
    streams = any(each.kind == "events" for each in choices)
    if choices and not streams:
        return f"ChoiceMethod{len(functions(method))}"
    if streams or (method.events and not method.only_streams):
        return "StreamMethod"
    return "PageMethod" if method.page else "EndpointMethod"


def functions(method: Method) -> list[str]:
    """The names of the functions that build a method's operations."""
    name = function_name(method.client)
    _, choices = CHOICES.get(method.client, ("", ()))
    ends = [f"_{each.suffix}" if each.suffix else "" for each in choices] or [""]
    if method.events and not method.only_streams:
        ends.append("_stream")
    return [name + end for end in ([*ends, "_either"] if ends[1:] else ends)]


def _resource(path: str, nodes: Nodes, classes: dict[str, str]) -> Iterator[str]:
    name = classes[path]
    yield f"\nclass {name}({HELPERS.get(path, 'Resource')}[M]):"
    where = {method.path.partition("?")[0] for _, method in nodes[path]}
    shown = f": `{min(where, key=len)}`" if where else ""
    yield f'    """`client.{path}`{shown}."""\n'
    yield "    __slots__ = ()\n"
    for method_name, method in nodes[path]:
        if not method.by_hand:
            builders = ", ".join(f"operations.{each}" for each in functions(method))
            made = f"{_kind(method)}({builders})"
            if words := deprecation(f"{path}.{method_name}"):
                made = f"deprecated({made}, {words})"
            yield f"    {method_name} = {made}"
    yield from _views(name)
    for child in nodes:
        if child.rpartition(".")[0] == path:
            yield from _child(child, classes[child])


def _views(name: str, quote: str = "") -> Iterator[str]:
    for kind, mode in (("raw", "Raw"), ("streaming", "Streaming")):
        types = f"{quote}ViewOf[{name}[{mode}Sync], {name}[{mode}Async]]{quote}"
        yield f'    with_{kind}_response: {types} = ViewOf("{kind}")'


def _child(path: str, name: str, quote: str = "") -> Iterator[str]:
    yield "\n    @part"
    yield f"    def {path.rpartition('.')[2]}(self) -> {quote}{name}[M]{quote}:"
    yield f'        """`client.{path}`."""'
    yield f"        return {name}(self.sender, self.view)"


def tree(methods: Iterable[Method]) -> dict[str, str]:
    """Return the texts of the modules above those of the areas, by name.

    That is the package itself, the top of the tree, and one module for each part of it that has
    nothing but further parts, as `beta` and `admin` have.
    """
    areas: dict[str, list[Method]] = {}
    for method in methods:
        areas.setdefault(method.area, []).append(method)
    parts = [_Part.of(area, found) for area, found in areas.items()]
    parts += _elsewhere(areas)
    for part in parts:
        for depth in range(1, part.path.count(".") + 1):
            path = ".".join(part.path.split(".")[:depth])
            above = _Part(path, path.partition(".")[0], camel(path.rpartition(".")[2]))
            if above not in parts:
                parts.append(above)
    texts = {"__init__": _top([part for part in parts if "." not in part.path])}
    empty = [part for part in parts if part.module not in areas]
    for name in dict.fromkeys(part.module for part in empty):
        texts[name] = _namespaces(name, [part for part in empty if part.module == name], parts)
    return texts


def _elsewhere(areas: dict[str, list[Method]]) -> "list[_Part]":
    """The resources that stand at another place as well: `beta.chat` is `chat`."""
    found: dict[str, _Part] = {}
    for area, methods in areas.items():
        own = _Part.of(area, methods)
        for method in methods:
            for alias in method.aliases:
                if alias.endswith(f".{method.client}"):
                    path = alias.removesuffix(method.client) + own.path
                    found[path] = replace(own, path=path)
    return [*found.values()]


@dataclass(frozen=True, slots=True)
class _Part:
    """A resource that is the first of its module."""

    path: str
    module: str
    name: str

    @classmethod
    def of(cls, area: str, methods: list[Method]) -> "_Part":
        client = methods[0].client
        path = ".".join(client.split(".")[: prefix_of(client)])
        return cls(path, area, resource_classes(_nodes(methods))[path])


def _top(parts: list[_Part]) -> str:
    text = [
        HEADER,
        '"""The top of the resource tree; each part is imported when it is first used."""\n',
        "from typing import TYPE_CHECKING\n",
        "from ...binding.resource import M, Resource, part\n",
        "if TYPE_CHECKING:",
        *(f"    from .{part.module} import {part.name}" for part in parts),
        "\n\nclass Resources(Resource[M]):",
        '    """Everything that a client offers."""\n',
        "    __slots__ = ()",
        *(line for part in parts for line in _imported(part)),
    ]
    return "\n".join(text) + "\n"


def _namespaces(module: str, own: list[_Part], parts: list[_Part]) -> str:
    text = [
        HEADER,
        f'"""The resources below `{module}`; each is imported when it is first used."""\n',
        "from typing import TYPE_CHECKING\n",
        "from ...binding.methods import ViewOf",
        "from ...binding.resource import M, Resource, part\n",
        "if TYPE_CHECKING:",
        f"    from ...sending.modes import {', '.join(VIEWS)}",
    ]
    below = {
        part: [each for each in parts if each.path.rpartition(".")[0] == part.path] for part in own
    }
    used = {each for found in below.values() for each in found if each.module != module}
    text += [f"    from .{each.module} import {each.name}" for each in parts if each in used]
    for part in own:
        text.append(f"\n\nclass {part.name}(Resource[M]):")
        text.append(f'    """`client.{part.path}`."""\n')
        text.append("    __slots__ = ()\n")
        text += _views(part.name, quote='"')
        for each in below[part]:
            text += _imported(each) if each.module != module else _child(each.path, each.name, '"')
    return "\n".join(text) + "\n"


def _imported(part: _Part) -> Iterator[str]:
    yield "\n    @part"
    yield f'    def {part.path.rpartition(".")[2]}(self) -> "{part.name}[M]":'
    yield f'        """`client.{part.path}`."""'
    yield f"        from .{part.module} import {part.name}\n"
    yield f"        return {part.name}(self.sender, self.view)"
