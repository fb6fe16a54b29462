"""`connect`: from its keywords to a manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

from ...core.realtime.kinds import KINDS
from ...core.realtime.options import SocketOptions
from ...core.terms.keywords import unknown_keyword
from ...core.terms.omit import omit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...core.api.session_options import (
        ReconnectingEvent,
        ReconnectingOverrides,
        SyncWebSocketConnectionOptions,
    )
    from ...core.realtime.reconnect import Reconnect
    from ...core.terms.omit import Omit
    from ...core.terms.secret import Secret
    from ..sending.sender import Sender
    from .managers import AsyncSocketManager, SocketManager

S = TypeVar("S", bound="SocketManager[Any]")


class ConnectOptions(TypedDict, total=False):
    """Keywords of every `connect`."""

    extra_query: Mapping[str, object] | None
    """Query parameters to add or replace."""
    extra_headers: Mapping[str, str | Secret | Omit | None] | None
    """Header fields to add or replace; `None` or `omit` takes one of the client's away."""
    websocket_connection_options: SyncWebSocketConnectionOptions | None
    """Of the connection: limits, ping, compression, subprotocols."""
    reconnect: Reconnect | None
    """How a connection that was lost is opened again; `None`: not at all."""


class ReconnectingOptions(ConnectOptions, total=False):
    """Keywords of every `connect` but that of the old beta; `reconnect` can say most of it."""

    on_reconnecting: Callable[[ReconnectingEvent], ReconnectingOverrides | None] | None
    """Is told before a connection that was lost is opened again; `None`: it is not."""
    max_retries: int
    """How often in a row that is tried, 5 by default."""
    initial_delay: float
    """Seconds before the first try, 0.5 by default; doubled for each that follows."""
    max_delay: float
    """The most seconds before a try, 8 by default."""
    max_queue_size: int
    """Bytes of events that may wait to be sent: 1 MiB by default, in Live sessions 2."""


LIVE: Final[ReconnectingOptions] = {"max_queue_size": 2 << 20}
"""What is different by default in Live sessions."""

_OF_OPERATION: Final = frozenset({"extra_query", "extra_headers"})


def connect(
    sender: Sender,
    name: str,
    managers: tuple[type[S], type[AsyncSocketManager[Any]]],
    options: Mapping[str, Any],
    *path: object,
    known: type[ConnectOptions] = ReconnectingOptions,
    **params: object,
) -> S:
    """Return a manager of the kind of caller that `sender` has.

    `params` go into the query, `path` into the path; `options` are those `known`. `TypeError` and
    `ValueError` name the one that is wrong.
    """
    names = known.__annotations__.keys()
    if unknown := options.keys() - names:
        raise TypeError(unknown_keyword(name, min(unknown), {*names, *params}))
    options = {key: value for key, value in options.items() if value is not omit}
    kind = KINDS[name]
    of_operation = {key: value for key, value in options.items() if key in _OF_OPERATION}
    rest = {key: value for key, value in options.items() if key not in _OF_OPERATION}
    operation = kind.blueprint({**params, **of_operation}, *path)
    manager: Any = managers[sender.asynchronous]
    made: S = manager(sender, kind, operation, SocketOptions.of(**rest))
    return made
