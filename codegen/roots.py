"""Plans the types of the methods of some areas: what they answer, and what they take."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .areas import AREAS, SHARED, Area, Owners
from .description import Description, Method, Schema, Side
from .names import Namer
from .naming import params_name, params_names
from .nodes import Alias, Enum, Node, Object, Ref, Shape, Union, members
from .places import REF, Property, ref_of
from .plan import Types, refs
from .resolve import Resolver
from .same import replaced, same_shapes
from .sockets import SPEAKERS, Socket
from .tables import ALONE, CHOICES, sdk_spelling
from .unions import Planner


@dataclass
class _Roots:
    """Where the types of methods begin."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    areas: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    names: dict[str, str] = field(default_factory=dict[str, str])
    """The SDK's names for them."""
    endpoints: dict[str, str] = field(default_factory=dict[str, str])
    """The endpoints that answer with them; nothing for what none does."""

    def add(self, method: Method, end: str, node: Node, name: str, area: str) -> None:
        endpoint = f"{method.verb} {method.path.partition('?')[0]}"
        self.put(f"{method.client}:{end}", area, endpoint, node, name)

    def put(self, at: str, area: str, endpoint: str, node: Node, name: str) -> None:
        self.nodes[at] = node
        self.endpoints[at] = endpoint
        self.names[at] = name.partition(" ")[0]  # the first of a union
        self.areas.setdefault(area, []).append(at)

    def wanted(self, shapes: dict[str, Shape]) -> dict[str, str]:
        """The names that shapes must have. A union that has no name of its own gets one here.

        A shape that the SDK has several names for, one for each method, has its own: `Eval`, where
        there are `EvalCreateResponse`, `EvalRetrieveResponse` and others.
        """
        found: dict[str, str] = {}
        several: set[str] = set()
        for at, node in self.nodes.items():
            if isinstance(node, Union) and any(refs(node)):
                shapes[at] = Alias(at, node)
                node = self.nodes[at] = Ref(at)
            if isinstance(node, Ref):
                name = found.setdefault(node.place, self.names[at])
                if name != self.names[at] and node.place.isidentifier():
                    several.add(node.place)
        return {place: place if place in several else name for place, name in found.items()}


def responses(description: Description, areas: Iterable[Area] = AREAS) -> Types:
    """Plan what the methods of `areas` answer."""
    areas = tuple(areas)
    roots = _Roots()
    events = {each.name: each.events for each in areas}
    resolver = Resolver(description, "response")
    for method in _methods(description, areas):
        for end, schema, name in _answers(description, method):
            node = resolver.node(f"{method.operation}:{end}", schema)
            area = events.get(method.area) if end == "events" else None
            roots.add(method, end, node, name, area or method.area)
    if description.webhooks is not None and any(each.name == "webhooks" for each in areas):
        node = resolver.node("webhooks.unwrap", description.webhooks)
        roots.put("webhooks.unwrap:events", "webhooks", "webhooks", node, "UnwrapWebhookEvent")
    for name, (home, definition) in ALONE.items():
        if home in {area.name for area in areas} and name in description.schemas:
            node = resolver.node(name, {"$ref": f"{REF}{name}"})
            roots.put(f"{name}:alone", home, "", node, definition.rpartition(".")[2])
    for socket, home in _sockets(description, areas):
        for speaker in SPEAKERS:
            node = resolver.node(f"{socket.client}:{speaker}", socket.events[speaker])
            roots.put(f"{socket.client}:{speaker}", home, "", node, socket.names[speaker])
    planner = Planner(resolver.shapes)
    roots.nodes = {at: planner.reach(node, at) for at, node in roots.nodes.items()}
    wanted = roots.wanted(planner.shapes)
    namer = Namer(description, "response", wanted)
    return _types("response", areas, roots, namer, planner)


def requests(description: Description, areas: Iterable[Area] = AREAS) -> Types:
    """Plan what the methods of `areas` take."""
    areas = tuple(areas)
    roots = _Roots()
    resolver = Resolver(_with_drift_of_bodies(description), "request")
    names = params_names(description)
    for method in _methods(description, areas):
        found = dict(_parameters(description, method))
        if found:
            at = f"{method.client}:request"
            needed = {each.name for each in method.params if each.required}
            body = ref_of(description.request(method) or {})
            node = resolver.object(at, found.items(), needed, schema_name=body)
            name = names[method.client]
            name = sdk_spelling().get(name.lower(), name)
            roots.add(method, "request", node, name, method.area)
    for socket, home in _sockets(description, areas):
        at = f"{socket.client}:client"
        name = f"{socket.names['client']}Param"
        roots.put(at, home, "", resolver.node(at, socket.events["client"]), name)
        if socket.query["properties"]:
            at = f"{socket.client}:query"
            name = params_name(socket.client)
            roots.put(at, home, "", resolver.node(at, socket.query), name)
    planner = Planner(resolver.shapes, keep=True)
    roots.nodes = {at: planner.reach(node, at) for at, node in roots.nodes.items()}
    namer = Namer(description, "request", roots.wanted(planner.shapes))
    return _types("request", areas, roots, namer, planner)


def _with_drift_of_bodies(description: Description) -> Description:
    """What is inside a body stands at the method here, and in `drift.json` at the body's schema."""
    known = description.drift["request"]
    found = dict(known)
    for method in description.methods:
        body = ref_of(description.request(method) or {})
        for place, rows in known.items():
            if body is not None and place.startswith(f"{body}."):
                found.setdefault(f"{method.operation}:{place.removeprefix(f'{body}.')}", rows)
    return replace(description, drift={**description.drift, "request": found})


