"""The formats in which sessions take and give audio: one channel, no header, sample after sample."""

from typing import Final, Literal, NamedTuple

from ..terms.base_errors import OpenAIError

__all__ = [
    "FORMATS",
    "AudioError",
    "AudioFormat",
    "AudioFormatName",
    "audio_format",
    "sample_rate",
    "whole",
]

AudioFormatName = Literal[
    "audio/pcm", "audio/pcmu", "audio/pcma", "pcm16", "g711_ulaw", "g711_alaw"
]
"""A format by its name in a session, or in the beta of sessions."""

_MAX_RATE: Final = 1_000_000


class AudioError(OpenAIError, ValueError):
    """Audio that is damaged, cut short, or in a format that was not expected."""


class AudioFormat(NamedTuple):
    """One format."""

    name: AudioFormatName
    title: str
    width: int
    """Bytes of a sample."""
    rate: int
    """Samples in a second, where nothing else is said."""
    tag: int
    """Its number in WAV files."""


FORMATS: Final = (
    AudioFormat("audio/pcm", "16-bit PCM", 2, 24000, 1),
    AudioFormat("audio/pcmu", "8-bit mu-law", 1, 8000, 7),
    AudioFormat("audio/pcma", "8-bit A-law", 1, 8000, 6),
)
_BY_NAME: Final[dict[object, AudioFormat]] = {
    **{each.name: each for each in FORMATS},
    **dict(zip(("pcm16", "g711_ulaw", "g711_alaw"), FORMATS, strict=True)),
}


def audio_format(name: object) -> AudioFormat:
    """Return the format that the argument `format` names."""
    found = _BY_NAME.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"format: expected one of {', '.join(map(repr, _BY_NAME))}, got {name!r}")
    return found


def sample_rate(rate: object, format: AudioFormat) -> int:
    """Return the argument `rate`, or the usual rate of the format for `None`."""
    return format.rate if rate is None else whole("rate", rate, "hertz", _MAX_RATE)


def whole(name: str, value: object, unit: str, most: int | None = None) -> int:
    """Return the argument `name` if it is a whole number from 1 to `most`."""
    limit = "" if most is None else f" up to {most}"
    if isinstance(value, bool) or not isinstance(value, int):
        kind = type(value).__name__
        raise TypeError(f"{name}: expected a whole number of {unit}{limit}, got {kind}")
    if value < 1 or (most is not None and value > most):
        raise ValueError(f"{name}: expected a positive number of {unit}{limit}, got {value}")
    return value
