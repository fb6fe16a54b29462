"""Reads `.env` and `secrets.sh`: lines of `NAME=value`, by a grammar that shells and others share.

    # a comment
    export NAME=value        # and one behind a value
    NAME='taken as it is: $, \\ and "'
    NAME="with \\" \\\\ \\$ and \\` for these four"

Quoted values may go on over several lines. Nothing is expanded and no shell is run. What readers of
such files take differently (`$NAME`, a backslash, quotes within a value) is a fault and no guess: a
fault of the value where the file can be read on, a fault of the file where it cannot.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from .secret import Secret

__all__ = ["Assigned", "Assignments", "Fault", "read_assignments"]


class Fault(NamedTuple):
    """What is wrong in a line, in words that quote nothing of it."""

    line: int
    reason: str


class Assigned(NamedTuple):
    """The value that a name has in the end, or what is wrong with it."""

    line: int
    value: Secret | None
    reason: str = ""


class Assignments(NamedTuple):
    """What a file assigns, up to its first fault, if it has one."""

    names: Mapping[str, Assigned]
    fault: Fault | None = None


_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_SHELL: Final = re.compile(rf"[ \t]*(?:export[ \t]+)?({_NAME})=")
_DOTENV: Final = re.compile(rf"[ \t]*(?:export[ \t]+)?({_NAME})[ \t]*=")
_QUOTED: Final = re.compile(r"[ \t]*+[\"']")
_EXPORT: Final = re.compile(rf"[ \t]*export(?:[ \t]+{_NAME})+[ \t]*(?:[ \t]#[^\n]*)?\r?(?=\n|\Z)")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_PLAIN: Final = re.compile(r'(?:[^\\$`]|\\["\\$`])*+')
_ESCAPED: Final = re.compile(r'\\(["\\$`])')
_COMMENT: Final = re.compile(r"[ \t]#")
_BEHIND: Final = re.compile(r"[ \t]*+(?:(?<=[ \t])#[^\n]*+)?\r?(?=\n|\Z)")
_COMMANDS: Final = re.compile(r"[;&|<>()\s'\"`]|\\\Z")
_FLAT: Final = re.compile(r"(?:[^\\$`]|\\.|\$(?![({]))*+", re.DOTALL)
"""Not so within backquotes and `$(`: a shell reads on by other rules, and ends quotes elsewhere."""
_DIFFERS: Final = re.compile(r"[$`\\'\"~*?\[{]")

_QUOTES: Final = "expected the value in single quotes: readers differ in what they make of it"
_LINE: Final = "expected NAME=value, export NAME=value or a comment"
_OPEN: Final = "the quote that begins here does not end"
_AFTER: Final = "expected nothing but a comment after the value"


class _Reader:
    """Goes through a text once; every step takes time by the length of what it passes."""

    def __init__(self, text: str, *, shell: bool) -> None:
        self.text, self.shell = text, shell
        self.at, self.line = 0, 1
        self.names: dict[str, Assigned] = {}

    def read(self) -> Assignments:
        while self.at < len(self.text):
            line = self.line
            reason = self.one()
            if reason is not None:
                return Assignments(self.names, Fault(line, reason))
        return Assignments(self.names)

    def one(self) -> str | None:
        """Read what begins at this line; return what is wrong with the file there."""
        end = self.end()
        content = self.text[self.at : end].strip(" \t\r")
        if not content or content.startswith("#") or _EXPORT.match(self.text, self.at):
            self.passed(end)
            return None
        found = (_SHELL if self.shell else _DOTENV).match(self.text, self.at)
        if found is None:
            return _LINE
        name, line = found[1], self.line
        self.at = found.end()
        if not self.shell and (quoted := _QUOTED.match(self.text, self.at)):
            self.at = quoted.end() - 1
        quote = self.text[self.at : self.at + 1]
        value = self.quoted() if quote == "'" else self.doubled() if quote == '"' else self.bare()
        if isinstance(value, str):
            return value
        self.names[name] = value._replace(line=line)
        return None

    def quoted(self) -> Assigned | str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            return _OPEN
        return self.closed(end + 1, Assigned(0, Secret(self.text[self.at + 1 : end])))

    def doubled(self) -> Assigned | str:
        found = _DOUBLE.match(self.text, self.at)
        if found is None:
            return _OPEN
        if self.shell and _FLAT.fullmatch(found[1]) is None:
            return _QUOTES
        if _PLAIN.fullmatch(found[1]) is None:
            return self.closed(found.end(), Assigned(0, None, _QUOTES))
        return self.closed(found.end(), Assigned(0, Secret(_ESCAPED.sub(r"\1", found[1]))))

    def closed(self, end: int, value: Assigned) -> Assigned | str:
        """Go past a quoted value, whose line may go on with a comment alone."""
        found = _BEHIND.match(self.text, end)
        if found is None:
            return _AFTER
        self.passed(found.end())
        return value

    def bare(self) -> Assigned | str:
        end = self.end()
        rest = self.text[self.at : end].rstrip("\r")
        comment = _COMMENT.search(rest)
        value = rest[: comment.start()] if comment else rest
        value = value.rstrip(" \t") if self.shell else value.strip(" \t")
        if self.shell and _COMMANDS.search(value):
            return _AFTER
        if self.shell and _FLAT.fullmatch(value) is None:
            return _QUOTES
        self.passed(end)
        differs = _DIFFERS.search(value)
        return Assigned(0, None, _QUOTES) if differs else Assigned(0, Secret(value))

    def end(self) -> int:
        """Where this line ends."""
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def passed(self, end: int) -> None:
        """Go on behind the line end at `end`."""
        self.line += self.text.count("\n", self.at, end + 1)
        self.at = end + 1


def read_assignments(text: Secret, *, shell: bool) -> Assignments:
    """Read a file; it never raises, so that no frame of an error's traceback holds the text.

    `shell` takes what a shell does, and refuses whatever else it would do. Without it spaces may
    stand around `=` and in a value, as in files of the `dotenv` kind. Of two assignments of a name
    the last one counts.
    """
    return _Reader(text.unaudited(), shell=shell).read()
