"""`/realtime`: a session of text and audio, of the API as it is and as its beta was.

What is said has the order of the API: an item is added before it is done, a response is created
before its output, and rate limits follow it. Speech is heard where there is sound, and ends where
silence follows.
"""

from typing import Final

from ..fake_data.texts import tokens
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, member, text
from .conversation import required, wanted_text
from .sound import taken
from .speaking import Speaking

VAD: Final = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
_HEARD: Final = "The emulator heard something, and does not know what."
_LEAST_MS: Final = 100
"""Audio of less than this cannot be committed."""


class Realtime(Speaking):
    """One session of the API as it is."""

    kinds = "realtime_socket:RealtimeServerEvent"

    def greeting(self) -> list[Object]:
        """Begin a session."""
        model = self.head.query.get("model") or self.head.query.get("deployment") or "gpt-realtime"
        self.items: list[Object] = []
        self.heard = bytearray()
        self.heard_ms = 0
        self.speaking: str | None = None  # the item that is being said by the user
        self.response: Object | None = None  # the one that is under way
        self.transcribes = self.head.query.get("intent") == "transcription"
        self.session = self.new_session(model)
        return [self.say("session.created", session=self.session)]

    def new_session(self, model: str) -> Object:
        """What a session says of itself at its beginning."""
        session: Object = {
            "object": "realtime.session",
            "id": self.state.new_id("sess_", 24),
            "expires_at": self.state.now() + 3600,
        }
        if self.transcribes:
            return session | {
                "type": "transcription",
                "object": "realtime.transcription_session",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": {"model": "gpt-4o-transcribe"},
                        "noise_reduction": None,
                        "turn_detection": dict(VAD),
                    }
                },
            }
        return session | {
            "type": "realtime",
            "model": model,
            "output_modalities": ["audio"],
            "instructions": "Repeat what was said.",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "truncation": "auto",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": dict(VAD),
                },
                "output": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "voice": "alloy",
                    "speed": 1.0,
                },
            },
        }

    # Sessions and items

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`: what it names is replaced, and the rest stays."""
        given = required(event, "session")
        if not is_object(given):
            raise ApiError(400, "Invalid type for 'session'.", param="session", code="invalid_type")
        kind = given.get("type")
        if kind is not None and kind != self.session.get("type"):
            raise ApiError(
                400,
                f"The type of this session is '{self.session.get('type')}'.",
                param="session.type",
                code="invalid_value",
            )
        self.session = _merged(self.session, given)
        self.sound_in()
        return [self.say("session.updated", session=self.session)]

    def on_conversation_item_create(self, event: Object) -> list[Object]:
        """`conversation.item.create`."""
        given = required(event, "item")
        if not is_object(given) or not text(given.get("type")):
            raise ApiError(
                400,
                "Missing required parameter: 'item.type'.",
                param="item.type",
                code="missing_required_parameter",
            )
        item = {"id": self.state.new_id("item_", 20), "object": "realtime.item", **given}
        item.setdefault("status", "completed")
        after = event.get("previous_item_id")
        place = len(self.items)
        if after == "root":
            place = 0
        elif after is not None:
            place = self._place(after, "previous_item_id") + 1
        previous = self.items[place - 1]["id"] if place else None
        self.items.insert(place, item)
        return self.added(item, previous)

    def _place(self, name: object, param: str) -> int:
        for place, item in enumerate(self.items):
            if item["id"] == name:
                return place
        message = f"There is no item with the id '{name}'."
        raise ApiError(400, message, param=param, code="item_not_found")

    def on_conversation_item_retrieve(self, event: Object) -> list[Object]:
        """`conversation.item.retrieve`."""
        item = self.items[self._place(wanted_text(event, "item_id"), "item_id")]
        return [self.say("conversation.item.retrieved", item=item)]

    def on_conversation_item_delete(self, event: Object) -> list[Object]:
        """`conversation.item.delete`."""
        name = wanted_text(event, "item_id")
        del self.items[self._place(name, "item_id")]
        return [self.say("conversation.item.deleted", item_id=name)]

    def on_conversation_item_truncate(self, event: Object) -> list[Object]:
        """`conversation.item.truncate`: what was not heard is forgotten."""
        name = wanted_text(event, "item_id")
        self._place(name, "item_id")
        fields = {key: required(event, key) for key in ("content_index", "audio_end_ms")}
        return [self.say("conversation.item.truncated", item_id=name, **fields)]

    # Audio

    def on_input_audio_buffer_append(self, event: Object) -> list[Object]:
        """`input_audio_buffer.append`: no answer, unless speech begins or ends."""
        data, sound = taken(event), self.sound_in()
        self.heard += data
        before, self.heard_ms = self.heard_ms, self.heard_ms + sound.milliseconds(len(data))
        if not self.detection():
            return []
        if self.speaking is None and data and not sound.is_silent(data):
            self.speaking = self.state.new_id("item_", 20)
            self.interrupt("turn_detected")
            started = "input_audio_buffer.speech_started"
            return [self.say(started, audio_start_ms=before, item_id=self.speaking)]
        if self.speaking is None or not sound.is_silent(data):
            return []
        name, self.speaking = self.speaking, None
        stopped = "input_audio_buffer.speech_stopped"
        events = [self.say(stopped, audio_end_ms=before, item_id=name), *self._commit(name)]
        if not self.transcribes and member(self.detection(), "create_response") is not False:
            events += self.respond({})
        return events

    def on_input_audio_buffer_commit(self, event: Object) -> list[Object]:
        """`input_audio_buffer.commit`."""
        length = self.sound_in().milliseconds(len(self.heard))
        if length < _LEAST_MS:
            raise ApiError(
                400,
                f"Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_MS}ms of audio, but buffer only has {length}ms.",
                code="input_audio_buffer_commit_empty",
            )
        name, self.speaking = self.speaking or self.state.new_id("item_", 20), None
        return self._commit(name)

    def on_input_audio_buffer_clear(self, event: Object) -> list[Object]:
        """`input_audio_buffer.clear`."""
        self.heard.clear()
        self.speaking = None
        return [self.say("input_audio_buffer.cleared")]

    def on_output_audio_buffer_clear(self, event: Object) -> list[Object]:
        """`output_audio_buffer.clear`: what is being said is not heard."""
        self.interrupt("client_cancelled")
        return [self.say("output_audio_buffer.cleared", response_id=self.state.new_id("resp_", 20))]

    def _commit(self, name: str) -> list[Object]:
        seconds = self.sound_in().milliseconds(len(self.heard)) / 1000
        self.heard.clear()
        previous = self.items[-1]["id"] if self.items else None
        part: Object = {"type": "input_audio", "transcript": None}
        item: Object = {
            "id": name,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [part],
        }
        self.items.append(item)
        committed = "input_audio_buffer.committed"
        events = [self.say(committed, previous_item_id=previous, item_id=name)]
        events += self.added(item, previous)
        if self.transcription():
            events += self._written(name, part, seconds)
        return events

    def _written(self, name: str, part: Object, seconds: float) -> list[Object]:
        """Tell what was heard, as text."""
        said = self.scripted.text if self.transcribes and self.scripted.text else _HEARD
        part["transcript"] = said
        where: Object = {"item_id": name, "content_index": 0}
        begun = "conversation.item.input_audio_transcription"
        events = [self.say(f"{begun}.delta", delta=word, **where) for word in tokens(said)]
        usage: Object = {"type": "duration", "seconds": seconds}
        return [*events, self.say(f"{begun}.completed", transcript=said, usage=usage, **where)]


def _merged(old: Object, new: Object) -> Object:
    """`old` with the fields of `new`, objects within it likewise."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if key in ("audio", "input", "output") and is_object(before) and is_object(value):
            merged[key] = _merged(before, value)
        else:
            merged[key] = value
    return merged
