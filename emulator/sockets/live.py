"""Live sessions, their sideband and their forks: acknowledged event by event, and spoken in."""

from collections.abc import Iterator
from typing import Final

from ...core.websocket.events import Close
from ..fake_data.texts import echo, tokens
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, text
from .conversation import Session
from .sound import WORD_MS, Sound, taken
from .turns import Turns

SESSIONS: Final = "/live/sessions"
_SILENCE_MS: Final = 200
_UNHEARD: Final = "something"
"""What was said, as the emulator hears it."""


class Live(Session):
    """`/live/sessions`."""

    kinds = "live_socket:ServerEvent"
    asked = ("live_socket:ClientEventParam",)
    waits = True
    """Whether the client starts the session."""

    def greeting(self) -> list[Object]:
        """Nothing is said before the client has started the session."""
        self.begun = not self.waits
        self.turns = Turns()
        self.muted = False
        self._spoken_ms = 0
        self._asking: object = None
        self.session: Object = {
            "id": self.session_id(),
            "expires_at": self.state.now() + 3600,
            "model": "gpt-live-1",
            "status": "active",
        }
        return []

    def session_id(self) -> str:
        """What the session is called."""
        return self.state.new_id("sess_", 24)

    def answer(self, event: Object) -> list[Object]:
        """Answer one event."""
        self._asking = event.get("event_id")
        if not self.begun and event.get("type") != "session.start":
            message = "The session has not been started: send 'session.start' first."
            raise ApiError(400, message, param="type", code="session_not_started")
        return super().answer(event)

    def error(self, refusal: ApiError, asked: object) -> Object:
        """The event that tells of a refusal."""
        told: Object = {"type": refusal.kind, "code": refusal.code or "invalid_request"}
        told |= {"message": refusal.message, "param": refusal.param}
        return self.reply("error", error=told, client_event_id=text(asked) or None)

    def reply(self, kind: str, **fields: object) -> Object:
        """An event that answers one of the client's."""
        known = {field.name for field in self.fields_of(kind)}
        if isinstance(self._asking, str) and "client_event_id" in known:
            fields = {"client_event_id": self._asking, **fields}
        return self.made(kind, **fields)

    def on_session_start(self, event: Object) -> list[Object]:
        """`session.start`: once."""
        if self.begun:
            message = "The session was started already."
            raise ApiError(400, message, param="type", code="session_already_started")
        self.begun = True
        self.session = self.configured(self.session, event, "session.started")
        self.state.objects.put(SESSIONS, text(self.session["id"]), self.session, created=True)
        return [self.reply("session.started", session=self.session)]

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`."""
        self.session = self.configured(self.session, event, "session.updated")
        return [self.reply("session.updated", session=self.session)]

    def on_session_input_audio_append(self, event: Object) -> list[Object]:
        """`session.input_audio.append`: no answer, until there is silence after sound."""
        data, sound = taken(event), _SOUND
        if self.muted:
            self.turns.take(data, sound)
            return []
        events: list[Object] = []
        for edge in self.turns.hear(data, sound, silence_ms=_SILENCE_MS):
            if edge.begins:
                continue
            where = {"start_ms": edge.ms - edge.length, "end_ms": edge.ms}
            events.append(self.made("session.input_transcript.delta", delta=_UNHEARD, **where))
            self.speak_of(_UNHEARD)
        return events

    def speak_of(self, said: str) -> None:
        """Answer with words and their sound."""
        self.tell(self._spoken(self.scripted.text or echo(said)))

    def _spoken(self, said: str) -> Iterator[Object]:
        for number, word in enumerate(tokens(said)):
            where = {"start_ms": self._spoken_ms, "end_ms": self._spoken_ms + WORD_MS}
            self._spoken_ms += WORD_MS
            yield self.made("session.output_transcript.delta", delta=word, **where)
            yield self.made("session.output_audio.delta", delta=_SOUND.word(number), **where)

    def on_session_input_audio_mute(self, event: Object) -> list[Object]:
        """`session.input_audio.mute`: what is heard from here on is not listened to."""
        self.muted = True
        return [self.reply("session.input_audio.muted")]

    def on_session_input_audio_unmute(self, event: Object) -> list[Object]:
        """`session.input_audio.unmute`."""
        self.muted = False
        return [self.reply("session.input_audio.unmuted")]

    def _appended(self, kind: str) -> list[Object]:
        now = self.turns.now
        return [self.reply(kind, start_ms=now, end_ms=now)]

    def on_session_instructions_append(self, event: Object) -> list[Object]:
        """`session.instructions.append`: they are taken, and answered."""
        self.speak_of(text(event["content"]))
        return self._appended("session.instructions.appended")

    def on_session_thinking_append(self, event: Object) -> list[Object]:
        """`session.thinking.append`."""
        return self._appended("session.thinking.appended")

    def on_session_commentary_append(self, event: Object) -> list[Object]:
        """`session.commentary.append`."""
        return self._appended("session.commentary.appended")

    def on_session_output_audio_fixture_play(self, event: Object) -> list[Object]:
        """`session.output_audio.fixture.play`."""
        taken(event)
        kinds = ("session.output_audio.fixture.playing", "session.output_audio.fixture.played")
        return [self.reply(kind) for kind in kinds]

    def on_decision_create(self, event: Object) -> list[Object]:
        """`decision.create`."""
        return [self.reply("decision.event", source_event_id=event["event_id"])]

    def on_decision_item_create(self, event: Object) -> list[Object]:
        """`decision.item.create`."""
        return [self.reply("decision.item.created")]

    def on_decision_item_delete(self, event: Object) -> list[Object]:
        """`decision.item.delete`."""
        return [self.reply("decision.item.deleted", item_id=event["item_id"])]

    def on_response_item_create(self, event: Object) -> list[Object]:
        """`response.item.create`."""
        told = {"type": "conversation.item.created", "item": event["item"]}
        return [self.reply("response.event", event=told)]

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`."""
        kinds = ("response.created", "response.completed")
        return [self.reply("response.event", event={"type": kind}) for kind in kinds]

    def on_session_close(self, event: Object) -> list[Object]:
        """`session.close`: the server says that it is over, and closes."""
        self.ended = Close(1000)
        usage = {"seconds": self.turns.now / 1000}
        about: Object = {"reason": "close_requested", "session": self.session, "usage": usage}
        return [self.reply("session.closed", **about)]


class Sideband(Live):
    """`/live/sessions/{session_id}/attach`: to a session that goes on elsewhere."""

    kinds = "live_socket:ConnectServerEvent"
    asked = ("live_socket:ConnectClientEventParam",)
    waits = False

    def session_id(self) -> str:
        """What the session is called: as its path says."""
        return self.path[2]

    def on_transport_dtmf_send(self, event: Object) -> list[Object]:
        """`transport.dtmf.send`."""
        return [self.reply("transport.dtmf.sent", event=event["event"])]


class Fork(Live):
    """`/live/sessions/{session_id}/fork`."""

    kinds = "live_socket:ForkServerEvent"
    asked = ("live_socket:ForkClientEventParam",)


class Translation(Session):
    """`/realtime/translations`: what is heard comes back in another language."""

    kinds = "realtime_socket:RealtimeTranslationServerEvent"
    asked = ("realtime_socket:RealtimeTranslationClientEventParam",)

    def greeting(self) -> list[Object]:
        """Begin a session."""
        self.turns = Turns()
        created = self.made("session.created")
        session = created["session"]
        self.session: Object = session if is_object(session) else {}
        return [created]

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`."""
        self.session = self.configured(self.session, event, "session.updated")
        return [self.say("session.updated", session=self.session)]

    def on_session_input_audio_buffer_append(self, event: Object) -> list[Object]:
        """`session.input_audio_buffer.append`: translated where silence follows sound."""
        for edge in self.turns.hear(taken(event), _SOUND, silence_ms=_SILENCE_MS):
            if not edge.begins:
                self.tell(self._spoken())
        return []

    def _spoken(self) -> Iterator[Object]:
        said = self.scripted.text or "This is a translation."
        when = self.turns.now
        sound = {"sample_rate": _SOUND.rate, "channels": 1, "format": "pcm16"}
        for number, word in enumerate(tokens(said)):
            delta = "session.output_transcript.delta"
            yield self.say(delta, delta=word, elapsed_ms=when)
            audio = _SOUND.word(number)
            yield self.say("session.output_audio.delta", delta=audio, elapsed_ms=when, **sound)

    def on_session_close(self, event: Object) -> list[Object]:
        """`session.close`: what was being said is translated before."""
        self.ended = Close(1000)
        rest = list(self._spoken()) if self.turns.speaking else []
        return [*rest, self.say("session.closed")]


_SOUND: Final = Sound({"type": "audio/pcm", "rate": 24_000})
"""What is heard and said in them."""
