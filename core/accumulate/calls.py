"""The tool calls of a message on their way: which fragment belongs to which call.

Servers number calls, name them, do both or neither, and not all do it right. What holds for all: a
fragment of a number belongs to the latest call of that number, whatever its id; and a call begins
with the name of its function, once the arguments of the one before it are complete.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ..json.values import fields_of
from ..terms.json_text import CodecError, decode_json
from .growing import Entries, Pieces, grow, id_of, index_of, put

__all__ = ["Calls", "grow_function"]

_KINDS: Final = {"function": "arguments", "custom": "input"}
"""The field that describes a call, by its type, and the text in it that grows."""

_LONGEST_SCALAR: Final = 100
"""Characters of arguments that are no object or array, and yet complete."""

_MARKS: Final = re.compile(r'[{}\[\]"]|\\.?', re.DOTALL).finditer


class _Extent:
    """Follows a JSON object or array as its text grows, and knows when it is complete."""

    __slots__ = ("_begun", "_depth", "_escaped", "_quoted", "_taken")

    def __init__(self) -> None:
        self._taken = 0  # pieces
        self._depth = 0
        self._begun = False
        self._quoted = False
        self._escaped = False

    def complete(self, pieces: list[str]) -> bool:
        """Whether `pieces`, of which the first ones are known, are a complete document."""
        for piece in pieces[self._taken :]:
            self._take(piece)
        self._taken = len(pieces)
        if self._begun:
            return not self._depth and not self._quoted
        text = "".join(pieces)
        if not text or len(text) > _LONGEST_SCALAR:
            return False
        try:
            decode_json(text.encode("utf-8", "replace"))
        except CodecError:
            return False
        return True

    def _take(self, piece: str) -> None:
        if self._escaped and piece:
            self._escaped, piece = False, piece[1:]
        for mark in _MARKS(piece):
            sign = mark[0]
            if sign[0] == "\\":
                self._escaped = self._quoted and len(sign) == 1
            elif sign == '"':
                self._quoted = not self._quoted
            elif not self._quoted:
                self._begun = True
                self._depth += 1 if sign in "{[" else -1


class Calls(Entries):
    """Tool calls on their way."""

    __slots__ = ("_by_index", "_extents", "_free", "_last", "_taken")

    def __init__(self) -> None:
        super().__init__()
        self._extents: list[_Extent] = []
        self._by_index: dict[int, int] = {}
        self._taken: set[int] = set()
        self._free = 0  # an index above all that are taken
        self._last: int | None = None

    def receive(self, delta: Mapping[str, Any], position: int | None) -> int:
        """Add a fragment to its call, and return the place of that.

        `position` is that of the fragment among several in one chunk.
        """
        index, name = index_of(delta), id_of(delta)
        at = self._place_of(index, name, position)
        if at is None or self._begins(at, delta, name):
            number = self._free if index is None or index in self._taken else index
            at = self._new(number, name, None)
            self._extents.append(_Extent())
            self._taken.add(number)
            self._free = max(self._free, number + 1)
            if index is not None:
                self._by_index[index] = at
        elif name is not None:
            self._by_id.setdefault(name, at)
        self._last = at
        self._grow(self.trees[at], delta)
        return at

    def index(self, at: int) -> int:
        """The index of a call: its own, or one that no other call has."""
        return self._indexes[at]

    def complete(self, at: int) -> bool:
        """Whether the arguments of a function call are a complete JSON document."""
        arguments = fields_of(self.trees[at].get("function")).get("arguments")
        return isinstance(arguments, Pieces) and self._extents[at].complete(arguments)

    def _place_of(self, index: int | None, name: str | None, position: int | None) -> int | None:
        """The call that a fragment belongs to unless it begins one."""
        if index is not None and index in self._by_index:
            return self._by_index[index]
        if name in self._by_id:
            return self._by_id[name]
        if index is not None:
            return None
        if name is None and position is not None:
            return position if position < len(self.trees) else None
        return self._last

    def _begins(self, at: int, delta: Mapping[str, Any], name: str | None) -> bool:
        """Whether a fragment begins a call rather than goes on with the one in its place."""
        tree = self.trees[at]
        old = tree.get("id") or None
        kind = next((each for each in _KINDS if fields_of(delta.get(each)).get("name")), None)
        if kind is None or (old is not None and old == name):
            return False
        piece, known = fields_of(delta[kind]), fields_of(tree.get(kind))
        if not known:
            return bool(tree.keys() & _KINDS.keys())  # of another kind
        text: object = known.get(_KINDS[kind])
        if kind == "function" and self.complete(at):
            return bool(piece.get("arguments")) or (name is not None and name != old)
        others = old is not None and name is not None
        if others and piece["name"] != known.get("name"):
            return kind == "custom" or not (isinstance(text, Pieces) and any(text))
        return others and index_of(delta) is None and not (isinstance(text, Pieces) and any(text))

    @staticmethod
    def _grow(tree: dict[str, Any], delta: Mapping[str, Any]) -> None:
        for kind in _KINDS:
            if piece := fields_of(delta.get(kind)):
                begun = {"type": kind, kind: {"name": "", _KINDS[kind]: Pieces()}}
                for key, value in begun.items():
                    if not tree.get(key):
                        tree[key] = value
                grow_function(tree[kind], piece)
        kept = {key: each for key, each in delta.items() if key not in ("index", *_KINDS)}
        if tree.get("id"):
            kept.pop("id", None)
        if tree.get("type") in (*_KINDS,) and not kept.get("type"):
            kept.pop("type", None)
        grow(tree, kept)


def grow_function(tree: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a fragment of a function, or of a custom tool, with its name and arguments.

    A name comes whole at once, in fragments, or again in every fragment, whole or as far as it is.
    """
    name: object = piece.get("name")
    if isinstance(name, str) and name:
        old = tree.get("name") or ""
        tree["name"] = name if name.startswith(old) else old + name
    for key in _KINDS.values():
        text: object = piece.get(key)
        if isinstance(text, str):
            put(tree, key, text)
    rest = {key: each for key, each in piece.items() if key not in ("name", *_KINDS.values())}
    for key in _KINDS.values():  # whole, as some servers send arguments
        if key in piece and not isinstance(piece[key], str | None):
            tree[key] = piece[key]
    grow(tree, rest)
