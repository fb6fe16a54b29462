"""Content that a script puts into an answer: a text, or the call of a function."""

import msgspec


class Scripted(msgspec.Struct, frozen=True, kw_only=True):
    """What a script decided about the content of an answer."""

    text: str | None = None
    call: tuple[str, str] | None = None
    """A function's name and its arguments as JSON."""
