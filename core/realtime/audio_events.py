"""Audio in the events of a session: bytes are cut into events of one length, events give bytes.

An `AudioChunker` holds back less than one event. The same bytes give the same events however they
were split. The length of an event is a whole number of samples, so none is cut in two.
"""

from __future__ import annotations

from binascii import Error as NoBase64
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypedDict, TypeVar, cast, overload

from ..http.body_readers import as_piece
from ..json.values import is_mapping
from .audio_formats import AudioError, AudioFormatName, audio_format, sample_rate, whole

if TYPE_CHECKING:
    from typing import Unpack

    from ..api.params.live_socket import InputAudioAppendEventParam
    from ..api.params.realtime_socket import (
        InputAudioBufferAppendEventParam,
        RealtimeTranslationInputAudioBufferAppendEventParam,
    )

__all__ = ["MILLISECONDS", "AppendType", "AudioChunker", "Cut", "audio_of"]

E = TypeVar("E")

AppendType = Literal[
    "input_audio_buffer.append", "session.input_audio.append", "session.input_audio_buffer.append"
]
"""Events that bring audio to a session: a realtime one, a live one, a translation."""

MILLISECONDS: Final = 100
"""How much audio an event holds where nothing else is said."""

_APPEND: Final[dict[str, str]] = {
    "input_audio_buffer.append": "audio",
    "session.input_audio.append": "audio",
    "session.input_audio_buffer.append": "audio",
}
_HOLDS_AUDIO: Final = {
    "response.output_audio.delta": "delta",
    "response.audio.delta": "delta",
    "session.output_audio.delta": "delta",
    "speech.audio.delta": "audio",
    **_APPEND,
}
"""Types of events, and the field of each that is audio in base64."""


class Cut(TypedDict, total=False):
    """How audio is cut into events: by time or by bytes."""

    milliseconds: int
    """Of audio in an event, 100 unless said otherwise; rounded down to whole samples."""
    size: int
    """Bytes of audio in an event, instead of `milliseconds`."""
    format: AudioFormatName
    rate: int | None
    """Samples in a second; `None` is the usual rate of the format."""


class AudioChunker(Generic[E]):
    """Cuts audio that comes in pieces of any lengths into append events of one length.

    Feed it as the audio comes, and send the events that `feed` returns; `finish` returns the last.
    """

    __slots__ = ("_held", "_width", "size", "type")

    @overload
    def __init__(
        self: AudioChunker[InputAudioBufferAppendEventParam],
        *,
        event_type: Literal["input_audio_buffer.append"] = ...,
        **cut: Unpack[Cut],
    ) -> None: ...
    @overload
    def __init__(
        self: AudioChunker[InputAudioAppendEventParam],
        *,
        event_type: Literal["session.input_audio.append"],
        **cut: Unpack[Cut],
    ) -> None: ...
    @overload
    def __init__(
        self: AudioChunker[RealtimeTranslationInputAudioBufferAppendEventParam],
        *,
        event_type: Literal["session.input_audio_buffer.append"],
        **cut: Unpack[Cut],
    ) -> None: ...
    def __init__(
        self,
        *,
        event_type: AppendType = "input_audio_buffer.append",
        milliseconds: int | None = None,
        size: int | None = None,
        format: AudioFormatName = "audio/pcm",
        rate: int | None = None,
    ) -> None:
        if event_type not in _APPEND:
            known = ", ".join(map(repr, _APPEND))
            raise ValueError(f"event_type: expected one of {known}, got {event_type!r}")
        kind = audio_format(format)
        hertz = sample_rate(rate, kind)
        if size is None:
            time = whole(
                "milliseconds", MILLISECONDS if milliseconds is None else milliseconds, "ms"
            )
            size = max(hertz * time // 1000, 1) * kind.width
        elif milliseconds is not None:
            raise TypeError("milliseconds, size: expected one of them, got both")
        elif whole("size", size, "bytes") % kind.width:
            raise ValueError(
                f"size: expected a multiple of {kind.width}, the bytes of a sample of {kind.title}, "
                f"got {size}"
            )
        self.type: Final = event_type
        self.size: Final = size
        """Bytes of audio in each event but the last."""
        self._width = kind.width
        self._held = bytearray()

    def feed(self, audio: bytes | bytearray | memoryview) -> list[E]:
        """Take audio; return the events that are full."""
        held, size = self._held, self.size
        held += as_piece(audio, "audio")
        whole = len(held) // size * size
        events = [self._event(held[at : at + size]) for at in range(0, whole, size)]
        del held[:whole]
        return events

    def finish(self) -> list[E]:
        """Return what is held back as an event, the last and perhaps a shorter one; begin anew.

        `AudioError` when that ends in the middle of a sample.
        """
        rest = bytes(self._held)
        self._held.clear()
        check_end(len(rest), self._width)
        return [self._event(rest)] if rest else []

    def _event(self, audio: bytes | bytearray) -> E:
        text = b2a_base64(audio, newline=False).decode("ascii")
        return cast("E", {"type": self.type, "audio": text})


def check_end(size: int, width: int) -> None:
    """Raise if `size` bytes end in the middle of a sample of `width` bytes."""
    if size % width:
        raise AudioError(
            f"the audio ends in the middle of a sample: {size} bytes at its end are no whole number "
            f"of samples of {width} bytes"
        )


def audio_of(event: object) -> bytes:
    """Return the audio in an event that a session sent, or that is sent to one.

    The event is typed, `Unknown` or a dict; `ValueError` if it is of a type without audio.
    """
    fields: Any = event if is_mapping(event) else None
    kind: object = getattr(event, "type", None) if fields is None else fields.get("type")
    if not isinstance(kind, str):
        raise TypeError(f"event: expected an event with audio, got {type(event).__name__}")
    field = _HOLDS_AUDIO.get(kind)
    if field is None:
        known = ", ".join(map(repr, _HOLDS_AUDIO))
        raise ValueError(f"event: expected one of {known}, got {kind!r}")
    text: object = getattr(event, field, None) if fields is None else fields.get(field)
    if not isinstance(text, str):
        got = "nothing" if text is None else type(text).__name__
        raise AudioError(f"{kind}: expected base64 text in `{field}`, got {got}")
    try:
        return a2b_base64(text, strict_mode=True)
    except NoBase64 as error:
        complaint = str(error)
    except ValueError:
        complaint = "characters beyond ASCII"
    # Out here, or the error would keep the one before it.
    raise AudioError(f"{kind}: `{field}` is not base64: {complaint}")
