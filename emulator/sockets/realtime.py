"""`/realtime`: a session of text and audio.

What is said has the order of the API: an item is added before it is done, a response is created
before its output, and rate limits follow it.
"""

from typing import Final

from ...core.websocket.events import Close
from ..http.errors import ApiError, unsupported_value, wrong_value
from ..http.json_documents import Object, is_integer, is_object, member, objects, text
from ..requests.event_checks import check_tagged
from ..requests.models import kind_of
from .sound import taken
from .speaking import Speaking, check_modalities
from .telling import Telling
from .transcribing import written
from .turns import Edge, Turns

SERVER_VAD: Final = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD: Final = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_DETECTIONS: Final = {"server_vad": SERVER_VAD, "semantic_vad": _SEMANTIC_VAD}
_LEAST_MS: Final = 100
"""Audio of less than this cannot be committed."""
_CONTAINERS: Final = ("audio", "input", "output")
"""Objects of a session whose fields are replaced one by one."""


class Realtime(Speaking):
    """One session of the API as it is."""

    kinds = "realtime_socket:RealtimeServerEvent"
    asked = ("realtime_socket:RealtimeClientEventParam",)

    def greeting(self) -> list[Object]:
        """Begin a session."""
        query = self.head.query
        stated = self.state.secrets.get(self.head.key(), {})
        model = text(stated.get("model")) or query.get("model") or "gpt-realtime"
        kind = text(stated.get("type")) or query.get("intent", "realtime")
        self.transcribes = kind == "transcription"
        if "deployment" in query:  # there is a model behind it, whatever it is called
            model = query["deployment"]
        elif not (self.transcribes or self.state.any_model or kind_of(model) == "realtime"):
            return self._no_model(model)
        self.items = []
        self.lengths = {}
        self.under_way = []
        self.active = None
        self.last = None
        self.conversation = self.state.new_id("conv_", 20)
        self.turns = Turns()
        self.speaking: str | None = None  # the id of the item that the user is saying
        self.session = self.new_session(model)
        if stated and "type" in self.session:
            self.session = self.updated({**stated, "type": self.session["type"]})
        return [self.say("session.created", session=self.session)]

    def _no_model(self, model: str) -> list[Object]:
        """Refuse a model, as the API does it: in the session, which ends with that."""
        message = f'Model "{model}" is not supported in realtime mode.'
        refusal = ApiError(400, message, code="invalid_model")
        self.ended = Close(4000, "invalid_request_error.invalid_model")
        return [self.error(refusal, None)]

    def new_session(self, model: str) -> Object:
        """What a session says of itself at its beginning."""
        kind = "transcription_session" if self.transcribes else "session"
        session: Object = {
            "object": f"realtime.{kind}",
            "id": self.state.new_id("sess_", 24),
            "expires_at": self.state.now() + 3600,
        }
        heard: Object = {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-4o-transcribe"} if self.transcribes else None,
            "noise_reduction": None,
            "turn_detection": dict(SERVER_VAD),
        }
        if self.transcribes:
            return session | {"type": "transcription", "audio": {"input": heard}, "include": None}
        said: Object = {
            "format": {"type": "audio/pcm", "rate": 24000},
            "voice": "alloy",
            "speed": 1.0,
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
            "include": None,
            "audio": {"input": heard, "output": said},
        }

    def answer(self, event: Object) -> list[Object]:
        """Answer one event; a session that transcribes has no responses."""
        kind = event.get("type")
        if self.transcribes and isinstance(kind, str) and kind.startswith("response."):
            message = f"'{kind}' is not an event of sessions that transcribe"
            raise wrong_value("type", message)
        return super().answer(event)

    # Sessions and items

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`: what it names is replaced, and the rest stays."""
        given = event["session"]
        assert is_object(given)
        self.session = self.updated(given)
        return [self.say("session.updated", session=self.session)]

    def updated(self, given: Object) -> Object:
        """The session with what is `given` of it; `ApiError` where that cannot be."""
        if given["type"] != self.session["type"]:
            raise unsupported_value("session.type", given["type"], (self.session["type"],))
        check_modalities(given.get("output_modalities"), "session.output_modalities")
        check_tagged(given.get("tools"), "session.tools")
        for side in ("input", "output"):
            check_tagged(member(given, "audio", side, "format"), f"session.audio.{side}.format")
        voice, before = (member(each, "audio", "output", "voice") for each in (given, self.session))
        self.check_voice(voice, before)
        merged = _merged(self.session, given)
        detection = member(merged, "audio", "input", "turn_detection")
        if detection is not None:
            heard = member(merged, "audio", "input")
            assert is_object(heard)
            name = "session.audio.input.turn_detection.type"
            heard["turn_detection"] = whole_detection(detection, name)
        return merged

    def check_voice(self, voice: object, before: object) -> None:
        """Refuse another voice once there was one."""
        if voice is None or voice == before:
            return
        if any(
            item.get("role") == "assistant" and item["id"] in self.lengths for item in self.items
        ):
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise ApiError(400, message, code="cannot_update_voice")

    def on_conversation_item_create(self, event: Object) -> list[Object]:
        """`conversation.item.create`."""
        given = event["item"]
        assert is_object(given)
        check_tagged(given.get("content"), "item.content")
        facts = {key: value for key, value in given.items() if value is not None}
        item = {"id": self.state.new_id("item_", 20), "object": "realtime.item", **facts}
        item["status"] = "completed"
        if any(each["id"] == item["id"] for each in self.items):
            raise wrong_value("item.id", f"there is an item with the id '{item['id']}' already")
        if item["type"] == "function_call_output":
            self._check_call(item["call_id"])
        after = event.get("previous_item_id")
        place = len(self.items)
        if after == "root":
            place = 0
        elif after is not None:
            place = self.place(after, "previous_item_id") + 1
        self._measure(item)
        self.items.insert(place, item)
        return self.added(item, self.before(item))

    def _check_call(self, name: object) -> None:
        if not any(item.get("call_id") == name for item in self.items):
            message = f"Tool call ID '{name}' not found in conversation."
            raise ApiError(400, message, param="item.call_id", code="invalid_tool_call_id")

    def _measure(self, item: Object) -> None:
        """Note how long the audio of an item is."""
        heard = [part for part in objects(item.get("content")) if part.get("audio")]
        if heard:
            sound = self.sound_in()
            size = sum(len(taken(part)) for part in heard)
            self.lengths[text(item["id"])] = sound.milliseconds(size)

    def on_conversation_item_retrieve(self, event: Object) -> list[Object]:
        """`conversation.item.retrieve`."""
        item = self.items[self.place(event["item_id"], "item_id")]
        return [self.say("conversation.item.retrieved", item=item)]

    def on_conversation_item_delete(self, event: Object) -> list[Object]:
        """`conversation.item.delete`."""
        name = event["item_id"]
        del self.items[self.place(name, "item_id")]
        return [self.say("conversation.item.deleted", item_id=name)]

    def on_conversation_item_truncate(self, event: Object) -> list[Object]:
        """`conversation.item.truncate`: of what the model said, what was not heard is forgotten."""
        name, index, end = event["item_id"], event["content_index"], event["audio_end_ms"]
        item = self.items[self.place(name, "item_id")]
        length = self.lengths.get(text(name))
        if item.get("role") != "assistant" or length is None:
            raise wrong_value("item_id", "only audio of the model's can be truncated")
        if index != 0:
            raise wrong_value("content_index", f"the item has one part, and it is not {index}")
        assert is_integer(end)
        if not 0 <= end <= length:
            message = f"Audio content of {length}ms is already shorter than {end}ms"
            raise ApiError(400, message, param="audio_end_ms", code="invalid_value")
        self.lengths[text(name)] = end
        item["content"] = [{"type": "output_audio"}]
        told: Object = {"item_id": name, "content_index": index, "audio_end_ms": end}
        return [self.say("conversation.item.truncated", **told)]

    # Audio

    def on_input_audio_buffer_append(self, event: Object) -> list[Object]:
        """`input_audio_buffer.append`: no answer, unless speech begins or ends."""
        data, sound, detection = taken(event), self.sound_in(), self.detection()
        if not detection:
            self.turns.take(data, sound)
            return []
        silence, padding = (
            found if is_integer(found := member(detection, name)) else SERVER_VAD[name]
            for name in ("silence_duration_ms", "prefix_padding_ms")
        )
        assert is_integer(silence)
        assert is_integer(padding)
        events: list[Object] = []
        for edge in self.turns.hear(data, sound, silence_ms=silence, padding_ms=padding):
            events += self._begun(edge.ms) if edge.begins else self._ended(edge)
        return events

    def _begun(self, ms: int) -> list[Object]:
        """Speech has begun: whoever speaks is interrupted."""
        name = self.speaking = self.state.new_id("item_", 20)
        started = self.say("input_audio_buffer.speech_started", audio_start_ms=ms, item_id=name)
        if self.active is None or member(self.detection(), "interrupt_response") is False:
            return [started]
        return [started, *self.active.cut("turn_detected")]

    def _ended(self, edge: Edge) -> list[Object]:
        """Speech has ended: it is an item, which is answered."""
        name, self.speaking = self.speaking or self.state.new_id("item_", 20), None
        stopped = self.say("input_audio_buffer.speech_stopped", audio_end_ms=edge.ms, item_id=name)
        events = [stopped, *self._commit(name, edge.length)]
        wanted = member(self.detection(), "create_response") is not False
        if wanted and not self.transcribes and self.active is None:
            try:
                events += self.begin(Telling(self, {}))
            except ApiError as refusal:  # which is of the session's tools: no event asked for it
                events.append(self.error(refusal, None))
        return events

    def on_input_audio_buffer_commit(self, event: Object) -> list[Object]:
        """`input_audio_buffer.commit`."""
        length = self.turns.buffered(self.sound_in())
        if length < _LEAST_MS:
            raise ApiError(
                400,
                f"Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_MS}ms of audio, but buffer only has {length}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        name, self.speaking = self.speaking or self.state.new_id("item_", 20), None
        self.turns.clear()
        return self._commit(name, length)

    def on_input_audio_buffer_clear(self, event: Object) -> list[Object]:
        """`input_audio_buffer.clear`."""
        self.turns.clear()
        self.speaking = None
        return [self.say("input_audio_buffer.cleared")]

    def on_output_audio_buffer_clear(self, event: Object) -> list[Object]:
        """`output_audio_buffer.clear`: what was said last is not heard."""
        name = self.last if self.active is None else self.active.id
        if name is None:
            message = "There is no audio to clear."
            raise ApiError(400, message, code="output_audio_buffer_empty")
        return [self.say("output_audio_buffer.cleared", response_id=name)]

    def _commit(self, name: str, length: int) -> list[Object]:
        """Make an item of what was heard."""
        item: Object = {
            "id": name,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        self.lengths[name] = length
        previous = self.add(item)
        committed = "input_audio_buffer.committed"
        events = [self.say(committed, previous_item_id=previous, item_id=name)]
        events += self.added(dict(item), previous)
        if transcription := self.transcription():
            said = self.scripted.text if self.transcribes else None
            heard = written(self, name, length, transcription, said)
            item["content"] = [{"type": "input_audio", "transcript": heard[-1]["transcript"]}]
            events += heard
        return events


def whole_detection(given: object, param: str) -> Object:
    """How turns are detected, with what the API adds to what is said of it."""
    stated = given if is_object(given) else {}
    kind = stated.get("type") or "server_vad"
    if kind not in _DETECTIONS:
        raise unsupported_value(param, kind, _DETECTIONS)
    usual = _DETECTIONS[text(kind)]
    return {**usual, **{key: value for key, value in stated.items() if value is not None}}


def _merged(old: Object, new: Object) -> Object:
    """`old` with the fields of `new`, objects within it likewise."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if key in _CONTAINERS and is_object(before):
            merged[key] = _merged(before, value if is_object(value) else {})
        else:
            merged[key] = value
    return merged
