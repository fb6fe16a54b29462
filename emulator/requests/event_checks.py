"""Checks of the events that clients send over a WebSocket, against the description of the API."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, get_args, is_typeddict

from ...core.json.annotations import members
from ..http.errors import missing, unsupported_value, wrong_type
from ..http.json_documents import Object, is_object, objects
from .typed_checks import check_keys, hints

_PARAMS: Final = __name__.rpartition(".emulator.")[0] + ".core.api.params"


@cache
def events_of(*unions: str) -> Mapping[str, Any]:
    """Return the typed dicts of unions of events (`module:Name` in `core.api.params`) by type."""
    found: dict[str, Any] = {}
    for union in unions:
        module, _, name = union.partition(":")
        kinds = members(getattr(import_module(f"{_PARAMS}.{module}"), name))
        found |= {get_args(hints(kind)["type"])[0]: kind for kind in kinds if is_typeddict(kind)}
    return found


def check_type(event: Object, known: Mapping[str, Any]) -> str:
    """Return the type of an event; refuse one that is not `known`."""
    if "type" not in event:
        raise missing("type")
    kind = event["type"]
    if not isinstance(kind, str):
        raise wrong_type("type", "a string", kind)
    if kind not in known:
        raise unsupported_value("type", kind, known)
    return kind


def check_event(event: Object, params: Any) -> None:
    """Raise the API's refusal of what does not fit the typed dict of an event."""
    check_keys(event, params, tuple(hints(params)))


def check_tagged(value: object, where: str) -> None:
    """Refuse an object, or one in an array, that does not say its type.

    Descriptions of what clients send leave it open in places where the API says it again.
    """
    if is_object(value) and value.get("type") is None:
        raise missing(f"{where}.type")
    for index, item in enumerate(objects(value)):
        check_tagged(item, f"{where}[{index}]")
