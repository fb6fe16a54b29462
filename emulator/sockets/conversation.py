"""What all kinds of sessions have in common: events in, events out, refusals that are events."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Protocol

from ...core.json.annotations import members
from ...core.websocket.events import Close
from ..fake_data import model_fields
from ..fake_data.instances import Maker, overlaid
from ..faults.scripted import Scripted
from ..http.documents import read_document
from ..http.errors import ApiError, mistake
from ..http.json_documents import Object, is_object
from ..http.request import RequestHead
from ..requests.event_checks import check_event, check_type, events_of
from ..store.state import State

MOST_EVENT: Final = 64 << 20
"""Bytes of one event of the client's."""


class Conversation(Protocol):
    """One session, from its opening to its end."""

    @property
    def ended(self) -> Close | None:
        """How the server closes after what it has said; nothing where it does not."""
        ...

    def greeting(self) -> list[Object]:
        """Return what is said first."""
        ...

    def hear(self, data: bytes) -> list[Object]:
        """Take a message of the client, and return what is said to it at once."""
        ...

    def named(self, event: Object) -> Object:
        """Return an event that a script says, with an id where its type has one."""
        ...

    def speak(self) -> Object | None:
        """Return the next of the events that come one after another, as a model makes them."""
        ...


class Session:
    """A conversation whose client events have methods of their names: `session.update` is
    `on_session_update`, and so on."""

    kinds: ClassVar[str] = ""
    """The union of the server's events: `module:Name` of one in `core.api.types`."""
    asked: ClassVar[tuple[str, ...]] = ()
    """The unions of the client's events: `module:Name` in `core.api.params`."""

    def __init__(self, head: RequestHead, path: tuple[str, ...], state: State, scripted: Scripted):
        self.head = head
        self.path = path
        self.state = state
        self.scripted = scripted
        self.ended: Close | None = None
        self._told: deque[Iterator[Object]] = deque()

    def greeting(self) -> list[Object]:
        """Return what is said first."""
        return []

    def hear(self, data: bytes) -> list[Object]:
        """Take a message of the client, and return what is said to it at once."""
        asked: object = None
        try:
            event = read_document(data, "event", "invalid_json")
            asked = event.get("event_id")
            return self.answer(event)
        except ApiError as error:
            refusal = error
        except Exception as error:  # a server answers, about its own mistakes too
            refusal = mistake(error)
        return [self.error(refusal, asked)]

    def answer(self, event: Object) -> list[Object]:
        """Answer one event; `ApiError` where it is refused."""
        known = events_of(*self.asked)
        kind = check_type(event, known)
        self.check(event, known[kind])
        handler = getattr(self, handler_name(kind))
        found: list[Object] = handler(event)
        return found

    def check(self, event: Object, params: Any) -> None:
        """Refuse an event that does not fit its description."""
        check_event(event, params)

    def tell(self, events: Iterator[Object]) -> None:
        """Begin to say events, one by one, side by side with what is being said already."""
        self._told.append(events)

    def silence(self, events: Iterator[Object]) -> None:
        """Say no more of what was begun."""
        if events in self._told:
            self._told.remove(events)

    def speak(self) -> Object | None:
        """Return the next event of what is being said; several sayings take turns."""
        while self._told:
            events = self._told.popleft()
            try:
                event = next(events, None)
            except ApiError as refusal:
                return self.error(refusal, None)
            except Exception as error:  # as in `hear`
                return self.error(mistake(error), None)
            if event is not None:
                self._told.append(events)
                return event
        return None

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

    def named(self, event: Object) -> Object:
        """Return an event that a script says, with an id where its type has one."""
        kind = event.get("type")
        known = kind in classes_of(self.kinds) and self.fields_of(str(kind))
        if "event_id" in event or not any(each.name == "event_id" for each in known or ()):
            return event
        return {"event_id": self.state.new_id("event_", 20), **event}

    def fields_of(self, kind: str) -> tuple[model_fields.Field, ...]:
        """The fields that an event of a type can have."""
        return model_fields.fields(classes_of(self.kinds)[kind])

    def configured(self, session: Object, event: Object, kind: str) -> Object:
        """A session with what an event says of it, where sessions in events of a type have it."""
        given = event["session"]
        found = next(field.type for field in self.fields_of(kind) if field.name == "session")
        key = str(session["id"])
        facts = given if is_object(given) else {}
        return overlaid(session, found, facts, key=key, now=self.state.same_time())

    def made(self, kind: str, **fields: object) -> Object:
        """An event that fits its type, with some fields given; those that are not are made up."""
        cls = classes_of(self.kinds)[kind]
        known = {field.name: field.required for field in self.fields_of(kind)}
        event = Maker(self.state.new_id("event_", 20), self.state.now()).model(cls, 0)
        event = {key: value for key, value in event.items() if known.get(key, True)}
        if "event_id" in known:
            event["event_id"] = self.state.new_id("event_", 20)
        return event | fields

    def fitted(self, kind: str, facts: Object) -> Object:
        """An event with those of `facts` that fit it, or can be made to."""
        cls = classes_of(self.kinds)[kind]
        key = self.state.new_id("event_", 20)
        return overlaid(self.made(kind), cls, facts, key=key, now=self.state.same_time())


def classes_of(union: str) -> Mapping[str, type[Any]]:
    """The classes of a union by their tags."""
    found = _CLASSES.get(union)
    if found is None:
        kinds = members(model_fields.resolve(union))
        found = _CLASSES[union] = {each.__struct_config__.tag: each for each in kinds}
    return found


_CLASSES: Final[dict[str, dict[str, type[Any]]]] = {}


def handler_name(kind: str) -> str:
    """The method that answers the client's events of a type."""
    return "on_" + kind.replace(".", "_")
