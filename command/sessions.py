"""A session over a WebSocket: events of standard input are said, those of the server are written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from ..core.json.encode import encode
from ..core.json.provenance import meta
from ..core.json.values import is_object
from ..core.terms.base_errors import LocalProtocolError
from ..core.terms.json_text import CodecError, decode_json
from .arguments import Given
from .connecting import client_of, extras
from .parameters import Method
from .printing import Output
from .sources import Sources
from .usage import DONE, UsageError
from .values import value_of

if TYPE_CHECKING:
    from ..client.client import Client

__all__ = ["hold"]

_FOREIGN = ("all", "curl", "extra-body", "format")
"""Options that mean nothing for a session."""


def hold(method: Method, given: Given) -> int:
    """Say what there is to be said, and write what is answered, up to the event that ends it."""
    for name in _FOREIGN:
        if given.has(name):
            raise UsageError(f"--{name}: a session has no use for it")
    sources = Sources()
    keywords: dict[str, Any] = {
        name: value_of(method.parameters[name], raws, sources, None)
        for name, raws in given.parameters.items()
    }
    until = keywords.pop("until", None)
    keywords |= extras(given, sources)
    events = [*_events(sources.stdin("the events of the session"))]
    with (
        Output(given.option("output"), None) as output,
        client_of(given, admin=False) as client,
        _opened(client, method, {**given.path, **keywords}) as connection,
    ):
        for event in events:
            connection.send(event)
        for event in connection:
            raw = meta(event).raw
            output.line(encode(event) if raw is None else raw)
            if event.type == until:
                break
    return DONE


def _opened(client: "Client", method: Method, keywords: dict[str, Any]) -> Any:
    connect: Any = client
    for word in method.name.split("."):
        connect = getattr(connect, word)
    try:
        return connect(**keywords)
    except (TypeError, ValueError, LocalProtocolError) as error:
        raise UsageError(str(error)) from None


def _events(lines: BinaryIO) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = decode_json(line)
        except CodecError as error:
            raise UsageError(f"standard input, line {number}: it is no JSON ({error})") from None
        if not is_object(event):
            raise UsageError(f"standard input, line {number}: expected a JSON object, an event")
        yield event
