"""What all kinds of sessions have in common: events in, events out, refusals that are events."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Protocol

import msgspec

from ...core.json.annotations import members
from ..fake_data import model_fields
from ..fake_data.instances import Maker
from ..faults.scripted import Scripted
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, text
from ..http.request import RequestHead
from ..store.state import State

MOST_EVENT: Final = 64 << 20
"""Bytes of one event of the client's."""


class Conversation(Protocol):
    """One session, from its opening to its end."""

    @property
    def speech(self) -> Iterator[Object]:
        """Events that come one after another, as a model makes them; the client may interrupt."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the server closes after what it has said."""
        ...

    def greeting(self) -> list[Object]:
        """Return what is said first."""
        ...

    def hear(self, data: bytes) -> list[Object]:
        """Take a message of the client, and return what is said to it at once."""
        ...


class Session:
    """A conversation whose client events have methods of their names: `session.update` is
    `on_session_update`, and so on. One that has none is unknown."""

    kinds: ClassVar[str] = ""
    """The union of the server's events: `module:Name` of one in `core.api.types`."""

    def __init__(self, head: RequestHead, path: tuple[str, ...], state: State, scripted: Scripted):
        self.head = head
        self.path = path
        self.state = state
        self.scripted = scripted
        self.speech: Iterator[Object] = iter(())
        self.ended = False

    def greeting(self) -> list[Object]:
        """Return what is said first."""
        return []

    def hear(self, data: bytes) -> list[Object]:
        """Take a message of the client, and return what is said to it at once."""
        asked: object = None
        try:
            event = msgspec.json.decode(data)
            if not is_object(event):
                raise ApiError(400, "An event is a JSON object.", code="invalid_json")
            asked = event.get("event_id")
            return self.answer(event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refusal = ApiError(400, f"The event is not JSON: {error}.", code="invalid_json")
        except ApiError as error:
            refusal = error
        return [self.error(refusal, asked)]

    def answer(self, event: Object) -> list[Object]:
        """Answer one event; `ApiError` where it is refused."""
        kind = event.get("type")
        if not isinstance(kind, str):
            raise ApiError(
                400,
                "Missing required parameter: 'type'.",
                param="type",
                code="missing_required_parameter",
            )
        handler = getattr(self, "on_" + kind.replace(".", "_"), None)
        if handler is None:
            raise ApiError(400, f"Invalid value: '{kind}'.", param="type", code="invalid_value")
        found: list[Object] = handler(event)
        return found

    def error(self, refusal: ApiError, asked: object) -> Object:
        """The event that tells of a refusal; `asked` is the `event_id` of what was refused."""
        return {
            "type": "error",
            "event_id": self.state.new_id("event_", 20),
            "error": {
                "type": refusal.kind,
                "code": refusal.code,
                "message": refusal.message,
                "param": refusal.param,
                "event_id": asked if isinstance(asked, str) else None,
            },
        }

    def say(self, kind: str, **fields: object) -> Object:
        """An event of the server's."""
        return {"type": kind, "event_id": self.state.new_id("event_", 20), **fields}

    def made(self, kind: str, **fields: object) -> Object:
        """An event that fits its type, with some fields given; those that are not are made up."""
        cls = classes_of(self.kinds)[kind]
        known = {field.name: field.required for field in model_fields.fields(cls)}
        event = Maker(self.state.new_id("event_", 20), self.state.now()).model(cls, 0)
        event = {key: value for key, value in event.items() if known.get(key, True)}
        if "event_id" in known:
            event["event_id"] = self.state.new_id("event_", 20)
        return event | fields


def classes_of(union: str) -> Mapping[str, type[Any]]:
    """The classes of a union by their tags."""
    found = _CLASSES.get(union)
    if found is None:
        kinds = members(model_fields.resolve(union))
        found = _CLASSES[union] = {each.__struct_config__.tag: each for each in kinds}
    return found


_CLASSES: Final[dict[str, dict[str, type[Any]]]] = {}


def required(event: Object, name: str) -> object:
    """A field that an event has to have; `ApiError` where it is not there."""
    value = event.get(name)
    if value is None:
        raise ApiError(
            400,
            f"Missing required parameter: '{name}'.",
            param=name,
            code="missing_required_parameter",
        )
    return value


def wanted_text(event: Object, name: str) -> str:
    """A field that is a text."""
    value = required(event, name)
    if not isinstance(value, str):
        raise ApiError(
            400,
            f"Invalid type for '{name}': expected a string.",
            param=name,
            code="invalid_type",
        )
    return text(value)
