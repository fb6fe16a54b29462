"""What the programs beside this share: cases, and the client that each way of using this package hands over.

    python -m campaigns.frameworks.kit with_agno compat [CASE]

runs the cases of one program in the environment of its framework, and prints what came of it as JSON.
"""

import asyncio
import importlib
import inspect
import json
import os
import sys
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import CallFunction, Fault, Say, Status

__all__ = ["WAYS", "Bench", "CallFunction", "Fault", "Say", "Status", "case", "package", "raises"]

WAYS: Final = ("control", "plain", "under", "compat")
"""The SDK's own client; this package's; the SDK's with this client beneath; `api_openai.compat`."""

SECONDS: Final = 60.0
"""How long a case of a loop may take."""

Case = Callable[["Bench"], Any]
CASES: Final[dict[str, Case]] = {}


def package(name: str) -> Any:
    """A module of a framework, which the checks of this project have not installed."""
    return importlib.import_module(name)


def case(function: Case) -> Case:
    """Make a function a case, named by its name."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


class Caught:
    """What a case has caught."""

    error: BaseException | None = None


@contextmanager
def raises(kind: type[Exception]) -> Generator[Any]:
    """Fail unless the body raises an error of a kind; there is no pytest in these environments."""
    caught = Caught()
    try:
        yield caught
    except kind as error:
        caught.error = error
    else:
        raise AssertionError(f"no {kind.__name__}")


class Bench:
    """What a case works with: an emulator, and clients that talk to it."""

    def __init__(self, way: str, emulator: Emulator, url: str) -> None:
        self.way = way
        self.emulator = emulator
        self.url = url
        self.carried = 0
        """Calls that this package's client has carried."""

    def script(self, *faults: Fault) -> None:
        """What the emulator answers from now on."""
        self.emulator.script(*faults)

    @property
    def asked(self) -> str:
        """The body of the latest request."""
        return self.emulator.requests[-1].body.decode()

    def client(self) -> Any:
        """A blocking client."""
        return self._client("OpenAI")

    def async_client(self) -> Any:
        """An async client."""
        return self._client("AsyncOpenAI")

    def _client(self, kind: str) -> Any:
        settings: dict[str, Any] = {"api_key": "sk-test", "base_url": self.url}
        match self.way:
            case "plain":
                home = importlib.import_module("api_openai")
                settings["trace"] = self._note
            case "compat":
                home = importlib.import_module("api_openai.compat")
                settings["trace"] = self._note
            case _:
                home = importlib.import_module("openai")
                settings["max_retries"] = 0
                if self.way == "under":
                    settings["http_client"] = self._above(kind)
        return getattr(home, kind)(**settings)

    def _above(self, kind: str) -> Any:
        httpx2 = package("httpx2")
        beneath = importlib.import_module("api_openai.httpx2")
        if kind == "OpenAI":
            return httpx2.Client(transport=beneath.HTTPTransport(trace=self._note))
        return httpx2.AsyncClient(transport=beneath.AsyncHTTPTransport(trace=self._note))

    def _note(self, event: Any) -> None:
        self.carried += event.kind == "attempt.start"


def run(way: str, only: str = "") -> dict[str, str]:
    """Run the cases: what went wrong with each, nothing where all is right."""
    found: dict[str, str] = {}
    for name, function in CASES.items():
        if only not in name:
            continue
        emulator = Emulator()
        with serve_in_thread(emulator) as url:
            bench = Bench(way, emulator, url)
            os.environ["OPENAI_BASE_URL"] = url
            try:
                answer = function(bench)
                if inspect.iscoroutine(answer):
                    asyncio.run(asyncio.wait_for(answer, SECONDS))
                missed = way != "control" and bench.carried < len(emulator.requests)
                found[name] = "calls went past this client" if missed else ""
                if not emulator.requests:
                    found[name] = "nothing was sent"
            except Exception as error:
                found[name] = f"{type(error).__name__}: {error}"
                if only:
                    raise
    return found


def main(program: str, way: str, only: str = "") -> None:
    """Run a program, and print what came of it as the last line."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("OPENAI_API_KEY", "sk-test")
    importlib.import_module(f"campaigns.frameworks.{program}")
    # Its own name is `__main__`; the programs import it under the other one.
    ran = importlib.import_module("campaigns.frameworks.kit").run(way, only)
    print(json.dumps(ran), flush=True)
    os._exit(0)  # frameworks leave threads behind


if __name__ == "__main__":
    main(*sys.argv[1:])
