"""The official SDK's sessions over a WebSocket, and those of this client: names, keywords, senders."""

import inspect
import sys
from typing import Any, Final, get_type_hints

import pytest

from api_openai import AsyncClient, Client
from api_openai.client.realtime.connect import ConnectOptions, ReconnectingOptions

from ..client.realtime.scripted import HELPERS, connection_of, keywords_of, manager_of
from ..support.methods import at

KINDS: Final = ("blocking", "async")
OWN: Final = {"reconnect"}
"""Keywords that only this client has."""

pytestmark = [
    pytest.mark.parametrize("kind", KINDS),
    pytest.mark.parametrize("helper", HELPERS),
]


def official(helper: str, kind: str) -> Any:
    """The method of the SDK."""
    openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    pytest.importorskip("websockets", reason="the official SDK needs it for sessions")
    client = (openai.OpenAI if kind == "blocking" else openai.AsyncOpenAI)(api_key="k")
    return at(client, helper)


def opened(helper: str, kind: str) -> tuple[Any, Any]:
    """The SDK's classes of manager and connection."""
    manager = get_type_hints(official(helper, kind).__func__)["return"]
    enter = manager.__enter__ if kind == "blocking" else manager.__aenter__
    return manager, get_type_hints(enter)["return"]


def senders(part: Any, way: str = "") -> dict[str, dict[str, bool]]:
    """The typed senders of a connection or a part of the SDK: which keywords, and which are needed."""
    found: dict[str, dict[str, bool]] = {}
    for name, kind in inspect.get_annotations(part).items():
        if not name.startswith("_"):  # by hand: other annotations are of what is imported nowhere
            found |= senders(vars(sys.modules[part.__module__])[kind], f"{way}{name}.")
    members: dict[str, Any] = {**part.__dict__}
    for name, value in members.items():
        if inner := getattr(value, "func", None):
            found |= senders(get_type_hints(inner)["return"], f"{way}{name}.")
        elif way and callable(value) and not name.startswith("_"):
            parameters = [*inspect.signature(value).parameters.values()][1:]
            found[way + name] = {each.name: each.default is each.empty for each in parameters}
    return found


def test_the_same_names(helper: str, kind: str) -> None:
    manager, connection = opened(helper, kind)
    made = manager_of(helper, kind)
    assert type(made).__name__ == manager.__name__
    assert made.connection.__name__ == connection.__name__


def test_the_same_keywords(helper: str, kind: str) -> None:
    theirs = inspect.signature(official(helper, kind)).parameters
    client = Client(api_key="k") if kind == "blocking" else AsyncClient(api_key="k")
    ours = inspect.signature(at(client, helper)).parameters
    kept = ConnectOptions if helper == "beta.realtime.connect" else ReconnectingOptions
    taken = {*ours} - {"options"} | {*kept.__annotations__}
    assert taken - OWN == {*theirs}


def test_the_same_methods(helper: str, kind: str) -> None:
    manager, connection = opened(helper, kind)
    made = manager_of(helper, kind)
    pairs: list[tuple[Any, Any]] = [(manager, made), (connection, made.connection)]
    for theirs, ours in pairs:
        names = {name for name in dir(theirs) if not name.startswith("_")}
        assert names <= {*dir(ours)}


def test_the_same_senders(helper: str, kind: str) -> None:
    _, connection = opened(helper, kind)
    made = connection_of(helper, kind).connection
    theirs = senders(connection)
    assert theirs
    for way, keywords in theirs.items():
        assert keywords_of(at(made, way)) == keywords, way
