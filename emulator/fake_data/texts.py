"""Texts in place of a model's: the same input gives the same text, tokens and numbers."""

import re
from hashlib import blake2b
from typing import Final

from ..http.json_documents import is_array, is_object, text

_TOKEN: Final = re.compile(r"\s*\S+|\s+$")
_WORD: Final = re.compile(r"\w+")
_ECHOED: Final = 400
_READ: Final = 100_000
"""How much of a text is looked at, in characters; the rest is taken to be like it."""


def tokens(line: str) -> list[str]:
    """Split text into words, each with the space before it: joined again they are the text."""
    return _TOKEN.findall(line)


def token_count(line: str) -> int:
    """Return how many tokens a text has; of a long one, about how many."""
    found = sum(1 for _ in _TOKEN.finditer(line[:_READ]))
    return found if len(line) <= _READ else found * len(line) // _READ


def short(line: str) -> str:
    """Return the part of a text that is repeated in an answer."""
    return line[:_READ]


def words(line: str) -> list[str]:
    """Return the words of a text without space and punctuation."""
    return _WORD.findall(line)


def number(*parts: object) -> int:
    """Return a number of 64 bits that depends on `parts` and looks like chance."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def echo(said: str) -> str:
    """Answer without a model: the beginning of what was said, and a sentence of its own."""
    said = said.strip()
    if not said:
        return "There was nothing to answer, so here is a greeting: hello from the emulator!"
    short = said if len(said) <= _ECHOED else said[:_ECHOED].rstrip() + " …"
    return f'You said: "{short}" This is the emulator, answering word by word.'


def content_text(content: object) -> str:
    """Return the text in the content of a message: a string, or parts some of which have text."""
    if isinstance(content, str):
        return content
    if not is_array(content):
        return ""
    parts = [
        text(part.get("text")) or text(part.get("refusal")) for part in content if is_object(part)
    ]
    return " ".join(part for part in parts if part)


def truncated(pieces: list[str], limit: int | None, stops: list[str]) -> tuple[list[str], bool]:
    """Cut an answer before the first stop sequence and after `limit` tokens.

    Returns the tokens and whether the limit was what ended them.
    """
    whole = "".join(pieces)
    ends = [found for stop in stops if stop and (found := whole.find(stop)) >= 0]
    if ends:
        pieces = tokens(whole[: min(ends)])
    if limit is not None and len(pieces) > limit:
        return pieces[:limit], True
    return pieces, False
