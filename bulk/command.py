"""The command `python -m api_openai.bulk`: a run from the shell, or a batch of the API."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TextIO

from ..client.client import AsyncClient, Client
from ..client.secrets.secret import Secret
from ..core.terms.errors import APIError, OpenAIError
from .batches import BatchFailedError, batch
from .progress import lines
from .run import Stop, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..core.api.types.batches import Batch
    from .progress import Summary

__all__ = ["main", "usage"]

STANDARD: Final = "-"
"""Standard input, in the place of a file."""
DONE: Final = 0
SOME_FAILED: Final = 1
"""Exit code where rows have failed, the run has ended before its source, or the API has refused it."""
WRONG: Final = 2
"""Exit code for arguments and files that are not as they should be."""
INTERRUPTED: Final = 130
_BASE_URL: Final = ("base_url=", "--base-url, OPENAI_BASE_URL: ")


def main(given: "Sequence[str] | None" = None, *, output: "TextIO | None" = None) -> int:
    """Run the command with these arguments, by default the process's own; return its exit code."""
    arguments = [*sys.argv[1:]] if given is None else [*given]
    sends = arguments[:1] == ["batch"]
    parser = _batch_parser() if sends else _run_parser()
    asked = parser.parse_args(arguments[1:] if sends else arguments)
    try:
        summary = _send(asked) if sends else _run(asked)
    except KeyboardInterrupt:
        way_on = (
            "--batch-id goes on waiting for a batch that was sent" if sends else "--resume goes on"
        )
        print(f"interrupted; {way_on}", file=sys.stderr)
        return INTERRUPTED
    except (APIError, BatchFailedError) as error:
        print(f"{parser.prog}: {_as_typed(str(error), sends)}", file=sys.stderr)
        return SOME_FAILED
    except (OpenAIError, OSError, ValueError, TypeError, ImportError) as error:
        print(f"{parser.prog}: {_as_typed(str(error), sends)}", file=sys.stderr)
        return WRONG
    if output is None and _is_standard_output(asked.results):
        output = sys.stderr  # or the summary would be a line of the results
    print(summary, file=output)
    ended_well = not (summary.failed or summary.failed_before or summary.stopped)
    return DONE if ended_well else SOME_FAILED


def usage(given: "Sequence[str]") -> str:
    """What the command takes: of a batch where its word is the first."""
    return (_batch_parser() if given[:1] == ["batch"] else _run_parser()).format_usage()


def _is_standard_output(path: str) -> bool:
    """Whether it is the file that the shell has led standard output into."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # a standard output that is none
        return False


def _as_typed(message: str, sends: bool) -> str:
    """What a function says of its arguments, in the words of the command."""
    message = message.replace(
        "resume=True (--resume) goes on where they end",
        "name another file" if sends else "--resume goes on where they end",
    )
    for name, typed in (("out=", "results="), ("source: ", "rows: "), ("run ", "--"), _BASE_URL):
        if message.startswith(name):
            return typed + message.removeprefix(name)
    message = message.replace("(max_wait_seconds)", "(--max-wait)")
    return message.replace("progress='bar'", "--progress bar")


def _count(least: int) -> "Callable[[str], int]":
    """A whole number of an option, of at least `least`."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if (number := int(text)) >= least:
                return number
        raise ArgumentTypeError(f"expected a whole number of {least} or more, not {text!r}")

    return read


def _number(*, above: bool = False) -> "Callable[[str], float]":
    """A number of an option: 0 or more, or with `above` more than 0."""

    def read(text: str) -> float:
        with suppress(ValueError):
            number = float(text)
            if isfinite(number) and number >= 0 and not (above and number == 0):
                return number
        expected = "above 0" if above else "of 0 or more"
        raise ArgumentTypeError(f"expected a number {expected}, not {text!r}")

    return read


def _results(text: str) -> str:
    """The path of a file; `-` is none."""
    if text == STANDARD:
        raise ArgumentTypeError(
            "expected a file, not '-': results are read and cut there, so that a run can go on"
        )
    return text


def _parser(prog: str, what: str) -> ArgumentParser:
    parser = ArgumentParser(prog=prog, description=what)
    parser.add_argument(
        "rows", help="file of rows: custom_id, method, url, body (JSON lines); - is standard input"
    )
    parser.add_argument("results", type=_results, help="file that gets a row for each")
    parser.add_argument("--base-url", help="server; by default OPENAI_BASE_URL, or the API")
    parser.add_argument(
        "--key-variable",
        metavar="NAME",
        default="OPENAI_API_KEY",
        help="environment variable with the key (%(default)s)",
    )
    return parser


