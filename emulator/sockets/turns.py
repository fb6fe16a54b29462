"""Where speech begins and ends in the audio that a client sends: turn detection of a server.

Audio is looked at in windows of 10 ms, each silent or not. Speech begins with one that is not, and
ends when silence has lasted.
"""

from typing import Final, NamedTuple

from .sound import Sound

_WINDOW_MS: Final = 10


class Edge(NamedTuple):
    """A place in the audio of a session, in milliseconds, where speech begins or ends."""

    begins: bool
    ms: int
    length: int = 0
    """Of an end: how long the turn was."""


class Turns:
    """The ear of one session."""

    def __init__(self) -> None:
        self.now = 0
        """Milliseconds of whole windows heard so far."""
        self.speaking = False
        self._rest = bytearray()
        self._began = 0
        """Where the buffer begins: what was before is committed, or cleared."""
        self._quiet = 0

    def hear(
        self, data: bytes, sound: Sound, *, silence_ms: int, padding_ms: int = 0
    ) -> list[Edge]:
        """Take audio, and return where turns begin and end in it.

        Speech begins `padding_ms` before it is heard, and ends after `silence_ms` of silence.
        """
        found: list[Edge] = []
        for window in self._windows(data, sound):
            self.now += _WINDOW_MS
            if not sound.is_silent(window):
                self._quiet = 0
                if not self.speaking:
                    self.speaking = True
                    self._began = max(self._began, self.now - _WINDOW_MS - padding_ms)
                    found.append(Edge(True, self._began))
            elif self.speaking:
                self._quiet += _WINDOW_MS
                if self._quiet >= silence_ms:
                    self.speaking = False
                    found.append(Edge(False, self.now, self.now - self._began))
                    self._began = self.now
        return found

    def take(self, data: bytes, sound: Sound) -> None:
        """Take audio without a look at it."""
        self.now += _WINDOW_MS * len(self._windows(data, sound))

    def _windows(self, data: bytes, sound: Sound) -> list[bytes]:
        size = sound.size(_WINDOW_MS)
        rest = self._rest
        rest += data
        whole = len(rest) - len(rest) % size
        windows = [bytes(rest[at : at + size]) for at in range(0, whole, size)]
        del rest[:whole]
        return windows

    def buffered(self, sound: Sound) -> int:
        """How many milliseconds there are that are not committed."""
        return self.now - self._began + sound.milliseconds(len(self._rest))

    def clear(self) -> None:
        """Forget what is in the buffer."""
        self._rest.clear()
        self._began = self.now
        self.speaking = False
        self._quiet = 0
