"""Writes what is said in sessions: `core/api/client_events`, and the connections that say it.

Each event of a client is a function there, named after its class in `core/api/params`. The
connections are in `client/tree/sockets`: a class for each part of the types of their events, so that
`session.input_audio.append` is `connection.session.input_audio.append(...)`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import params
from .areas import Area
from .description import Description
from .naming import HEADER, camel
from .nodes import Alias, Enum, Object, Ref, members
from .plan import Types
from .sockets import Socket

EVENTS = "core/api/client_events"
SOCKETS = "client/tree/sockets"


def files(
    description: Description, areas: Iterable[Area], models: Types, taken: Types
) -> dict[str, str]:
    """Return the text of each module by path."""
    names = {area.name for area in areas}
    sockets = [each for each in description.sockets if each.area in names]
    said = {each.client: [*_events(taken, each)] for each in sockets}
    homes: dict[str, dict[str, Event]] = {}
    for events in said.values():
        for event in events:
            homes.setdefault(event.home, {}).setdefault(event.function, event)
    found = {f"{EVENTS}/__init__.py": f'{HEADER}\n"""What clients say in sessions: builders."""\n'}
    for home, own in homes.items():
        written = params.Module(taken, models, description, home)
        found[f"{EVENTS}/{home}.py"] = _builders(home, own.values(), written)
    found[f"{SOCKETS}/__init__.py"] = (
        f'{HEADER}\n"""Connections and their managers, one module for each area."""\n'
    )
    for area in dict.fromkeys(each.area for each in sockets):
        opened = [each for each in sockets if each.area == area]
        found[f"{SOCKETS}/{area}.py"] = _connections(area, opened, said, models)
    return found


@dataclass(frozen=True, slots=True)
class Event:
    """One event that clients send."""

    kind: str
    """Its type: `session.update`."""
    home: str
    """The module of its class, and of its function."""
    shape: Object
    name: str
    """Its class."""

    @property
    def function(self) -> str:
        """`session_update` for `SessionUpdateEventParam`."""
        short = re.sub(r"(Event)?(Param)?$", "", self.name)
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", short).lower()


def _events(taken: Types, socket: Socket) -> Iterator[Event]:
    """The events of a connection, in the order of their union."""
    node = taken.roots[f"{socket.client}:client"]
    assert isinstance(node, Ref)
    union = taken.shapes[node.place]
    assert isinstance(union, Alias)
    for each in members(union.node):
        assert isinstance(each, Ref)
        shape = taken.shapes[each.place]
        assert isinstance(shape, Object)
        kind = shape.field("type")
        assert kind is not None
        assert isinstance(kind.node, Enum)
        (value,) = kind.node.values
        yield Event(str(value), taken.homes[each.place], shape, taken.names[each.place])


def _builders(home: str, events: Iterable[Event], written: params.Module) -> str:
    body = [line for each in events for line in _builder(each, written)]
    text = "\n".join(body)
    return "\n".join(
        [
            HEADER,
            f'"""Events of `{home}`: keywords in, what `send` takes out."""\n',
            "from __future__ import annotations\n",
            "from typing import TYPE_CHECKING, Any, Literal\n",
            "from ...terms.omit import omit\n",
            "if TYPE_CHECKING:",
            "    from collections.abc import Mapping, Sequence",
            "    from ...terms.omit import Omit",
            *(f"    {line}" for line in written.imports_for(text)),
            "",
            text,
        ]
    )


def _builder(event: Event, written: params.Module) -> Iterator[str]:
    fields = [each for each in event.shape.fields if each.name != "type"]
    keywords = [
        f"{each.name}: {written.keyword(each)}" + ("" if each.required else " = omit")
        for each in fields
    ]
    yield f"\ndef {event.function}({', '.join(['*', *keywords])}) -> Mapping[str, object]:"
    needed = ", ".join(f"`{each.name}`" for each in fields if each.required)
    facts = [
        f"    - `{each.name}`: {each.facts[:1].lower()}{each.facts[1:]}"
        for each in fields
        if each.facts
    ]
    yield f'    """`{event.kind}`.' + ("" if needed or facts else '"""')
    if needed:
        yield f"\n    Required: {needed}."
    if facts:
        yield "\n    Known limits and defaults:"
        yield from facts
    if needed or facts:
        yield '    """'
    pairs = ", ".join(f'"{each.name}": {each.name}' for each in fields)
    yield f'    return {{"type": "{event.kind}", {pairs}}}'


