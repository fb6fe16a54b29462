"""`/realtime` as its beta was: other names, a flat session, items that are created at once."""

from typing import Final

from ..http.errors import unsupported_value
from ..http.json_documents import Object, is_array, is_object, text
from ..requests.event_checks import check_tagged
from .realtime import SERVER_VAD, Realtime, whole_detection
from .sound import BETA_FORMATS, Sound
from .speaking import voice_of

_NAMES: Final = {
    "response.output_text": "response.text",
    "response.output_audio": "response.audio",
    "response.output_audio_transcript": "response.audio_transcript",
}
_OF_TRANSCRIPTION: Final = (
    "modalities",
    "input_audio_format",
    "input_audio_transcription",
    "turn_detection",
)
_SECRETS: Final = ("client_secret",)
"""What is not said again."""


class BetaRealtime(Realtime):
    """One session of the beta, which asks for it with `OpenAI-Beta: realtime=v1`."""

    kinds = "beta_realtime_socket:RealtimeServerEvent"
    asked = ("beta_realtime_socket:RealtimeClientEventParam",)
    names = _NAMES

    def greeting(self) -> list[Object]:
        """Begin a session, and its conversation."""
        session = super().greeting()
        if self.ended is not None:
            return session
        about = {"id": self.conversation, "object": "realtime.conversation"}
        return [*session, self.say("conversation.created", conversation=about)]

    def new_session(self, model: str) -> Object:
        """What a session of the beta says of itself."""
        return {
            "object": "realtime.session",
            "id": self.state.new_id("sess_", 24),
            "model": model,
            "expires_at": self.state.now() + 3600,
            "modalities": ["audio", "text"],
            "instructions": "Repeat what was said.",
            "voice": "alloy",
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": None,
            "turn_detection": dict(SERVER_VAD),
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

    def sound_for(self, wanted: Object) -> Sound:
        """The format of what the client is sent in a response."""
        stated = wanted.get("output_audio_format")
        _check_format(stated, "response.output_audio_format")
        return Sound(stated or self.session.get("output_audio_format"))

    def modalities(self, wanted: Object) -> list[str]:
        """What a response is made of."""
        found = wanted.get("modalities") or self.session.get("modalities")
        return [text(each) for each in found] if is_array(found) else ["audio", "text"]

    def most_tokens(self, wanted: Object) -> object:
        """After how many tokens a response ends."""
        own = wanted.get("max_response_output_tokens") or wanted.get("max_output_tokens")
        return own or self.session.get("max_response_output_tokens")

    def response_fields(self, wanted: Object) -> Object:
        """What a response says of how it is made."""
        names = ("voice", "output_audio_format", "temperature")
        fields = {name: wanted.get(name) or self.session.get(name) for name in names}
        return {
            **fields,
            "voice": voice_of(fields["voice"]),
            "modalities": self.modalities(wanted),
            "max_output_tokens": self.most_tokens(wanted) or "inf",
        }

    def added(self, item: Object, previous: object) -> list[Object]:
        """Tell that an item is in the conversation."""
        return [self.say("conversation.item.created", previous_item_id=previous, item=item)]

    def output_item(self, item: Object, *, done: bool, previous: object) -> list[Object]:
        """Tell that an item of a response is in the conversation; once."""
        return [] if done else self.added(item, previous)

    def on_transcription_session_update(self, event: Object) -> list[Object]:
        """`transcription_session.update`: of the session, only what is about transcription."""
        given = event["session"]
        assert is_object(given)
        self.session = self.updated(given)
        told: Object = {name: self.session.get(name) for name in _OF_TRANSCRIPTION}
        told["client_secret"] = {"value": "ek_emulator", "expires_at": self.state.now() + 60}
        return [self.say("transcription_session.updated", session=told)]

    def updated(self, given: Object) -> Object:
        """The session with what is `given` of it; `ApiError` where that cannot be."""
        for name in ("input_audio_format", "output_audio_format"):
            _check_format(given.get(name), f"session.{name}")
        given = {key: value for key, value in given.items() if key not in _SECRETS}
        if "voice" in given:
            given["voice"] = voice_of(given["voice"])
        self.check_voice(given.get("voice"), self.session["voice"])
        check_tagged(given.get("tools"), "session.tools")
        detection = given.get("turn_detection")
        if detection is not None:
            given["turn_detection"] = whole_detection(detection, "session.turn_detection.type")
        return self.session | given


def _check_format(name: object, param: str) -> None:
    if name is not None and name not in BETA_FORMATS:
        raise unsupported_value(param, name, BETA_FORMATS)
