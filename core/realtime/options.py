"""What a caller says of the connection of a session, read and checked."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from .reconnect import Reconnect

MAX_MESSAGE: Final = 256 << 20
"""Bytes of a message of the server's by default, decompressed ones included."""
MAX_QUEUE: Final = 1 << 20
"""Bytes of events that may wait to be sent by default; alone, one may have any size."""
HIGH_WATER: Final = 1 << 20
"""Bytes of messages that are kept while nobody receives; then reading stops, and the server waits."""

_ELSEWHERE: Final = {
    "proxy": "the proxy of the client counts: Client(network=Network(proxy=...))",
    "ssl": "certificates are the client's: Client(network=Network(ca=..., client_cert=...))",
    "additional_headers": "they go into extra_headers",
    "user_agent_header": "it goes into extra_headers",
    "origin": "it goes into extra_headers",
    "extensions": 'compression="deflate" is the one there is',
    "write_limit": "each event is handed to the system before `send` returns; see max_queue_size",
}


class SocketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the connection of a session is made and kept; seconds, and bytes."""

    subprotocols: tuple[str, ...] = ()
    compression: bool = False
    max_message: int = MAX_MESSAGE
    max_queue: int = MAX_QUEUE
    high_water: int = HIGH_WATER
    open_timeout: float | None = None
    close_timeout: float | None = 10.0
    ping_interval: float | None = None
    ping_timeout: float | None = 20.0
    reconnect: Reconnect | None = None

    @classmethod
    def of(
        cls,
        websocket_connection_options: object = None,
        *,
        max_queue_size: object = MAX_QUEUE,
        reconnect: object = None,
        on_reconnecting: Any = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
    ) -> "SocketOptions":
        """Read the keywords of `connect`.

        `TypeError` and `ValueError` name the option, its value and what was expected; options that
        only another library's connection has say where their place is here.
        """
        if on_reconnecting is not None:
            if reconnect is not None:
                raise TypeError("reconnect: it says already what on_reconnecting would")
            reconnect = Reconnect(
                max_attempts=max_retries,
                initial_delay=initial_delay,
                max_delay=max_delay,
                on_reconnecting=on_reconnecting,
            )
        if reconnect is not None and not isinstance(reconnect, Reconnect):
            raise TypeError(f"reconnect={reconnect!r}: expected a Reconnect, or None")
        given: object = websocket_connection_options
        given = {} if given is None else given
        if not isinstance(given, Mapping):
            raise TypeError(f"websocket_connection_options={given!r}: expected a mapping")
        read: dict[str, Any] = {}
        for name, value in cast("Mapping[str, Any]", given).items():
            if name not in _READERS:
                raise _unknown(name)
            field, reader = _READERS[name]
            if field:
                read[field] = reader(name, value)
        queue = _size("max_queue_size", max_queue_size)
        if not read and reconnect is None and queue == MAX_QUEUE:
            return _DEFAULT
        return cls(max_queue=queue, reconnect=reconnect, **read)


_DEFAULT: Final = SocketOptions()
"""One for all sessions whose caller says nothing."""


def _unknown(name: object) -> TypeError:
    if isinstance(name, str) and name in _ELSEWHERE:
        return TypeError(f"websocket_connection_options[{name!r}]: {_ELSEWHERE[name]}")
    known = ", ".join(_READERS)
    return TypeError(f"websocket_connection_options[{name!r}]: not known; there are {known}")


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError(f"{name}={value!r}: expected seconds above 0, or None")
    return value


def _size(name: str, value: object) -> int:
    if value is None:
        return 1 << 62
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}={value!r}: expected bytes, 1 or more, or None")
    return value


def _queue(name: str, value: object) -> int:
    """A number of frames, as elsewhere; frames here count as 64 KiB, which is the most of a usual one."""
    if isinstance(value, tuple):
        value = cast("tuple[object, ...]", value)[0]
    return HIGH_WATER if value is None else _size(name, value) * (64 << 10)


def _compression(name: str, value: object) -> bool:
    if value not in (None, "deflate"):
        raise ValueError(f'{name}={value!r}: expected "deflate" or None')
    return value == "deflate"


def _names(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise TypeError(f"{name}={value!r}: expected a list of names")
    return tuple(map(str, cast("list[object]", value)))


_READERS: Final[dict[str, tuple[str, Any]]] = {
    "subprotocols": ("subprotocols", _names),
    "compression": ("compression", _compression),
    "max_size": ("max_message", _size),
    "max_queue": ("high_water", _queue),
    "open_timeout": ("open_timeout", _seconds),
    "close_timeout": ("close_timeout", _seconds),
    "ping_interval": ("ping_interval", _seconds),
    "ping_timeout": ("ping_timeout", _seconds),
}
