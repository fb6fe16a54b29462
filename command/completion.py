"""Completion in shells: scripts that ask the command itself what may stand at a place."""

from collections.abc import Iterator, Sequence
from typing import Final

from .arguments import FORMS, leading
from .options import FORMATS, OPTIONS
from .parameters import Method, Parameter, method_of
from .usage import UsageError
from .words import beneath, is_method, words_of

__all__ = ["SHELLS", "candidates", "script"]

_BASH: Final = """\
_api_openai() {
    local cur=${COMP_WORDS[COMP_CWORD]} word each cut n=-1
    local -a words=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        # bash takes --order=asc and --input:json apart
        if [[ $n -ge 0 && ${words[n]} == --* && ( $word == [=:] || ${words[n]} == *[=:] ) ]]; then
            words[n]+=$word
        else
            n=$((n + 1))
            words[n]=$word
        fi
    done
    if [[ $cur == [=:] ]]; then cut=${words[n]}; else cut=${words[n]%"$cur"}; fi
    COMPREPLY=()
    while IFS= read -r each; do
        COMPREPLY+=("${each#"$cut"}")
    done < <(api-openai complete "${words[@]}" 2>/dev/null)
    # bash takes @FILE apart too, and looks for a host
    if [[ ${#COMPREPLY[@]} -eq 0 && ${COMP_WORDS[COMP_CWORD-1]} == *@ ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -f -- "$cur")
    fi
}
complete -o default -F _api_openai api-openai
"""
_ZSH: Final = """\
#compdef api-openai
_api_openai() {
    local -a found
    found=("${(@f)$(api-openai complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if (( ${#found[1]} )); then
        compadd -- $found
    else
        compset -P 1 '--*='
        compset -P '@'
        _files
    fi
}
compdef _api_openai api-openai
"""
_FISH: Final = """\
function __api_openai
    set -l words (commandline -opc)
    set -e words[1]
    set -l begun (commandline -ct)
    set -g __api_openai_found (api-openai complete $words "$begun" 2>/dev/null)
    if test -z "$__api_openai_found"; and set -l mark (string match -r '^(?:--[^=]*=)?@' -- $begun)
        set __api_openai_found $mark(__fish_complete_path (string replace -- $mark '' $begun))
    end
    test -n "$__api_openai_found"
end
complete -c api-openai -n __api_openai -f -a '$__api_openai_found'
"""
SHELLS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_WORDS: Final = ("bulk", "completion", "help", "--help", "--version")
_BOOLS: Final = ("false", "true")


def script(arguments: Sequence[str]) -> str:
    """The script of a shell; `UsageError` for one that has none here."""
    if len(arguments) != 1 or arguments[0] not in SHELLS:
        shown = f" {' '.join(arguments)!r}:" if arguments else ""
        raise UsageError(f"completion:{shown} expected one of {', '.join(SHELLS)}")
    return SHELLS[arguments[0]]


def candidates(arguments: Sequence[str]) -> list[str]:
    """What may stand in the place of the last argument, which may be empty or begun."""
    *before, begun = arguments or [""]
    return [each for each in _possible(before, begun) if each.startswith(begun)]


def _possible(before: Sequence[str], begun: str) -> Iterator[str]:
    if before and before[0] in _OF_THEIR_OWN:
        yield from _OF_THEIR_OWN[before[0]](before[1:])
        return
    start = leading(before)
    try:
        name = words_of(before[start:])[0]
    except UsageError:
        return
    method = method_of(name) if is_method(name) else None
    written, mark, _ = begun.partition("=")
    last = before[-1] if before else ""
    if written.startswith("--") and mark:
        yield from (f"{written}={each}" for each in _values(method, written, _BOOLS) or ())
    elif last.startswith("--") and "=" not in last and (known := _values(method, last)) is not None:
        yield from known
    elif method is not None:
        yield from _parameters(method, begun)
        yield from (f"--{each}" for each in OPTIONS)
    else:
        words = dict.fromkeys(each.partition(".")[0] for each in beneath(name))
        yield from (each.replace("_", "-") if "-" in begun else each for each in words)
        yield from () if before else _WORDS
        yield from () if name or not begun.startswith("-") else (f"--{each}" for each in OPTIONS)


def _parameters(method: Method, begun: str) -> Iterator[str]:
    """The parameters; what is seldom written only where it is begun."""
    name, mark, _ = begun.removeprefix("--").partition(":")
    if mark:
        yield from (f"--{name}:{form}" for form in FORMS)
        return
    names = [*method.parameters]
    if begun.startswith("-"):
        names += method.path
    if begun.startswith("--no"):
        names += (f"no_{each.name}" for each in method.parameters.values() if _is_bool(each))
    yield from (f"--{each if '_' in begun else each.replace('_', '-')}" for each in names)


def _is_bool(parameter: Parameter) -> bool:
    return parameter.kind.allows("bool")


def _values(
    method: Method | None, option: str, bools: Sequence[str] | None = None
) -> Sequence[str] | None:
    """What may stand behind an option; `bools` where nothing has to."""
    name = option[2:].partition(":")[0]
    key = name.replace("-", "_")
    if method is not None and (parameter := method.parameters.get(key)) is not None:
        return bools if _is_bool(parameter) else parameter.kind.all_choices
    if method is not None and key in method.path:
        return ()
    own = OPTIONS.get(name)
    if own is None or not own.value:
        return None
    return FORMATS if name == "format" else ()


def _of_completion(before: Sequence[str]) -> Iterator[str]:
    yield from () if before else SHELLS


def _of_bulk(before: Sequence[str]) -> Iterator[str]:
    """The options of bulk work, from its own words about them; `batch` at the first place."""
    import re

    from ..bulk.command import usage

    said = usage(before)
    last = before[-1] if before else ""
    if (values := re.search(rf"\[{re.escape(last)} ([^]]+)\]", said)) is not None and last:
        yield from values[1].strip("{}").split(",") if values[1].startswith("{") else ()
        return
    yield from () if before else ("batch",)
    yield from re.findall(r"--[a-z-]+", said)


_OF_THEIR_OWN: Final = {"completion": _of_completion, "bulk": _of_bulk}
