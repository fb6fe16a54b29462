"""Audio for sessions: append events of a chosen length, WAV files in and out.

from api_openai.audio import WavWriter, append_events, audio_of, read_wav
"""

from .client.audio import (
    AudioChunker,
    AudioError,
    AudioFormatName,
    AudioPiece,
    AudioSource,
    WavAudio,
    WavDecoder,
    WavWriter,
    append_events,
    audio_of,
    read_wav,
    wav_bytes,
)

__all__ = [
    "AudioChunker",
    "AudioError",
    "AudioFormatName",
    "AudioPiece",
    "AudioSource",
    "WavAudio",
    "WavDecoder",
    "WavWriter",
    "append_events",
    "audio_of",
    "read_wav",
    "wav_bytes",
]
