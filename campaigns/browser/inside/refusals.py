"""What Pyodide, the interpreter in it and the archive have not, and how a test hears of it."""

import asyncio
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import pytest

_NO_SOCKETS: Final = "no sockets here"
_ONE_LOOP: Final = "there is one event loop here"
_SAID: Final = {
    "can't start new thread": "no threads",
    "does not support processes": "no processes",
    "Already running asyncio in this thread": "no event loop of one's own",
    _ONE_LOOP: "no event loop of one's own",
    _NO_SOCKETS: "no sockets",
    "leave it out in Pyodide": "no settings of networks",
    "/site-packages/docs/": "no pages in the archive",
    f"{__package__}.stand_ins.": "no httpx",
    "'_StandIn' object": "no trio",
}
_PACKAGES: Final = {"anyio", "httpx", "httpx2", "openai", "pydantic", "redis", "trio"}
_FOLDERS: Final = {"campaigns", "codegen", "examples", "benchmarks"}


def refusal(error: BaseException) -> str | None:
    """What is not there, where that is why a test failed."""
    for each in _chain(error):
        if isinstance(each, ModuleNotFoundError):
            name = (each.name or "").partition(".")[0]
            if name in _PACKAGES:
                return f"no {name}"
            if name in _FOLDERS:
                return f"no {name} in the archive"
        for words, why in _SAID.items():
            if words in str(each) and not isinstance(each, AssertionError):
                return why
    return None


@contextmanager
def refusing() -> Generator[None]:
    """Refuse what is made here, and does no good: sockets connect to anybody, a loop ends this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "__init__", _refused(_NO_SOCKETS))
        patch.setattr(asyncio.BaseEventLoop, "__new__", _refused(_ONE_LOOP))
        for module in (asyncio, asyncio.events):
            patch.setattr(module, "new_event_loop", _refused(_ONE_LOOP))
        yield


def _refused(words: str) -> Callable[..., NoReturn]:
    def refuse(*args: object, **options: object) -> NoReturn:
        raise OSError(words)

    return refuse


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for each in getattr(error, "exceptions", ()):  # of a group
            yield from _chain(each)
        error = error.__cause__ or error.__context__
