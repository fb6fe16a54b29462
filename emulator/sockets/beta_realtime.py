"""`/realtime` as its beta was: other names, a flat session, items that are created at once."""

from typing import Final

from ..http.json_documents import Object, is_array, is_object, member, text
from .realtime import VAD, Realtime
from .sound import Sound

_NAMES: Final = {
    "response.output_text": "response.text",
    "response.output_audio": "response.audio",
    "response.output_audio_transcript": "response.audio_transcript",
}


class BetaRealtime(Realtime):
    """One session of the beta, which asks for it with `OpenAI-Beta: realtime=v1`."""

    kinds = "beta_realtime_socket:RealtimeServerEvent"
    names = _NAMES

    def new_session(self, model: str) -> Object:
        """What a session of the beta says of itself."""
        return {
            "object": "realtime.session",
            "id": self.state.new_id("sess_", 24),
            "model": model,
            "modalities": ["audio", "text"],
            "instructions": "Repeat what was said.",
            "voice": "alloy",
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": None,
            "turn_detection": dict(VAD),
            "tools": [],
            "tool_choice": "auto",
            "temperature": 0.8,
            "max_response_output_tokens": "inf",
        }

    def detection(self) -> object:
        """How turns are found."""
        return self.session.get("turn_detection")

    def transcription(self) -> object:
        """How what the user says is written down."""
        return self.session.get("input_audio_transcription")

    def sound_in(self) -> Sound:
        """The format of what the client sends."""
        return Sound(self.session.get("input_audio_format"))

    def sound_out(self) -> Sound:
        """The format of what it is sent."""
        return Sound(self.session.get("output_audio_format"))

    def modalities(self, wanted: Object) -> list[str]:
        """What a response is made of."""
        found = wanted.get("modalities") or self.session.get("modalities")
        return [text(each) for each in found] if is_array(found) else ["audio", "text"]

    def added(self, item: Object, previous: object) -> list[Object]:
        """Tell that an item is in the conversation."""
        return [self.say("conversation.item.created", previous_item_id=previous, item=item)]

    def output_item(self, item: Object, *, done: bool, previous: object) -> list[Object]:
        """Tell that an item of a response is in the conversation; once."""
        return [] if done else self.added(item, previous)

    def on_transcription_session_update(self, event: Object) -> list[Object]:
        """`transcription_session.update`."""
        session = {key: value for key, value in self.session.items() if key != "tools"}
        given = member(event, "session")
        if is_object(given):
            session |= given
        self.session = self.session | session
        secret = {"value": "ek_emulator", "expires_at": self.state.now() + 60}
        told: Object = {
            key: session[key]
            for key in ("modalities", "input_audio_format", "turn_detection")
            if key in session
        }
        told |= {"client_secret": secret, "input_audio_transcription": self.transcription()}
        return [self.say("transcription_session.updated", session=told)]
