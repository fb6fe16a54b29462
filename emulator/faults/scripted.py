"""What a script can put into an answer."""

import msgspec


class Scripted(msgspec.Struct, frozen=True, kw_only=True):
    """What a script decided about the content of an answer."""

    text: str | None = None
    call: tuple[str, str] | None = None
    """A function's name and its arguments as JSON."""
