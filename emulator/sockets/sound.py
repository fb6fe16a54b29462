"""Audio of sessions: what is taken in, and a little of what is given."""

from binascii import Error, a2b_base64, b2a_base64
from typing import Final

from ..http.errors import ApiError
from ..http.json_documents import Object, member, text

_RATES: Final = {"audio/pcm": 24_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
_BETA: Final = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
_SILENCE: Final = {"audio/pcm": b"\0", "audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}
WORD_MS: Final = 40
"""How long a word of the emulator's is."""


class Sound:
    """A format: `audio/pcm`, `audio/pcmu` or `audio/pcma`, at its rate."""

    def __init__(self, stated: object) -> None:
        name = stated if isinstance(stated, str) else text(member(stated, "type"), "audio/pcm")
        self.kind = _BETA.get(name, name)
        if self.kind not in _RATES:
            raise ApiError(400, f"Invalid value: '{name}'.", param="format", code="invalid_value")
        self.width = 2 if self.kind == "audio/pcm" else 1
        rate = member(stated, "rate")
        self.rate = rate if isinstance(rate, int) and rate > 0 else _RATES[self.kind]

    def milliseconds(self, size: int) -> int:
        """How long so many bytes are."""
        return size * 1000 // (self.rate * self.width)

    def is_silent(self, data: bytes) -> bool:
        """Whether nothing can be heard."""
        return not data.strip(_SILENCE[self.kind])

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
    value = event.get(name)
    if not isinstance(value, str):
        raise ApiError(
            400,
            f"Invalid type for '{name}': expected base64 text.",
            param=name,
            code="invalid_type",
        )
    try:
        return a2b_base64(value, strict_mode=True) if value else b""
    except (Error, ValueError):
        raise ApiError(
            400, f"Invalid '{name}': expected base64.", param=name, code="invalid_value"
        ) from None