def _connections(
    area: str, sockets: list[Socket], said: dict[str, list[Event]], models: Types
) -> str:
    homes = sorted({each.home for socket in sockets for each in said[socket.client]})
    unions: dict[str, set[str]] = {}
    for socket in sockets:
        node = models.roots[f"{socket.client}:server"]
        assert isinstance(node, Ref)
        unions.setdefault(models.homes[node.place], set()).add(models.names[node.place])
    text = [
        HEADER,
        f'"""Connections of `{area}`, what they can say, and their managers."""\n',
        "from __future__ import annotations\n",
        f"from ....core.api.client_events import {', '.join(homes)}",
        *(
            f"from ....core.api.types.{home} import {', '.join(sorted(names))}"
            for home, names in sorted(unions.items())
        ),
        "from ...realtime.connections import AsyncSocketConnection, SocketConnection",
        "from ...realtime.managers import AsyncSocketManager, SocketManager",
        "from ...realtime.senders import EventMethod, M, Part, Senders",
        "from ...sending.modes import Async, Sync",
    ]
    for socket in sockets:
        node = models.roots[f"{socket.client}:server"]
        assert isinstance(node, Ref)
        text += _connection(socket, said[socket.client], models.names[node.place])
    names = sorted(name for socket in sockets for name in _names(socket))
    text.append(f"\n__all__ = {names!r}")
    return "\n".join(text) + "\n"


def names_of(description: Description, area: str) -> list[str]:
    """The classes of connections and managers of an area, under the names that the SDK has."""
    found = (_names(each) for each in description.sockets if each.area == area)
    return sorted(name for names in found for name in names)


def _names(socket: Socket) -> list[str]:
    name = f"{camel(socket.client.split('.')[-2])}Connection"
    return [name, f"{name}Manager", f"Async{name}", f"Async{name}Manager"]


def _connection(socket: Socket, events: list[Event], union: str) -> Iterator[str]:
    prefix = camel(socket.client.split(".")[-2])
    parts: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        *names, _ = event.kind.split(".")
        for depth in range(1, len(names) + 1):
            parts.setdefault(tuple(names[:depth]), [])
        parts[tuple(names)].append(event)
    for way in sorted(parts, key=lambda each: -len(each)):
        yield f"\n\nclass {_part(prefix, way)}(Part[M]):"
        yield f'    """`connection.{".".join(way)}`."""\n'
        yield "    __slots__ = ()\n"
        for event in parts[way]:
            method = event.kind.rpartition(".")[2]
            yield f"    {method} = EventMethod({event.home}.{event.function})"
        for inner in parts:
            if inner[:-1] == way:
                yield from _property(inner[-1], _part(prefix, inner), inner, "self.say")
    blocking, manager, later, later_manager = _names(socket)
    client = f"client.{socket.client}"
    yield f"\n\nclass _{prefix}Senders(Senders[M]):"
    yield "    __slots__ = ()"
    for way in parts:
        if len(way) == 1:
            yield from _property(way[0], _part(prefix, way), way, "self.send")
    for name, base, mode, shown in (
        (blocking, "SocketConnection", "Sync", ""),
        (later, "AsyncSocketConnection", "Async", " of an async client"),
    ):
        yield f"\n\nclass {name}({base}[{union}], _{prefix}Senders[{mode}]):"
        yield f'    """A session of `{client}`{shown}."""\n'
        yield "    __slots__ = ()"
    for name, base, opened, shown in (
        (manager, "SocketManager", blocking, ""),
        (later_manager, "AsyncSocketManager", later, " of an async client"),
    ):
        yield f"\n\nclass {name}({base}[{opened}]):"
        yield f'    """What `{client}(...)`{shown} returns."""\n'
        yield "    __slots__ = ()\n"
        yield f"    connection = {opened}"


def _part(prefix: str, way: tuple[str, ...]) -> str:
    return f"{prefix}{''.join(map(camel, way))}Resource"


def _property(name: str, part: str, way: tuple[str, ...], send: str) -> Iterator[str]:
    yield "\n    @property"
    yield f"    def {name}(self) -> {part}[M]:"
    yield f'        """`connection.{".".join(way)}`."""'
    yield f"        return {part}({send})"
