"""Completion in shells: scripts that ask the command itself what may stand at a place."""

from collections.abc import Iterator, Sequence
from typing import Final

from .arguments import leading
from .options import OPTIONS
from .parameters import Method, method_of
from .usage import UsageError
from .words import beneath, is_method, words_of

__all__ = ["SHELLS", "candidates", "script"]

_BASH: Final = """\
_api_openai() {
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "$(api-openai complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _api_openai api-openai
"""
_ZSH: Final = """\
#compdef api-openai
_api_openai() {
    local -a found
    found=("${(@f)$(api-openai complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if (( ${#found[1]} )); then compadd -- $found; else _files; fi
}
compdef _api_openai api-openai
"""
_FISH: Final = """\
function __api_openai
    set -l words (commandline -opc)
    set -e words[1]
    set -l begun (commandline -ct)
    api-openai complete $words "$begun" 2>/dev/null
end
complete -c api-openai -a '(__api_openai)'
"""
SHELLS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_WORDS: Final = ("bulk", "completion", "help", "--help", "--version")


def script(arguments: Sequence[str]) -> str:
    """The script of a shell; `UsageError` for one that has none here."""
    if len(arguments) != 1 or arguments[0] not in SHELLS:
        shown = f" {' '.join(arguments)!r}:" if arguments else ""
        raise UsageError(f"completion:{shown} expected one of {', '.join(SHELLS)}")
    return SHELLS[arguments[0]]


def candidates(arguments: Sequence[str]) -> list[str]:
    """What may stand in the place of the last argument, which may be empty or begun."""
    *before, begun = arguments or [""]
    return [each for each in _possible(before) if each.startswith(begun)]


def _possible(before: Sequence[str]) -> Iterator[str]:
    start = leading(before)
    try:
        name, taken = words_of(before[start:])
    except UsageError:
        return
    rest = before[start + taken :]
    if not is_method(name):
        yield from dict.fromkeys(each.partition(".")[0] for each in beneath(name))
        if not before:
            yield from _WORDS
        return
    method = method_of(name)
    last = rest[-1] if rest else ""
    if last.startswith("--") and "=" not in last and (known := _values(method, last)) is not None:
        yield from known
        return
    yield from (each.option for each in method.parameters.values())
    yield from (f"--{each}" for each in OPTIONS)


def _values(method: Method, option: str) -> Iterator[str] | None:
    """What may stand behind an option; `None` where nothing does."""
    name = option[2:].partition(":")[0]
    parameter = method.parameters.get(name.replace("-", "_"))
    if parameter is not None:
        return None if parameter.kind.allows("bool") else iter(parameter.kind.all_choices)
    own = OPTIONS.get(name)
    if own is None or not own.value:
        return None
    return iter(("json", "indented", "text") if name == "format" else ())
