"""Responses of a realtime session: decided, and said event by event."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from ..fake_data.texts import content_text, echo, token_count, tokens
from ..fake_data.tool_calls import ToolCall, decide, pieces
from ..http.errors import ApiError
from ..http.json_documents import Object, is_array, is_object, member, objects, text
from .conversation import Session
from .sound import Sound


class Speaking(Session):
    """What a realtime session says of itself, and how; the beta differs in that."""

    session: Object
    items: list[Object]
    response: Object | None
    """The one that is under way."""

    def detection(self) -> object:
        """How turns are found; nothing where the client ends them."""
        return member(self.session, "audio", "input", "turn_detection")

    def transcription(self) -> object:
        """How what the user says is written down; nothing where it is not."""
        return member(self.session, "audio", "input", "transcription")

    def sound_in(self) -> Sound:
        """The format of what the client sends."""
        return Sound(member(self.session, "audio", "input", "format"))

    def sound_out(self) -> Sound:
        """The format of what it is sent."""
        return Sound(member(self.session, "audio", "output", "format"))

    def modalities(self, wanted: Object) -> list[str]:
        """What a response is made of."""
        found = wanted.get("output_modalities") or self.session.get("output_modalities")
        return [text(each) for each in found] if is_array(found) else ["audio"]

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

    names: ClassVar[Mapping[str, str]] = {}
    """Events that have another name."""

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`: one at a time."""
        wanted = event.get("response")
        if self.response is not None:
            raise ApiError(
                400,
                "Conversation already has an active response in progress.",
                code="conversation_already_has_active_response",
            )
        return self.respond(wanted if is_object(wanted) else {})

    def on_response_cancel(self, event: Object) -> list[Object]:
        """`response.cancel`."""
        if self.response is None:
            message = "Cancellation failed: no active response found."
            raise ApiError(400, message, code="response_cancel_not_active")
        return self.interrupt("client_cancelled")

    def interrupt(self, reason: str) -> list[Object]:
        """End the response that is under way."""
        response, self.response = self.response, None
        self.speech = iter(())
        if response is None:
            return []
        response["status"] = "cancelled"
        response["status_details"] = {"type": "cancelled", "reason": reason}
        return [self.say(self._name("response.done"), response=response)]

    def respond(self, wanted: Object) -> list[Object]:
        modalities = self.modalities(wanted)
        self.response = response = self._new_response(modalities, wanted)
        self.speech = self._told(response, wanted, modalities)
        early: Object = {**response, "output": []}
        return [self.say("response.created", response=early)]

    def _new_response(self, modalities: list[str], wanted: Object) -> Object:
        return {
            "object": "realtime.response",
            "id": self.state.new_id("resp_", 20),
            "conversation_id": self.state.new_id("conv_", 20),
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "output_modalities": modalities,
            "max_output_tokens": "inf",
            "metadata": wanted.get("metadata"),
        }

    def _told(self, response: Object, wanted: Object, modalities: list[str]) -> Iterator[Object]:
        """The events of a response after its first."""
        made = self._decided(wanted)
        item = self._item(made)
        where: Object = {"response_id": response["id"], "output_index": 0}
        previous = self.items[-1]["id"] if self.items else None
        yield self.say("response.output_item.added", item={**item}, **where)
        for event in self.output_item({**item}, done=False, previous=previous):
            yield event
        where["item_id"] = item["id"]
        if isinstance(made, ToolCall):
            yield from self._called(made, {**where, "call_id": item["call_id"]})
            item["arguments"] = made.arguments
        else:
            yield from self._spoken(made, where, item, "audio" in modalities)
        item["status"] = "completed"
        self.items.append(item)
        yield self.say("response.output_item.done", item=item, **_without(where, "item_id"))
        for event in self.output_item(item, done=True, previous=previous):
            yield event
        response.update(status="completed", output=[item], usage=self._usage(item))
        self.response = None
        yield self.say("response.done", response=response)
        yield self.say("rate_limits.updated", rate_limits=_LIMITS)

    def _decided(self, wanted: Object) -> ToolCall | str:
        given = wanted.get("input")
        items = objects(given) if given is not None else self.items
        said = ""
        for item in items:
            if item.get("role") == "user":
                said = _said(item)
        last = items[-1] if items else {}
        document = {
            "tools": wanted.get("tools") or self.session.get("tools"),
            "tool_choice": wanted.get("tool_choice") or self.session.get("tool_choice"),
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

    def _item(self, made: ToolCall | str) -> Object:
        item: Object = {
            "id": self.state.new_id("item_", 20),
            "object": "realtime.item",
            "status": "in_progress",
        }
        if isinstance(made, ToolCall):
            call = {"call_id": self.state.new_id("call_", 16), "name": made.name, "arguments": ""}
            return item | {"type": "function_call", **call}
        item |= {"type": "message", "role": "assistant", "content": []}
        return item

    def _called(self, made: ToolCall, where: Object) -> Iterator[Object]:
        kind = "response.function_call_arguments"
        for piece in pieces(made.arguments):
            yield self.say(f"{kind}.delta", delta=piece, **where)
        yield self.say(f"{kind}.done", arguments=made.arguments, name=made.name, **where)

    def _spoken(self, said: str, where: Object, item: Object, aloud: bool) -> Iterator[Object]:
        """A message, word by word: as text, or as audio and what it says."""
        at = {**where, "content_index": 0}
        if aloud:
            empty: Object = {"type": "audio", "transcript": ""}
            part: Object = {"type": "audio", "transcript": said}
            kept: Object = {"type": "output_audio", "transcript": said}
        else:
            empty, part = {"type": "text", "text": ""}, {"type": "text", "text": said}
            kept = {"type": "output_text", "text": said}
        yield self.say("response.content_part.added", part=empty, **at)
        words = self._name("response.output_audio_transcript" if aloud else "response.output_text")
        sound = self.sound_out() if aloud else None
        audio = self._name("response.output_audio")
        for number, word in enumerate(tokens(said)):
            yield self.say(f"{words}.delta", delta=word, **at)
            if sound is not None:
                yield self.say(f"{audio}.delta", delta=sound.word(number), **at)
        if sound is not None:
            yield self.say(f"{audio}.done", **at)
            yield self.say(f"{words}.done", transcript=said, **at)
        else:
            yield self.say(f"{words}.done", text=said, **at)
        yield self.say("response.content_part.done", part=part, **at)
        item["content"] = [kept]

    def _name(self, kind: str) -> str:
        return self.names.get(kind, kind)

    def _usage(self, item: Object) -> Object:
        read = sum(token_count(_said(each)) for each in self.items)
        made = token_count(_said(item)) + len(pieces(text(item.get("arguments"))))
        return {
            "total_tokens": read + made,
            "input_tokens": read,
            "output_tokens": made,
            "input_token_details": {"text_tokens": read, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": made, "audio_tokens": 0},
        }


_LIMITS: Final = [
    {"name": "requests", "limit": 10_000, "remaining": 9_999, "reset_seconds": 0.006},
    {"name": "tokens", "limit": 2_000_000, "remaining": 1_999_000, "reset_seconds": 0.03},
]


def _said(item: Object) -> str:
    """The text of an item, or what its audio says."""
    found = content_text(item.get("content"))
    heard = [text(part.get("transcript")) for part in objects(item.get("content"))]
    return " ".join(each for each in (found, *heard) if each)


def _without(fields: Object, name: str) -> Object:
    return {key: value for key, value in fields.items() if key != name}
