"""Methods written by hand on generated models: views of what the server said, and no more.

The generator makes a class of this module the base of the model that its table names.
"""

import sys
from array import array
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from .model import Model
from .provenance import meta
from .values import items


class _HasEmbedding(Protocol):
    @property
    def embedding(self) -> list[float] | str: ...


class _HasContent(Protocol):
    @property
    def content(self) -> Any: ...


class _HasOutput(Protocol):
    @property
    def output(self) -> Any: ...


class Vector(Model):
    """The vector of an `Embedding`, as floats or as base64 of little-endian float32."""

    def floats(self: "_HasEmbedding") -> "memoryview[float]":
        """Return the vector as a view of floats, which numpy takes without a copy.

        From base64 it holds float32 ("f") and is decoded in one step; from JSON numbers, float64
        ("d"). `len`, indexing, slicing, iteration and `tolist` work as on a list. Raises
        `ValueError` where the server sent something else.
        """
        vector = self.embedding
        try:
            return _packed(vector) if isinstance(vector, str) else memoryview(array("d", vector))
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"the embedding is no vector: {error}") from None


def _packed(vector: str) -> "memoryview[float]":
    values = msgspec.convert(vector, bytes)  # its base64 is quicker than binascii
    if sys.byteorder == "big":
        swapped = array("f", values)
        swapped.byteswap()
        return memoryview(swapped)
    return memoryview(values).cast("f")


class MessageText(Model):
    """The text of a message."""

    @property
    def output_text(self: "_HasContent") -> str:
        """All `output_text` parts of the content, joined; empty where there is none."""
        return "".join(texts(self.content))


class OutputText(Model):
    """The text of a `Response`."""

    @property
    def output_text(self: "_HasOutput") -> str:
        """All `output_text` parts of the output's messages, joined; empty where there is none."""
        messages = (each for each in items(self.output) if getattr(each, "type", None) == "message")
        return "".join(text for each in messages for text in texts(getattr(each, "content", None)))

    def as_input(self: "_HasOutput") -> list[Any]:
        """The items of the output, to be sent back in the `input` of the next response.

            create(input=[question, *response.as_input(), next_question])

        Each is a `msgspec.Raw`: the bytes that the server sent, which go into the request as they
        are, fields and numbers that no type knows included. Of a response made by hand, they are
        its encoded items.
        """
        from ..terms.json_text import decode_json
        from ..terms.nesting import decode
        from .encode import encode

        output, raw = self.output, meta(self).raw
        if raw is not None:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return list(decode(raw, _RawOutput).output)
            output = decode_json(raw).get("output")  # there is something in it that is no UTF-8
        return [msgspec.Raw(encode(item)) for item in items(output)]


class _RawOutput(msgspec.Struct):
    output: list[msgspec.Raw]


def texts(content: object) -> list[str]:
    """The `output_text` parts of the content of a message."""
    parts = (each for each in items(content) if getattr(each, "type", None) == "output_text")
    texts = (getattr(each, "text", None) for each in parts)
    return [text for text in texts if isinstance(text, str)]
