"""The parameters of a method, read from its text in `declared`."""

from collections.abc import Iterator
from typing import NamedTuple

from .words import text_of

__all__ = ["Kind", "Method", "Parameter", "method_of"]


class Kind(NamedTuple):
    """What a value may be: words as `text`, `int`, `json`, choices, and the same of list items."""

    words: frozenset[str]
    choices: tuple[str, ...] = ()
    items: "Kind | None" = None

    @classmethod
    def of(cls, text: str) -> "Kind":
        """Read `text|null|=auto|*json`: a `=` marks a choice, a `*` what a list is made of."""
        words = text.split("|")
        items = "|".join(word[1:] for word in words if word.startswith("*"))
        return cls(
            frozenset(word for word in words if word[0] not in "=*"),
            tuple(word[1:] for word in words if word.startswith("=")),
            cls.of(items) if items else None,
        )

    def allows(self, word: str) -> bool:
        """Whether a value, or an item of a list, may be that."""
        return word in self.words or (self.items is not None and self.items.allows(word))

    @property
    def all_choices(self) -> tuple[str, ...]:
        """Those of a value, and those of the items of a list."""
        return (*self.choices, *(self.items.all_choices if self.items else ()))

    @property
    def shown(self) -> str:
        """What a value is to be, in words."""
        return " or ".join(self._said())

    def _said(self) -> Iterator[str]:
        for word, said in _SAID.items():
            if word in self.words:
                yield said
        if self.choices and "text" not in self.words:
            yield f"one of {', '.join(self.choices)}"
        if self.items is not None:
            yield f"a list of {self.items.shown}"


_SAID = {
    "text": "a text",
    "int": "an integer",
    "num": "a number",
    "bool": "true or false",
    "json": "a JSON object",
    "any": "JSON",
    "file": "the path of a file",
    "null": "null",
}


class Parameter(NamedTuple):
    """One parameter of a method."""

    name: str
    kind: Kind
    required: bool = False
    facts: str = ""

    @property
    def option(self) -> str:
        """How it is written."""
        return f"--{self.name.replace('_', '-')}"


class Method(NamedTuple):
    """A method as the command line knows it."""

    name: str
    about: str
    path: tuple[str, ...]
    """The names in its path, which are positional."""
    parameters: dict[str, Parameter]


def method_of(name: str) -> Method:
    """Read what is declared of a method."""
    about, *lines = text_of(name).splitlines()
    pieces = about.split("{")[1:]
    path = tuple(piece.partition("}")[0] for piece in pieces)
    parameters = {each.name: each for each in map(_parameter, lines)}
    return Method(name, about, path, parameters)


def _parameter(line: str) -> Parameter:
    head, _, facts = line.partition(" # ")
    name, _, kind = head.partition(" ")
    return Parameter(name.removesuffix("!"), Kind.of(kind), name.endswith("!"), facts)
