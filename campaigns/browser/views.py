"""What is said between the tests and what runs in Pyodide: pickles, over HTTP on loopback."""

from typing import Any, NamedTuple

from tests.support.server import Received

from api_openai.core.websocket.events import Event


class Job(NamedTuple):
    """What is to be done in Pyodide: a scenario, or a function of `checks`."""

    kind: str
    name: str
    emulator: str
    """The base URL of an emulator of its own."""


class Outcome(NamedTuple):
    """How a job went: `failure` is empty, or a traceback."""

    name: str
    failure: str
    value: Any = None


class PeerView(NamedTuple):
    """What a scripted server's side of a connection has noted."""

    number: int
    requests: list[Received]
    received: bytes
    failure: str | None
    heard: list[Event]


class Ran(NamedTuple):
    """How modules of the suite went: `failed` has names, each with the end of what was said."""

    passed: int
    failed: list[tuple[str, str]]
    skipped: dict[str, int]
    """How many were, for which reason."""
