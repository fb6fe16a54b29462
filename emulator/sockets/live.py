"""Live sessions, their sideband and their forks, and translations: acknowledged event by event."""

from collections.abc import Iterator
from typing import Final

from ..fake_data.texts import content_text, echo, tokens
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, text
from .conversation import Session, required, wanted_text
from .sound import Sound, taken


class _Spoken(Session):
    """A session that answers what is said with words and sound."""

    transcript = ""
    audio = ""

    def spoken(self, said: str, sound: Sound) -> Iterator[Object]:
        """Words and their sound, in turn."""
        for number, word in enumerate(tokens(said)):
            yield self.made(self.transcript, delta=word)
            yield self.made(self.audio, delta=sound.word(number))


class Live(_Spoken):
    """`/live/sessions`."""

    kinds = "live_socket:ServerEvent"
    transcript = "session.output_transcript.delta"
    audio = "session.output_audio.delta"
    started = True
    """Whether the client starts it."""

    def greeting(self) -> list[Object]:
        """Nothing is said before the client has started the session."""
        self.begun = not self.started
        self.config: Object = {}
        self.heard = 0
        return []

    def answer(self, event: Object) -> list[Object]:
        """Answer one event."""
        if not self.begun and event.get("type") != "session.start":
            message = "The session has not been started: send 'session.start' first."
            raise ApiError(400, message, param="type", code="session_not_started")
        return super().answer(event)

    def error(self, refusal: ApiError, asked: object) -> Object:
        """The event that tells of a refusal."""
        told = super().error(refusal, asked)["error"]
        return self.made("error", error=told)

    def _session(self) -> Object:
        made = self.made("session.started")["session"]
        session = dict(made) if is_object(made) else {}
        known = session.keys()
        return session | {
            key: self.config[key] for key in self.config if key in known and key in _PLAIN
        }

    def on_session_start(self, event: Object) -> list[Object]:
        """`session.start`: once."""
        if self.begun:
            message = "The session was started already."
            raise ApiError(400, message, param="type", code="session_already_started")
        given = required(event, "session")
        self.config = dict(given) if is_object(given) else {}
        self.begun = True
        return [self.made("session.started", session=self._session())]

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`."""
        given = required(event, "session")
        self.config |= given if is_object(given) else {}
        return [self.made("session.updated", session=self._session())]

    def on_session_input_audio_append(self, event: Object) -> list[Object]:
        """`session.input_audio.append`: no answer, until there is silence after sound."""
        data, sound = taken(event), Sound({"type": "audio/pcm", "rate": 24000})
        if not sound.is_silent(data):
            self.heard += len(data)
        elif self.heard:
            self.heard = 0
            said = self.scripted.text or echo("something")
            self.speech = self.spoken(said, sound)
            return [self.made("session.input_transcript.delta", delta="something")]
        return []

    def _acknowledged(self, event: Object, kind: str) -> list[Object]:
        return [self.made(kind)]

    def on_session_input_audio_mute(self, event: Object) -> list[Object]:
        """`session.input_audio.mute`."""
        return self._acknowledged(event, "session.input_audio.muted")

    def on_session_input_audio_unmute(self, event: Object) -> list[Object]:
        """`session.input_audio.unmute`."""
        return self._acknowledged(event, "session.input_audio.unmuted")

    def on_session_instructions_append(self, event: Object) -> list[Object]:
        """`session.instructions.append`: they are taken, and answered."""
        said = content_text(event.get("content")) or text(event.get("text"))
        self.speech = self.spoken(self.scripted.text or echo(said), Sound("audio/pcm"))
        return self._acknowledged(event, "session.instructions.appended")

    def on_session_thinking_append(self, event: Object) -> list[Object]:
        """`session.thinking.append`."""
        return self._acknowledged(event, "session.thinking.appended")

    def on_session_commentary_append(self, event: Object) -> list[Object]:
        """`session.commentary.append`."""
        return self._acknowledged(event, "session.commentary.appended")

    def on_session_output_audio_fixture_play(self, event: Object) -> list[Object]:
        """`session.output_audio.fixture.play`."""
        kinds = ("session.output_audio.fixture.playing", "session.output_audio.fixture.played")
        return [self.made(kind) for kind in kinds]

    def on_decision_create(self, event: Object) -> list[Object]:
        """`decision.create`."""
        return [self.made("decision.event")]

    def on_decision_item_create(self, event: Object) -> list[Object]:
        """`decision.item.create`."""
        return [self.made("decision.item.created")]

    def on_decision_item_delete(self, event: Object) -> list[Object]:
        """`decision.item.delete`."""
        return [self.made("decision.item.deleted")]

    def on_response_item_create(self, event: Object) -> list[Object]:
        """`response.item.create`."""
        required(event, "item")
        return [self.made("response.event", event={"type": "conversation.item.created"})]

    def on_response_create(self, event: Object) -> list[Object]:
        """`response.create`."""
        return [
            self.made("response.event", event={"type": kind})
            for kind in ("response.created", "response.completed")
        ]

    def on_session_close(self, event: Object) -> list[Object]:
        """`session.close`: the server says that it is over, and closes."""
        self.ended = True
        return [self.made("session.closed")]


_PLAIN: Final = frozenset({"instructions", "store", "metadata"})


class Sideband(Live):
    """`/live/sessions/{session_id}/attach`: to a session that goes on elsewhere."""

    kinds = "live_socket:ConnectServerEvent"
    started = False

    def on_transport_dtmf_send(self, event: Object) -> list[Object]:
        """`transport.dtmf.send`."""
        wanted_text(event, "event")
        return [self.made("transport.dtmf.sent")]


class Fork(Live):
    """`/live/sessions/{session_id}/fork`."""

    kinds = "live_socket:ForkServerEvent"


class Translation(_Spoken):
    """`/realtime/translations`: what is heard comes back in another language."""

    kinds = "realtime_socket:RealtimeTranslationServerEvent"
    transcript = "session.output_transcript.delta"
    audio = "session.output_audio.delta"

    def greeting(self) -> list[Object]:
        """Begin a session."""
        self.heard = 0
        return [self.made("session.created")]

    def on_session_update(self, event: Object) -> list[Object]:
        """`session.update`."""
        required(event, "session")
        return [self.made("session.updated")]

    def on_session_input_audio_buffer_append(self, event: Object) -> list[Object]:
        """`session.input_audio_buffer.append`: translated where silence follows sound."""
        data, sound = taken(event), Sound({"type": "audio/pcm", "rate": 24000})
        if not sound.is_silent(data):
            self.heard += len(data)
        elif self.heard:
            self.heard = 0
            self.speech = self.spoken(self.scripted.text or "This is a translation.", sound)
        return []

    def on_session_close(self, event: Object) -> list[Object]:
        """`session.close`."""
        self.ended = True
        return [self.made("session.closed")]
