"""The beginning of a JSON document, read as far as it goes.

While a model writes JSON, applications show what is there. A string that has not ended is taken as
long as it is; a key without its value and a number, `true`, `false` or `null` that may still go on
are left out.
"""

import re
from typing import Any, Final

from ..terms.json_text import CodecError, decode_json

__all__ = ["partial"]

_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)(?P<end>"?)
      | (?P<open>[{\[]) | (?P<close>[}\]]) | (?P<comma>,) | (?P<colon>:)
      | (?P<word>[^\s{}\[\],:"]+)""",
    re.DOTALL | re.VERBOSE,
)
_CLOSER: Final = {"{": "}", "[": "]"}


def partial(text: str) -> Any:
    """Return the value that `text` has begun, `None` where there is none yet or it is no JSON.

    Time is proportional to the length of the text.
    """
    closers: list[str] = []
    size, rest = 0, ""  # the text up to the end of what is taken, and what ends a cut string
    key = False  # whether a string would be one
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open":
            closers.append(_CLOSER[token[0]])
            key = token[0] == "{"
        elif kind == "close":
            if not closers or closers.pop() != token[0]:
                return None
            key = False
        elif kind == "comma":
            key = closers[-1:] == ["}"]
            continue
        elif kind == "colon":
            continue
        elif key:
            key = False
            continue
        elif kind == "end" and not token["end"]:
            size, rest = token.end(), '"'
            break
        elif kind == "word" and token.end() == len(text):
            break
        size = token.end()
    try:
        begun = f"{text[:size]}{rest}{''.join(reversed(closers))}"
        return decode_json(begun.encode("utf-8", "surrogatepass"))
    except CodecError:
        return None
