"""Bytes of HTTP answers, for servers that are scripted byte by byte."""

import json
from typing import Any

EVENTS = "content-type: text/event-stream"
JSON = "content-type: application/json"


def head(status: str, *fields: str, version: str = "1.1") -> bytes:
    """The head of an answer: status with its reason, and header lines."""
    lines = [f"HTTP/{version} {status}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def document(value: Any) -> bytes:
    """A body: bytes as they are, anything else as JSON."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def answer(body: Any = b"", *fields: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    """A whole answer with a content-length; JSON unless the fields say otherwise."""
    data = document(body)
    if not any(field.lower().startswith("content-type") for field in fields):
        fields = (JSON, *fields)
    return head(status, *fields, f"content-length: {len(data)}", version=version) + data


def chunk(data: bytes) -> bytes:
    """One chunk of the chunked transfer coding."""
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"
"""The last chunk."""


def chunked(*parts: bytes, fields: tuple[str, ...] = (JSON,), status: str = "200 OK") -> bytes:
    """A whole answer in the chunked transfer coding."""
    body = b"".join(chunk(part) for part in parts)
    return head(status, *fields, "transfer-encoding: chunked") + body + END


def event(value: Any, name: str | None = None) -> bytes:
    """One server-sent event with a JSON document (or text, given as bytes) as its data."""
    prefix = b"" if name is None else f"event: {name}\n".encode()
    return prefix + b"data: " + document(value) + b"\n\n"


DONE = b"data: [DONE]\n\n"
