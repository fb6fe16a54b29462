"""Dialects of servers: what a codec has learnt to decode at the speed of C, beyond its type.

Servers that speak the API add fields of their own, and add the same ones to every answer. Answers
that fit the type in all but unknown fields are made by salvage, in Python. After some of these, the
type of one is made (`readings`) that has the very classes which salvage chose, and msgspec decodes
with it from then on. What no learnt type fits goes to salvage as ever.

Learning takes about a millisecond. It comes less often each time, so that a server whose fields
are never twice the same costs little more than salvage does; so do attempts that are in vain.
"""

from typing import Any, Final

import msgspec

from ..terms.json_text import REFUSALS
from ..terms.nesting import decoder
from .annotations import to_foreign
from .readings import UnreadableError, fitted

__all__ = ["MAX_DIALECTS", "MAX_PATIENCE", "Dialects"]

MAX_PATIENCE: Final = 2048
"""Answers with unknown fields, the last of which is learnt from, once learning has come often."""
MAX_DIALECTS: Final = 4
"""Dialects that a codec knows."""

_TRUSTED: Final = 3
"""How often in succession a dialect that was not tried first is the right one before it is."""
_VAIN: Final = 16
"""Attempts in vain after which no dialect is tried for a while."""
_WORTH: Final = 8
"""Attempts in vain that are worth one success."""
_PAUSE: Final = 32
"""Answers for which no dialect is tried."""

_turn: Final = [None]
"""Whose turn it is to learn: who has taken the only element out. Learning is for one at a time."""


class Dialect:
    """A type and its decoder; the first of a codec is the type itself."""

    __slots__ = ("decode", "kind", "used")

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.decode = decoder(kind, to_foreign)
        self.used = True
        """Whether an answer was decoded with it since the last learning."""


class Dialects:
    """The dialects that one codec knows.

    Several threads use it at once. What they change are single attributes, and any of them may be
    lost to another thread's: then a dialect is found a little later, or learnt again.
    """

    __slots__ = ("_last", "_learnt", "_pause", "_plain", "_streak", "_vain", "first", "patience")

    def __init__(self, kind: Any, patience: int) -> None:
        self._plain = self.first = self._last = Dialect(kind)
        self._learnt: tuple[Dialect, ...] = ()
        self._streak = self._vain = self._pause = 0
        self.patience = patience
        """After how many more answers with unknown fields to learn."""

    def decode(self, data: bytes) -> Any:
        """Decode what the first dialect has refused with another; `UNSET` if none fits."""
        known = (self._plain,) if self._pause else (self._plain, *self._learnt)
        others = [each for each in known if each is not self.first]
        for dialect in others:
            try:
                value = dialect.decode(data)
            except REFUSALS:
                continue
            self._succeeded(dialect)
            return value
        self._failed(len(others))
        return msgspec.UNSET

    def _succeeded(self, dialect: Dialect) -> None:
        dialect.used = True
        self._vain = max(0, self._vain - _WORTH)
        self._streak = self._streak + 1 if dialect is self._last else 1
        self._last = dialect
        if self._streak >= _TRUSTED:
            self.first, self._streak = dialect, 0

    def _failed(self, attempts: int) -> None:
        self._streak = 0
        if self._pause:
            self._pause -= 1
            return
        self._vain += attempts
        if self._vain >= _VAIN:
            self._vain, self._pause = 0, _PAUSE
            self.first = self._plain

    def learn(self, value: object, data: bytes) -> None:
        """Learn the dialect of a document that salvage made `value` of, if there is one to learn."""
        try:
            token = _turn.pop()
        except IndexError:
            return
        try:
            self.patience = min(2 * self.patience, MAX_PATIENCE)
            self._pause = 0
            if self.decode(data) is not msgspec.UNSET:  # it came in the pause
                return
            new = self._made(value, data)
            if new is not None:
                kept = [each for each in self._learnt if each.used or each is self.first]
                self._learnt = (new, *kept[: MAX_DIALECTS - 1])
                for each in self._learnt:
                    each.used = False
                if self.first not in self._learnt:
                    self.first = self._plain
                self._vain = 0
        finally:
            _turn.append(token)

    def _made(self, value: object, data: bytes) -> Dialect | None:
        plain = self._plain.kind
        for before in [*(each.kind for each in self._learnt[:1]), plain]:
            try:
                kind = fitted(plain, value, before)
                if kind is plain:
                    return None
                dialect = Dialect(kind)
                return dialect if dialect.decode(data) == value else None
            except UnreadableError:
                continue
            except Exception:  # whatever msgspec has against it, the answer is there
                return None
        return None
