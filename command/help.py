"""What `--help` says: of everything, of a resource, of a method."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .options import OPTIONS
from .words import beneath, text_of

if TYPE_CHECKING:  # what a look at everything does not load
    from .parameters import Kind, Method, Parameter

__all__ = ["of_method", "option_lines", "resource", "whole"]

_WIDTH = 100
_LEFT = 34
_INTRODUCTION = """\
usage: api-openai RESOURCE... METHOD [VALUE]... [--PARAMETER VALUE]... [OPTION]...
       api-openai bulk ROWS RESULTS [OPTION]...
       api-openai completion bash|zsh|fish

  api-openai responses create --model gpt-5 --input 'Hello' --stream
  api-openai models list --all
  api-openai chat completions create --help

resources:"""
_VALUES = """\
values: text as it is, @FILE for what is in a file, - for standard input; JSON where an object or a
list is to be; --PARAMETER:json and --PARAMETER:text say which one is meant"""


def whole() -> str:
    """The resources, and the options of the command."""
    groups: dict[str, list[str]] = {}
    for each in beneath(""):
        head, _, rest = each.partition(".")
        below = groups.setdefault(head, [])
        if (word := rest.partition(".")[0]) not in below:
            below.append(word)
    lines = [_INTRODUCTION]
    for head, below in groups.items():
        lines += _row(f"  {head}", ", ".join(below))
    return "\n".join([*lines, "", "options of every method:", *option_lines(), "", _VALUES])


def resource(name: str) -> str:
    """The methods of a resource."""
    words = name.replace(".", " ")
    lines = [f"usage: api-openai {words} METHOD ...", "", "methods:"]
    for each in beneath(name):
        about = text_of(f"{name}.{each}").partition("\n")[0]
        lines += _row(f"  {each.replace('.', ' ')}", about)
    return "\n".join(lines)


def of_method(method: "Method") -> str:
    """The parameters of a method, and the options of the command."""
    words = method.name.replace(".", " ")
    path = "".join(f" {each.upper()}" for each in method.path)
    needed = "".join(
        f" {each.option} {_metavar(each.kind)}"
        for each in method.parameters.values()
        if each.required
    )
    usage = _row("usage:", f"api-openai {words}{path}{needed} [OPTION]...", len("usage: "))
    lines = [*usage, "", method.about]
    if method.parameters:
        lines += ["", "parameters:"]
        for each in method.parameters.values():
            lines += _parameter(each)
    return "\n".join([*lines, "", "options of every method:", *option_lines(), "", _VALUES])


def option_lines() -> Iterator[str]:
    """The options of the command, a line for each."""
    for each in OPTIONS.values():
        yield from _row(f"  --{each.name}{' ' * bool(each.value)}{each.value}", each.about)


def _parameter(parameter: "Parameter") -> Iterator[str]:
    kind = parameter.kind
    notes = [f"{parameter.facts}." if parameter.facts else ""]
    if parameter.required:
        notes.insert(0, "Required.")
    if kind.items is not None:
        notes.append("May be given several times.")
    if kind.allows("bool"):
        notes.append(f"A flag; --no-{parameter.option[2:]} is false.")
    if choices := kind.all_choices:
        notes.append(f"{'Known' if kind.allows('text') else 'One of'}: {', '.join(choices)}.")
    yield from _row(f"  {parameter.option} {_metavar(kind)}", " ".join(filter(None, notes)))


def _metavar(kind: "Kind") -> str:
    words = [_WORDS[each] for each in _WORDS if kind.allows(each)]
    if kind.all_choices and "TEXT" not in words:
        words.insert(0, "CHOICE")
    if kind.words <= {"bool", "null"} and not kind.choices and kind.items is None:
        return ""
    return "|".join(words)


_WORDS = {"file": "FILE", "text": "TEXT", "int": "N", "num": "X", "json": "JSON", "any": "JSON"}


def _row(left: str, right: str, column: int = _LEFT) -> Iterator[str]:
    """A name and what is said of it, which is wrapped at words beside the name."""
    line = left.ljust(column) if len(left) < column else f"{left}  "
    begun = False
    for word in right.split(" "):
        if begun and len(line) + 1 + len(word) > _WIDTH:
            yield line
            line, begun = " " * column, False
        line += f" {word}" if begun else word
        begun = True
    yield line.rstrip()
