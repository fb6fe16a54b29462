"""What a key of the API looks like, and words for what does not; they never quote the text."""

import re
from typing import Final

__all__ = ["SHORTEST", "key_fault", "text_fault"]

PREFIX: Final = "sk-"
SHORTEST: Final = 20
"""Characters of the shortest key, its prefix included; the API's own have more than twice as many."""
LONGEST: Final = 512
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_-]")
_UNDECODED: Final = re.compile(r"[\ud800-\udfff]")


def key_fault(text: str) -> str | None:
    """Say what keeps a text from being a key of the API; `None` where nothing does."""
    if fault := text_fault(text):
        return fault
    if text != text.strip():
        return "white space before or after it"
    if not text.startswith(PREFIX):
        return f"expected a key that begins with {PREFIX}"
    if found := _FOREIGN.search(text):
        return (
            f"character {found.start() + 1} of it is none of A-Z, a-z, 0-9, - and _, "
            "of which keys are made"
        )
    if not SHORTEST <= len(text) <= LONGEST:
        return f"expected {SHORTEST} to {LONGEST} characters, got {len(text)}"
    return None


def text_fault(text: str) -> str | None:
    """Say what keeps a text from being a secret of any kind."""
    if not text:
        return "it is empty"
    if _UNDECODED.search(text):
        return "it is not UTF-8"
    return None
