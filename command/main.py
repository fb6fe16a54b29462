"""`main`: what the first words of the command line ask for, and how the command ends.

What one of them needs is imported where it is needed: `--help` is to take no longer than a look.
"""

import os
import sys
from collections.abc import Sequence

from .options import REFUSED
from .usage import BAD_USAGE, DONE, INTERRUPTED, NOT_WRITTEN, PIPE_CLOSED, UsageError, code_of

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed, as by `2>&-`
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # for the rest of the process
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # as by `>&-`
        _tell("standard output is closed")
        return NOT_WRITTEN
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return PIPE_CLOSED
    except UsageError as error:
        _tell(str(error))
        return BAD_USAGE
    except Exception as error:
        known = code_of(error)
        if known is None:
            raise
        from .printing import harmless

        _tell(f"{type(error).__name__}: {harmless(str(error))}")
        return known
    return code


def _run(arguments: list[str]) -> int:
    first = arguments[0] if arguments else "--help"
    if first in ("--help", "-h", "help"):
        from .help import whole

        return _say(whole())
    if first == "--version":
        from ..core.terms.version import __version__

        return _say(f"api-openai {__version__}")
    if first == "completion":
        from .completion import script

        return _say(script(arguments[1:]))
    if first == "complete":
        from .completion import candidates

        return _say("\n".join(candidates(arguments[1:])))
    if first == "bulk":
        from ..bulk.command import main as bulk

        return bulk(arguments[1:])
    return _method(arguments)


def _method(arguments: list[str]) -> int:
    from .arguments import given, leading, refuse_key
    from .declared import SESSIONS
    from .words import is_method, words_of

    for argument in arguments:
        refuse_key(argument)
    before = leading(arguments)
    name, taken = words_of(arguments[before:])
    rest = [*arguments[:before], *arguments[before + taken :]]
    if not is_method(name):
        from .help import resource, whole

        if not name and "--help" not in rest:
            raise UsageError(_no_words(arguments[before:]))
        if name and rest and rest != ["--help"] and rest != ["-h"]:
            raise UsageError(f"{name.replace('.', ' ')}: which method? {resource(name)}")
        return _say(resource(name) if name else whole())
    from .parameters import method_of

    method = method_of(name)
    found = given(method, rest)
    if found.has("help"):
        from .help import of_method

        return _say(of_method(method))
    if name in SESSIONS:
        from .sessions import hold

        return hold(method, found)
    from .calling import call

    return call(method, found)


def _no_words(rest: list[str]) -> str:
    if not rest:
        return "which method? (api-openai --help lists what there is)"
    name = rest[0].partition("=")[0]
    if (reason := REFUSED.get(name.removeprefix("--"))) is not None:
        return f"{name}: there is no such option: {reason}"
    return (
        f"{name}: in front of the words stand only the options of every method "
        f"(api-openai --help lists them); a parameter stands behind the words"
    )


def _say(text: str) -> int:
    if text:
        sys.stdout.write(text.rstrip("\n") + "\n")
    return DONE


def _tell(text: str) -> None:
    sys.stderr.write(f"api-openai: {text}\n")


def _give_up_stdout() -> None:
    """Let what is left to be written go nowhere, so that the interpreter's end is as quiet."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # standard output is no file
        pass
