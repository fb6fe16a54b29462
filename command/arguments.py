"""From arguments to what was given: positional values, parameters, and options of the command."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .options import OPTIONS, REFUSED
from .parameters import Method, Parameter
from .usage import UsageError, near

__all__ = ["FORMS", "Given", "Raw", "given", "leading", "refuse_key"]

FORMS: Final = ("text", "json")
"""What may stand behind the name of a parameter: `--input:text`."""


class Raw(NamedTuple):
    """A value as it was written, and the form that was asked for."""

    text: str
    form: str = ""


class Given(NamedTuple):
    """A command line, taken apart."""

    path: dict[str, str]
    parameters: dict[str, list[Raw]]
    options: dict[str, list[str]]

    def option(self, name: str) -> str | None:
        """The value of an option; empty for a flag."""
        values = self.options.get(name)
        return values[0] if values else None

    def has(self, name: str) -> bool:
        """Whether an option was given."""
        return name in self.options


def leading(arguments: Sequence[str]) -> int:
    """How many arguments before the first word are options of the command and their values."""
    taken = 0
    while taken < len(arguments):
        name, mark, _ = arguments[taken].removeprefix("--").partition("=")
        option = OPTIONS.get(name) if arguments[taken].startswith("--") else None
        if option is None:
            break
        taken += 2 if option.value and not mark else 1
    return min(taken, len(arguments))


def given(method: Method, arguments: Sequence[str]) -> Given:
    """Take the arguments of a method apart; `UsageError` names the one that is wrong."""
    found = Given({}, {}, {})
    places: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        refuse_key(argument)
        if argument == "--":
            places += rest
        elif argument == "-h":
            found.options["help"] = [""]
        elif argument.startswith("--"):
            _option(method, argument, rest, found)
        elif argument.startswith("-"):
            raise UsageError(
                f"{argument}: there are no short options; a value that begins with - stands behind --"
            )
        else:
            places.append(argument)
    _place(method, places, found)
    return found


def _option(method: Method, argument: str, rest: Iterator[str], found: Given) -> None:
    """Take one option, and its value from the arguments that follow."""
    written, mark, value = argument[2:].partition("=")
    name, _, form = written.partition(":")
    key = name.replace("-", "_")
    parameter = method.parameters.get(key)
    if parameter is not None:
        if form not in ("", *FORMS):
            raise UsageError(f"{argument}: expected {' or '.join(FORMS)} behind the colon")
        flag = parameter.kind.allows("bool") and not mark and not form
        text = "true" if flag else _value(argument, mark, value, rest)
        found.parameters.setdefault(key, []).append(Raw(text, form))
    elif key in method.path:
        if key in found.path:
            raise UsageError(f"--{name}: given twice; expected one value")
        found.path[key] = _value(argument, mark, value, rest)
    elif (option := OPTIONS.get(written.replace("_", "-"))) is not None:
        if mark and not option.value:
            raise UsageError(f"--{option.name}: it takes no value")
        text = _value(argument, mark, value, rest) if option.value else ""
        if option.value and not option.repeated and option.name in found.options:
            raise UsageError(f"--{option.name}: given twice; expected one {option.value}")
        found.options.setdefault(option.name, []).append(text)
    elif (off := _negated(method, key)) is not None and not mark:
        found.parameters.setdefault(off.name, []).append(Raw("false"))
    else:
        raise UsageError(_unknown(method, name.replace("_", "-")))


def _value(argument: str, mark: str, value: str, rest: Iterator[str]) -> str:
    if mark:
        refuse_key(value)
        return value
    found = next(rest, None)
    if found is None:
        raise UsageError(f"{argument}: it needs a value")
    if found.startswith("--"):
        raise UsageError(
            f"{argument}: it needs a value; one that begins with -- is written {argument}={found}"
        )
    refuse_key(found)
    return found


def _negated(method: Method, key: str) -> Parameter | None:
    """The parameter that `--no-NAME` makes false."""
    parameter = method.parameters.get(key.removeprefix("no_")) if key.startswith("no_") else None
    return parameter if parameter is not None and parameter.kind.allows("bool") else None


def _unknown(method: Method, name: str) -> str:
    if name in REFUSED:
        return f"--{name}: there is no such option: {REFUSED[name]}"
    known = [*OPTIONS, *(each.replace("_", "-") for each in (*method.parameters, *method.path))]
    words = method.name.replace(".", " ")
    return (
        f"--{name}: {words} has no such option{near(name, known)} "
        f"(fields unknown here go into --extra-body)"
    )


def _place(method: Method, places: Sequence[str], found: Given) -> None:
    """Give the positional values to the names in the path that have none."""
    free = [name for name in method.path if name not in found.path]
    if len(places) > len(free):
        expected = " ".join(name.upper() for name in free) or "none"
        raise UsageError(
            f"{places[len(free)]!r}: one positional value too many (expected {expected})"
        )
    found.path.update(zip(free, places, strict=False))
    missing = [name for name in method.path if name not in found.path]
    if missing and not found.has("help"):
        usage = " ".join((*method.name.split("."), *(name.upper() for name in method.path)))
        raise UsageError(f"{missing[0].upper()} is missing: expected api-openai {usage}")
    for each in method.parameters.values():
        if each.required and each.name not in found.parameters and not found.has("help"):
            raise UsageError(f"{each.option} is missing: {each.kind.shown}")


def refuse_key(text: str) -> None:
    """Raise `UsageError` for an argument that looks like a key."""
    if text.startswith("sk-"):
        from ..core.terms.key_shape import key_fault

        if key_fault(text) is None:
            raise UsageError(f"an argument looks like a key of the API: {REFUSED['api-key']}")
