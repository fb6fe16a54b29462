"""Drafts of JSON values: texts, lists and objects that grow with the deltas of a stream.

A draft is a tree of builtins in which a text is `Pieces` and a list whose entries say their place
is `Entries`. Taking a delta costs as much as the delta is long; a whole value costs as much as it
is long, and is made when somebody asks for one.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

import msgspec

from ..api.type_names import codec_of
from ..json.encode import builtins
from ..json.model import Model
from ..json.values import fields_of, is_list, is_object

__all__ = [
    "Entries",
    "Grown",
    "Pieces",
    "Places",
    "grow",
    "id_of",
    "index_of",
    "made",
    "put",
    "whole",
]

T = TypeVar("T")

GROWING: Final = frozenset(
    """
    arguments content input reasoning reasoning_content reasoning_text refusal summary text thinking
    transcript
    """.split()
)
"""Texts that come in pieces. Of all others what was said last counts: servers repeat them."""

AUDIO: Final = GROWING | {"data"}
"""Those of an object `audio`."""


class Pieces(list[str]):
    """A text on its way."""

    __slots__ = ()

    def __str__(self) -> str:
        return _joined(self)


class Grown(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A text as long as it was at one moment, made when asked for."""

    pieces: list[str]
    """Those of the whole text; they become more."""
    count: int
    """How many of them there were."""

    @staticmethod
    def of(pieces: list[str]) -> "Grown":
        """The text as it is now."""
        return Grown(pieces, len(pieces))

    def __str__(self) -> str:
        return _joined(self.pieces[: self.count])

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Grown) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Grown, ([str(self)], 1)


def _joined(pieces: list[str]) -> str:
    text = "".join(pieces)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # a character that was split over two deltas
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


class Entries:
    """A list on its way, whose entries say their index, their id, or both.

    Entries of one index and of different types are different ones.
    """

    __slots__ = ("_by_id", "_by_kind", "_indexes", "_latest", "trees")

    def __init__(self) -> None:
        self.trees: list[dict[str, Any]] = []
        """The entries, in the order of their coming."""
        self._indexes: list[int] = []
        self._by_kind: dict[tuple[int, str | None], int] = {}
        self._by_id: dict[str, int] = {}
        self._latest: dict[int, int] = {}  # by index

    def place(self, entry: Mapping[str, Any]) -> int:
        """Return where in `trees` an entry belongs; a new one is there, and empty."""
        index, name, kind = index_of(entry), id_of(entry), entry.get("type")
        kind = kind if isinstance(kind, str) else None
        if index is None:
            at = self._by_id.get(name) if name is not None else None
            return self._new(None, name, kind) if at is None else at
        at = self._latest.get(index) if kind is None else self._by_kind.get((index, kind))
        if at is None:  # what had no type before may have this one
            at = self._by_kind.pop((index, None), None)
        at = self._new(index, name, kind) if at is None else at
        self._latest[index] = at
        self._by_kind[(index, kind)] = at
        return at

    def _new(self, index: int | None, name: str | None, kind: str | None) -> int:
        at = len(self.trees)
        self.trees.append({})
        self._indexes.append(at if index is None else index)
        if name is not None:
            self._by_id.setdefault(name, at)
        return at

    def whole(self) -> list[Any]:
        """The entries as a list, in the order of their indexes."""
        order = sorted(range(len(self.trees)), key=self._indexes.__getitem__)
        return [whole(self.trees[at]) for at in order]


def index_of(entry: Mapping[str, Any]) -> int | None:
    index: object = entry.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def id_of(entry: Mapping[str, Any]) -> str | None:
    name: object = entry.get("id")
    return name if isinstance(name, str) and name else None


class Places(dict[int, Any]):
    """A list on its way whose entries are put in their places, whatever the order."""

    __slots__ = ()

    @staticmethod
    def of(tree: dict[str, Any], key: str) -> "Places":
        """Return the list under a key of a draft, begun if there is none."""
        old = tree.get(key)
        if isinstance(old, Places):
            return old
        places = tree[key] = Places(enumerate(old) if is_list(old) else ())
        return places

    def put(self, index: object, value: Any) -> None:
        """Put an entry in its place; one whose place is no number comes last."""
        self[index if isinstance(index, int) else len(self)] = value

    def entry(self, index: object) -> dict[str, Any]:
        """Return the object in a place; a new one is there, and empty."""
        at = index if isinstance(index, int) else 0
        found: Any = self.get(at)
        if not is_object(found):
            found = builtins(found) if isinstance(found, Model) else {}
            self[at] = found
        tree: dict[str, Any] = found
        return tree


def grow(
    tree: dict[str, Any], delta: Mapping[str, Any], growing: Collection[str] = GROWING
) -> None:
    """Add a delta, which is a tree of builtins, to a draft. Null changes nothing."""
    for key, value in delta.items():
        old = tree.get(key)
        if value is None:
            tree.setdefault(key, None)
        elif isinstance(value, str):
            if key in growing:
                put(tree, key, value)
            elif value or old is None:
                tree[key] = value
        elif is_object(value):
            if not is_object(old):
                old = tree[key] = {}
            grow(old, value, AUDIO if key == "audio" else growing)
        elif is_list(value):
            tree[key] = _extended(old, value)
        else:
            tree[key] = value


def put(tree: dict[str, Any], key: str, piece: str) -> Pieces:
    """Add a piece to a text of a draft, and return the text.

    Where a list is in its place, the text is a part of it: some models think in lists, and then
    write.
    """
    old = tree.get(key)
    if isinstance(old, Pieces):
        old.append(piece)
        return old
    if is_list(old):
        last: Any = old[-1] if old else None
        if not (is_object(last) and isinstance(last.get("text"), Pieces)):
            last = {"type": "text"}
            old.append(last)
        return put(last, "text", piece)
    if isinstance(old, Entries):
        if old.trees[-1].get("type") != "text":
            old.trees[old.place({"index": len(old.trees), "type": "text"})]["type"] = "text"
        return put(old.trees[-1], "text", piece)
    pieces = tree[key] = Pieces([old, piece] if isinstance(old, str) and old else [piece])
    return pieces


def _extended(old: Any, more: list[Any]) -> Any:
    """A list with what a delta has of it: entries that say where they belong, or further ones."""
    if isinstance(old, Pieces):
        old = [{"type": "text", "text": old}] if any(old) else []
    if not any(is_object(each) and ("index" in each or "id" in each) for each in more):
        if isinstance(old, Entries):
            for each in more:
                grow(old.trees[old.place({"index": len(old.trees)})], fields_of(each))
            return old
        if is_list(old):
            old += more  # snapshots have copies
            return old
        return more
    entries = old if isinstance(old, Entries) else Entries()
    for each in old if is_list(old) else ():
        grow(entries.trees[entries.place({"index": len(entries.trees)})], fields_of(each))
    for each in more:
        if is_object(each):
            grow(entries.trees[entries.place(each)], each)
    return entries


def whole(value: Any) -> Any:
    """Return a draft as builtins and models, as it stands."""
    if isinstance(value, Pieces):
        return str(value)
    if isinstance(value, Entries):
        return value.whole()
    if isinstance(value, Places):
        return [whole(value[at]) for at in sorted(value)]
    if is_object(value):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if is_list(value) else value


def made(ref: str, tree: object) -> Any:
    """Make an object of a type, `chat:ChatCompletion`, of a draft; what does not fit is kept."""
    kind = codec_of(ref)
    document = builtins(whole(tree))
    try:
        return msgspec.convert(document, kind.type)
    except (msgspec.ValidationError, RecursionError, UnicodeError):
        return kind.decode_value(document)
