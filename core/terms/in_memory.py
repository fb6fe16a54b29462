"""Reads bytes that are in memory as text or JSON."""

from typing import Any, Protocol


class _HasBytes(Protocol):
    @property
    def content(self) -> bytes: ...


class InMemory:
    """What has a body in memory, as `content`."""

    __slots__ = ()

    @property
    def text(self: _HasBytes) -> str:
        """The bytes as UTF-8 text, with replacement characters for what is none."""
        return self.content.decode("utf-8", "replace")

    def read(self: _HasBytes) -> bytes:
        """Return the bytes."""
        return self.content

    def json(self: _HasBytes) -> Any:
        """Return the bytes decoded as JSON, unchecked; `ValueError` when they are none."""
        from .json_text import decode_json

        return decode_json(self.content)
