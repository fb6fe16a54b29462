"""Audio of sessions: what is taken in, and a little of what is given."""

from array import array
from binascii import Error, a2b_base64, b2a_base64
from sys import byteorder
from typing import Final

from ..http.errors import unsupported_value, wrong_value
from ..http.json_documents import Object, member, text

_RATES: Final = {"audio/pcm": 24_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
BETA_FORMATS: Final = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
"""Formats by the names that they had in the beta."""
_FAINT: Final = 327
"""The highest sample of 16 bits that counts as silence: a hundredth of the scale."""
_SILENT: Final = {
    "audio/pcmu": bytes(code for code in range(256) if ~code & 0x7F < 30),
    "audio/pcma": bytes(code for code in range(256) if (code ^ 0x55) & 0x7F < 20),
}
"""Codes of G.711 of about as little."""
WORD_MS: Final = 40
"""How long a word of the emulator's is."""


class Sound:
    """A format: `audio/pcm`, `audio/pcmu` or `audio/pcma`, at its rate."""

    def __init__(self, stated: object) -> None:
        name = stated if isinstance(stated, str) else text(member(stated, "type"), "audio/pcm")
        self.kind = BETA_FORMATS.get(name, name)
        if self.kind not in _RATES:
            raise unsupported_value("format", name, _RATES)
        self.width = 2 if self.kind == "audio/pcm" else 1
        rate = member(stated, "rate")
        self.rate = rate if isinstance(rate, int) and rate > 0 else _RATES[self.kind]

    def milliseconds(self, size: int) -> int:
        """How long so many bytes are."""
        return size * 1000 // (self.rate * self.width)

    def size(self, milliseconds: int) -> int:
        """How many bytes so many milliseconds are."""
        return max(1, self.rate * milliseconds // 1000) * self.width

    def is_silent(self, data: bytes) -> bool:
        """Whether nothing can be heard."""
        if self.width == 1:
            return not data.translate(None, _SILENT[self.kind])
        samples = array("h", data[: len(data) & ~1])
        if byteorder == "big":
            samples.byteswap()
        return not samples or (max(samples) <= _FAINT and min(samples) >= -_FAINT)

    def word(self, number: int) -> str:
        """A word in base64: a tone that is another one for each number."""
        size = self.rate * WORD_MS // 1000
        if self.width == 1:
            return _text(bytes((at * (3 + number % 5)) & 0x7F for at in range(size)))
        step = 200 + 50 * (number % 8)
        samples = (
            ((at * step) % 8192 - 4096).to_bytes(2, "little", signed=True) for at in range(size)
        )
        return _text(b"".join(samples))


def _text(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def taken(event: Object, name: str = "audio") -> bytes:
    """The bytes that an event carries; `ApiError` where they are no base64."""
    value = text(event.get(name))
    try:
        return a2b_base64(value, strict_mode=True) if value else b""
    except (Error, ValueError):
        raise wrong_value(name, "expected base64") from None
