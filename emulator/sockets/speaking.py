"""Responses of a realtime session: which one is under way, and what a session says of itself."""

from collections.abc import Mapping
from typing import ClassVar

from ..fake_data.texts import echo
from ..fake_data.tool_calls import ToolCall, decide
from ..http.errors import ApiError, wrong_value
from ..http.json_documents import Object, is_array, is_object, member, objects, text
from ..requests.event_checks import check_tagged
from .conversation import Session
from .sound import Sound
from .telling import Telling, said_in


class Speaking(Session):
    """What a realtime session says of itself, and how; the beta differs in that."""

    session: Object
    items: list[Object]
    conversation: str
    """Its id."""
    lengths: dict[str, int]
    """How long the audio of items is, in milliseconds."""
    active: Telling | None
    """The response of the conversation that is under way."""
    under_way: list[Telling]
    """That one, and those outside the conversation."""
    last: object
    """The id of the response that was told last."""

    names: ClassVar[Mapping[str, str]] = {}
    """Events that have another name."""

    def detection(self) -> object:
        """How turns are found; nothing where the client ends them."""
        return member(self.session, "audio", "input", "turn_detection")

    def transcription(self) -> object:
        """How what the user says is written down; nothing where it is not."""
        return member(self.session, "audio", "input", "transcription")

    def sound_in(self) -> Sound:
        """The format of what the client sends."""
        return Sound(member(self.session, "audio", "input", "format"))

    def sound_for(self, wanted: Object) -> Sound:
        """The format of what the client is sent in a response."""
        stated = member(wanted, "audio", "output", "format")
        check_tagged(stated, "response.audio.output.format")
        return Sound(stated or member(self.session, "audio", "output", "format"))

    def modalities(self, wanted: Object) -> list[str]:
        """What a response is made of."""
        found = wanted.get("output_modalities") or self.session.get("output_modalities")
        return [text(each) for each in found] if is_array(found) else ["audio"]

    def most_tokens(self, wanted: Object) -> object:
        """After how many tokens a response ends."""
        return wanted.get("max_output_tokens") or self.session.get("max_output_tokens")

    def response_fields(self, wanted: Object) -> Object:
        """What a response says of how it is made."""
        usual, own = (member(each, "audio", "output") for each in (self.session, wanted))
        voice = member(own, "voice") or member(usual, "voice")
        audio = {
            "format": member(own, "format") or member(usual, "format"),
            "voice": voice_of(voice),
        }
        return {
            "output_modalities": self.modalities(wanted),
            "max_output_tokens": self.most_tokens(wanted) or "inf",
            "audio": {"output": audio},
        }

    def added(self, item: Object, previous: object) -> list[Object]:
        """Tell that an item is in the conversation, and whole."""
        where: Object = {"previous_item_id": previous, "item": item}
        return [
            self.say("conversation.item.added", **where),
            self.say("conversation.item.done", **where),
        ]

    def output_item(self, item: Object, *, done: bool, previous: object) -> list[Object]:
        """Tell that an item of a response is in the conversation, empty or whole."""
        kind = "conversation.item.done" if done else "conversation.item.added"
        return [self.say(kind, previous_item_id=previous, item=item)]

    def name_of(self, kind: str) -> str:
        """What an event is called."""
        stem, _, end = kind.rpartition(".")
        return f"{self.names[stem]}.{end}" if stem in self.names else kind

    def add(self, item: Object) -> object:
        """Put an item at the end of the conversation; return the id of the one before it."""
        self.items.append(item)
        return self.before(item)

    def before(self, item: Object) -> object:
        """The id of the item before one; nothing for the first, and for one that was deleted."""
        previous: object = None
        for each in self.items:
            if each is item:
                return previous
            previous = each["id"]
        return None

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`: one at a time, save those outside the conversation."""
        wanted = event.get("response")
        wanted = wanted if is_object(wanted) else {}
        check_modalities(wanted.get("output_modalities"), "response.output_modalities")
        telling = Telling(self, wanted)
        if self.active is not None and not telling.aside:
            raise ApiError(
                400,
                f"Conversation already has an active response in progress: {self.active.id}. "
                "Wait until the response is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        return self.begin(telling)

    def begin(self, telling: Telling) -> list[Object]:
        """Begin to tell a response."""
        if not telling.aside:
            self.active = telling
        self.under_way.append(telling)
        self.tell(telling.events)
        return [self.say("response.created", response=dict(telling.response))]

    def told(self, telling: Telling) -> None:
        """Note that a response is over."""
        self.under_way.remove(telling)
        self.last = telling.id
        if self.active is telling:
            self.active = None

    def on_response_cancel(self, event: Object) -> list[Object]:
        """`response.cancel`: the one that is named, or the conversation's."""
        name = event.get("response_id")
        found = self.active
        if name is not None:
            found = next((each for each in self.under_way if each.id == name), None)
        if found is None:
            message = "Cancellation failed: no active response found"
            raise ApiError(400, message, code="response_cancel_not_active")
        return found.cut("client_cancelled")

    def read(self, wanted: Object) -> list[Object]:
        """The items that a response answers: those it is given, or the conversation's."""
        given = wanted.get("input")
        if given is None:
            return list(self.items)
        return [
            self.items[self.place(item.get("id"), "response.input")]
            if item.get("type") == "item_reference"
            else item
            for item in objects(given)
        ]

    def place(self, name: object, param: str) -> int:
        """Where an item is."""
        for place, item in enumerate(self.items):
            if item["id"] == name:
                return place
        message = f"There is no item with the id '{name}'."
        raise ApiError(400, message, param=param, code="item_not_found")

    def decided(self, wanted: Object, items: list[Object]) -> ToolCall | str:
        """What is answered to items."""
        said = next((said_in(item) for item in reversed(items) if item.get("role") == "user"), "")
        last = items[-1] if items else {}
        document = {
            name: wanted.get(name) or self.session.get(name) for name in ("tools", "tool_choice")
        }
        users_turn = last.get("role") == "user"
        call = decide(document, self.scripted, said=said, users_turn=users_turn)
        if call is not None:
            return call
        if self.scripted.text is not None:
            return self.scripted.text
        if text(last.get("type")) == "function_call_output":
            return f"The function answered: {text(last.get('output'))}"
        return echo(said)


def voice_of(given: object) -> object:
    """The name of a voice: the API's have one, those that somebody made have an id."""
    return member(given, "id") or given


def check_modalities(given: object, param: str) -> None:
    """Refuse text and audio at once."""
    if is_array(given) and sorted(map(str, given)) not in (["audio"], ["text"]):
        listed = ", ".join(f"'{each}'" for each in given)
        message = f"[{listed}] is no combination; those are ['text'] and ['audio']"
        raise wrong_value(param, message)