def _run_parser() -> ArgumentParser:
    parser = _parser(
        "python -m api_openai.bulk",
        "Send rows side by side. With the word 'batch' before them, as a batch of the API.",
    )
    add = parser.add_argument
    add("--concurrency", type=_count(1), default=32, metavar="N", help="rows at once (%(default)s)")
    add("--retries", type=_count(0), metavar="N", help="how often a row is tried again (0)")
    add("--rpm", type=_number(above=True), metavar="N", help="requests a minute")
    add("--tpm", type=_number(above=True), metavar="N", help="tokens a minute")
    add("--follow-limits", action="store_true", help="heed the server's x-ratelimit fields")
    add("--timeout", type=_number(above=True), metavar="S", help="seconds of one call (600)")
    add("--resume", action="store_true", help="go on where the results end")
    add("--redo-failed", action="store_true", help="as --resume, and do failed rows again")
    add("--max-errors", type=_count(1), metavar="N", help="stop after so many failed rows")
    add("--max-requests", type=_count(1), metavar="N", help="stop after so many requests")
    add("--max-tokens", type=_count(1), metavar="N", help="stop after so many tokens")
    add("--seconds", type=_number(), metavar="S", help="stop after so many seconds")
    add(
        "--progress",
        choices=("bar", "log", "none"),
        help="bar in a terminal (needs tqdm), lines, or nothing",
    )
    return parser


def _batch_parser() -> ArgumentParser:
    parser = _parser(
        "python -m api_openai.bulk batch", "Send rows as a batch of the API, and wait."
    )
    add = parser.add_argument
    add("--batch-id", metavar="ID", help="go on waiting for a batch that was sent before")
    add("--completion-window", default="24h", help="within which it is to be done (%(default)s)")
    add("--poll-interval", type=_number(), metavar="S", help="seconds between two looks (30)")
    add("--max-wait", type=_number(), metavar="S", help="seconds to wait at most")
    return parser


def _settings(asked: Namespace) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "api_key": Secret.load_with_fallbacks(asked.key_variable, checked=False)
    }
    if asked.base_url is not None:
        settings["base_url"] = asked.base_url
    return settings


def _run(asked: Namespace) -> "Summary":
    """Run rows under asyncio. The first Ctrl-C lets rows under way end, the second does not."""
    import asyncio
    import signal

    from .standard_input import StandardInput

    settings = _settings(asked)
    if asked.timeout is not None:
        settings["timeout"] = asked.timeout
    progress, total = _progress(asked)
    stop = Stop()
    entering = StandardInput() if asked.rows == STANDARD else None

    async def program() -> "Summary":
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            loop.remove_signal_handler(signal.SIGINT)
            print("\nending with the rows under way; Ctrl-C again ends at once", file=sys.stderr)
            stop("interrupted")
            if entering is not None:
                entering.end()

        try:
            loop.add_signal_handler(signal.SIGINT, interrupt)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # a system without, or a thread that is not the main one
        async with AsyncClient(**settings) as client:
            return await run(
                asked.rows if entering is None else entering.rows(),
                asked.results,
                client,
                concurrency=asked.concurrency,
                retries=asked.retries,
                requests_per_minute=asked.rpm,
                tokens_per_minute=asked.tpm,
                follow_limits=asked.follow_limits,
                resume="failed" if asked.redo_failed else asked.resume,
                max_errors=asked.max_errors,
                max_requests=asked.max_requests,
                max_tokens=asked.max_tokens,
                seconds=asked.seconds,
                stop=stop,
                progress=progress,
                total=total,
            )

    return asyncio.run(program())


def _progress(asked: Namespace) -> "tuple[Any, int | None]":
    """How to show progress, and how many rows there are."""
    kind = asked.progress
    if kind is None:
        kind = "bar" if sys.stderr.isatty() and _has_bar() else "none"
    if kind == "none":
        return None, None
    if kind == "log":
        return lines(_line), _rows_in(asked.rows)
    return "bar", _rows_in(asked.rows)


def _line(progress: object) -> None:
    print(progress, file=sys.stderr)


def _has_bar() -> bool:
    from importlib.util import find_spec

    return find_spec("tqdm") is not None


def _rows_in(path: str) -> int | None:
    """How many rows there are: of standard input nobody knows."""
    if path == STANDARD:
        return None
    with open(path, "rb") as file:
        return sum(1 for line in file if line.strip())


def _rows_of_input() -> list[bytes]:
    return [line for line in sys.stdin.buffer if line.strip()]


def _send(asked: Namespace) -> "Summary":
    def created(made: "Batch") -> None:
        print(f"{made.id}: sent; --batch-id {made.id} goes on waiting for it", file=sys.stderr)

    with Client(**_settings(asked)) as client:
        return batch(
            _rows_of_input() if asked.rows == STANDARD else asked.rows,
            asked.results,
            client,
            batch_id=asked.batch_id,
            completion_window=asked.completion_window,
            poll_interval=asked.poll_interval,
            max_wait_seconds=asked.max_wait,
            created=created,
        )