def _methods(description: Description, areas: tuple[Area, ...]) -> Iterator[Method]:
    names = {area.name for area in areas}
    yield from (method for method in description.methods if method.area in names)


def _sockets(description: Description, areas: tuple[Area, ...]) -> Iterator[tuple[Socket, str]]:
    """The sessions of `areas`, with the module that each belongs to."""
    homes = {area.name: area.socket or area.name for area in areas}
    yield from ((each, homes[each.area]) for each in description.sockets if each.area in homes)


def _answers(description: Description, method: Method) -> Iterator[tuple[str, Schema, str]]:
    """What a method answers: (end of the root, schema, name)."""
    if method.client in CHOICES:
        for each in CHOICES[method.client][1]:
            end = "events" if each.kind == "events" else "answer"
            end += f"/{each.suffix}" if each.kind == "json" and each.suffix else ""
            if each.schema:
                yield end, {"$ref": f"{REF}{each.schema}"}, each.name
    elif method.answer is not None and not (method.binary or method.only_streams):
        answer = description.item(method) if method.page else description.answer(method)
        if answer is not None:
            yield "answer", answer, method.answer
    events = description.events(method)
    if events is not None and method.events is not None:
        yield "events", events, method.events


def _parameters(description: Description, method: Method) -> Iterator[tuple[str, Property]]:
    schemas = description.parameters(method)
    for each in method.params:
        if each.where in ("path", "local") or (each.name == "stream" and method.events):
            continue
        yield each.name, (f"{method.operation}:{each.name}", schemas.get(each.name, {}))


def _types(
    side: Side, areas: tuple[Area, ...], roots: _Roots, namer: Namer, planner: Planner
) -> Types:
    late = _without_endpoint(planner.shapes, roots)
    shapes, same = same_shapes(planner.shapes, planner.tags, namer, late)
    nodes = {at: replaced(node, same) for at, node in roots.nodes.items()}
    reached, counts = _reached(shapes, nodes, roots.areas)
    owners = Owners(areas)
    homes = {place: owners.owner(found) for place, found in reached.items()}
    written = [
        place
        for place in reached
        if _is_written(shapes, place, counts[place], side, bool(namer.sdk_name(place)))
    ]
    types = Types(
        side=side,
        shapes={place: shapes[place] for place in reached},
        tags=planner.tags,
        names=dict.fromkeys(written, ""),
        homes=homes,
        roots=nodes,
        decisions=planner.decisions,
        merged=planner.merged,
        same=same,
        used=_used(nodes, roots.endpoints),
        sessions={area.name: area.socket for area in areas if area.socket},
    )
    names, renamed = namer.names(written, homes, {SHARED}, _importers(types))
    return replace(types, names=names, renamed=renamed)


def _without_endpoint(shapes: dict[str, Shape], roots: _Roots) -> set[str]:
    """The shapes that no endpoint takes or answers."""
    ends: dict[str, list[str]] = {}
    for at, endpoint in roots.endpoints.items():
        ends.setdefault("endpoints" if endpoint else "others", []).append(at)
    reached, _ = _reached(shapes, roots.nodes, ends)
    return {place for place, by in reached.items() if by == {"others"}}


def _importers(types: Types) -> dict[str, set[str]]:
    """The modules that name each of the shapes that are written."""
    found: dict[str, set[str]] = {}
    for place in types.names:
        for other in types.uses(place):
            found.setdefault(other, set()).add(types.homes[place])
    return found


def _used(nodes: dict[str, Node], endpoints: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for at, node in nodes.items():
        if isinstance(node, Ref) and endpoints[at]:
            found.setdefault(node.place, []).append(endpoints[at])
    return {place: tuple(dict.fromkeys(each)) for place, each in found.items()}


def _reached(
    shapes: dict[str, Shape], nodes: dict[str, Node], areas: dict[str, list[str]]
) -> tuple[dict[str, set[str]], dict[str, int]]:
    """The areas that reach each shape, in the order they come to it, and how often it is named."""
    reached: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for area, ends in areas.items():
        waiting = [place for end in ends for place in refs(nodes[end])]
        while waiting:
            place = waiting.pop(0)
            counts[place] = counts.get(place, 0) + 1
            if area not in reached.setdefault(place, set()):
                reached[place].add(area)
                waiting += _inside(shapes[place])
    return reached, counts


def _inside(shape: Shape) -> list[str]:
    nodes = [shape.node] if isinstance(shape, Alias) else [each.node for each in shape.fields]
    return [place for node in nodes for place in refs(node)]


def _is_written(shapes: dict[str, Shape], place: str, count: int, side: Side, known: bool) -> bool:
    """Whether a shape gets a name: classes, unions of classes, long enumerations in use twice.

    Of unions and enumerations in a request, those that the SDK has a name for, or in use twice.
    """
    shape = shapes[place]
    if isinstance(shape, Object):
        return True
    node = shape.node
    if isinstance(node, Enum):
        free = node.free and side == "response"  # no more than str there
        return len(node.values) > 3 and (count > 1 or (node.free and known)) and not free
    if isinstance(node, Union):
        if side == "request" and count == 1 and not known:
            return False
        return sum(1 for each in members(node) if any(refs(each))) > 1
    return False
