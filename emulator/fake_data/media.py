"""Bytes that stand for audio, images, video and archives: short, and of the format they say."""

import struct
from base64 import b64decode
from typing import Final

PNG_TEXT: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""One pixel, in base64."""

PNG: Final = b64decode(PNG_TEXT)
"""One pixel."""

MP4: Final = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp41") + struct.pack(
    ">I4s", 8, b"mdat"
)
"""A video without frames: the box of the file's type, and one for data."""

ZIP: Final = b"PK\x05\x06" + bytes(18)
"""An archive of no files."""

SDP: Final = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n"
)
"""The answer to an offer of a call."""


def wav(samples: int = 240, rate: int = 24_000) -> bytes:
    """Return silence, as 16-bit mono."""
    data = bytes(2 * samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def mp3(frames: int = 2) -> bytes:
    """Return silence, as frames of MPEG-1 layer III, 128 kbit/s at 44.1 kHz."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def audio(kind: str) -> tuple[str, bytes]:
    """Return the content type and the bytes of some audio of a format."""
    match kind:
        case "wav":
            return "audio/wav", wav()
        case "pcm":
            return "audio/pcm", bytes(480)
        case "opus":
            return "audio/opus", b"OggS" + bytes(23)
        case "flac":
            return "audio/flac", b"fLaC" + bytes([0x80, 0, 0, 34]) + bytes(34)
        case "aac":
            return "audio/aac", (b"\xff\xf1\x50\x80\x01\x1f\xfc" + bytes(1)) * 2
        case _:
            return "audio/mpeg", mp3()


def sample(name: str) -> tuple[str, bytes]:
    """Return the content type and the bytes of what the operation `name` answers."""
    area = name.partition(".")[0]
    match area:
        case "videos":
            return "video/mp4", MP4
        case "skills":
            return "application/zip", ZIP
        case "realtime":
            return "application/sdp", SDP
        case "live" | "audio":
            return "audio/wav", wav()
        case _:
            return "application/octet-stream", b"An example of what the emulator has here.\n"
