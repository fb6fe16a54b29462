"""Reads forms with the parser of the standard library."""

import re
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple


class Got(NamedTuple):
    """One part of a form."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


def parse(data: bytes, content_type: str | None) -> list[Got]:
    """Read a form; its parts in order."""
    assert content_type is not None
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + data)
    assert not message.defects
    return [_part(part) for part in message.walk() if part is not message]


def _part(part: Message) -> Got:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    head = dict(part.raw_items())["Content-Disposition"].encode("ascii", "surrogateescape").decode()
    found = re.fullmatch(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?', head)
    assert found is not None
    kind = part["content-type"]
    return Got(found[1], content, found[2], kind and str(kind))
