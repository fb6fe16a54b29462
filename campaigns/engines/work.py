"""What both engines do in the tests, in a module that their workers import."""

import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from api_openai.bulk.recipe import Recipe, SharedLimit
from api_openai.operations import chat
from api_openai.types.chat import ChatCompletion

from .counting import CountingServer

__all__ = [
    "KEY",
    "KEY_NAME",
    "Errors",
    "ask",
    "die_once",
    "never_more_than",
    "recipe",
    "repeated",
    "shared",
]

KEY_NAME: Final = "KEY_OF_ENGINES"
KEY: Final = "sk-engines-0123456789abcdefghijklmnop"
SLACK: Final = 0.3
"""Seconds that a request may be on its way from being let through to being counted, on a busy machine."""


def ask(row: dict[str, Any]) -> Any:
    """An operation that asks for the text of a row; a row with `kill` ends its process the first time."""
    if marker := row.get("kill"):
        die_once(marker)
    return chat.completions_create(model="m", messages=[{"role": "user", "content": row["text"]}])


def die_once(marker: str) -> None:
    """Kill this process, unless the file `marker` says that one was."""
    if not os.path.exists(marker):
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die() -> NoReturn:
    """Kill this process; a recipe whose worker never gets a client."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it lives")


def recipe(server: CountingServer, **settings: Any) -> Recipe:
    """How workers make their clients."""
    return Recipe(api_key=KEY_NAME, base_url=server.url, **settings)


def shared(name: str, requests: float, seconds: float, burst: float, lease: int) -> SharedLimit:
    """A limit that all processes share."""
    return SharedLimit(
        name,
        requests=requests,
        seconds=seconds,
        burst=burst,
        when_lost="refuse",
        url_from="LIMITS_OF_ENGINES",
        timeout=10.0,
        lease=lease,
        lease_seconds=0.1,
    )


def never_more_than(times: Sequence[float], rate: float, burst: float) -> None:
    """Fail where more than `burst + rate x seconds` came in any stretch of time, late ones aside."""
    at = sorted(times)
    for first in range(len(at)):
        for last in range(first, len(at), 10):
            count, seconds = last - first + 1, at[last] - at[first]
            assert count <= burst + rate * (seconds + SLACK), (count, seconds)


def repeated(asked: Counter[str]) -> int:
    """How many requests were made again."""
    return sum(count - 1 for count in asked.values())


class Errors:
    """Functions of tasks: what they raise and return has to cross borders whole."""

    @staticmethod
    def refused(url: str) -> None:
        """Raise a `BadRequestError`."""
        _client(url).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "no"}]
        )

    @staticmethod
    def unreachable() -> None:
        """Raise an `APIConnectionError`."""
        _client("http://127.0.0.1:1/v1").models.list()

    @staticmethod
    def answer(url: str, operation: Any) -> ChatCompletion:
        """Send an operation that came from another process."""
        found: ChatCompletion = _client(url).send(operation)
        return found


def _client(url: str) -> Any:
    from api_openai import Client

    return Client(api_key=os.environ[KEY_NAME], base_url=url)
