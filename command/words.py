"""The words of a command line that name a method: `chat completions create`."""

from collections.abc import Sequence
from importlib import import_module

from .declared import NAMES, SESSIONS
from .usage import UsageError, near

__all__ = ["area_of", "beneath", "is_method", "text_of", "words_of"]


def words_of(arguments: Sequence[str]) -> tuple[str, int]:
    """Return the method or resource that the first arguments name, and how many of them do so.

    Words may be joined by dots, and have `-` for `_`. The name is empty where there is no word.
    """
    name, taken = "", 0
    for word in arguments:
        if word.startswith("-") or is_method(name):
            break
        longer = f"{name}.{word.replace('-', '_')}" if name else word.replace("-", "_")
        if not is_method(longer) and not beneath(longer):
            known = sorted({each.partition(".")[0] for each in beneath(name)})
            where = f"in {name.replace('.', ' ')}" if name else "among the resources"
            raise UsageError(
                f"there is no {word!r} {where}{near(word, known)} (api-openai "
                f"{name.replace('.', ' ')}{' ' if name else ''}--help lists what there is)"
            )
        name, taken = longer, taken + 1
    return name, taken


def is_method(name: str) -> bool:
    """Whether a name is that of something to be called: a method, or a session to be opened."""
    return name in SESSIONS or area_of(name) is not None


def area_of(name: str) -> str | None:
    """The module of `declared` that has the text of a method; `None` for what is no method."""
    return next((area for area, names in NAMES.items() if name in names.split()), None)


def beneath(name: str) -> list[str]:
    """The rest of the names of the methods of a resource; of all, for an empty name."""
    start = f"{name}." if name else ""
    return [
        each.removeprefix(start)
        for names in (*NAMES.values(), " ".join(SESSIONS))
        if start in names
        for each in names.split()
        if each.startswith(start)
    ]


def text_of(name: str) -> str:
    """What is declared of a method: a line about it, then one for each parameter."""
    if name in SESSIONS:
        return SESSIONS[name]
    texts: dict[str, str] = import_module(f".declared.{area_of(name)}", __package__).TEXTS
    return texts[name]
