"""Typed senders: every event of every session, with each of its fields."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.core.api.client_events import realtime_socket
from api_openai.core.terms.omit import omit

from ...support.clients import settled
from ...support.ports import drive
from .callers import KINDS
from .scripted import HELPERS, connection_of, keywords_of, manager_of

EVENTS: Final = json.loads((Path(__file__).parents[2] / "facts" / "events.json").read_text("utf-8"))
SAID: Final = [(helper, kind) for helper, (union, _) in HELPERS.items() for kind in EVENTS[union]]


def sender(connection: Any, event_type: str) -> Any:
    """The method for a type of event: `session.update` is `connection.session.update`."""
    for name in event_type.split("."):
        connection = getattr(connection, name)
    return connection


def calls(keywords: dict[str, bool]) -> Iterator[dict[str, Any]]:
    """Calls with what is needed, with each other keyword, and with `omit`."""
    least = {name: name for name, needed in keywords.items() if needed}
    yield least
    for name in keywords:
        yield least | {name: "x"}
    yield least | {name: omit for name in keywords if name not in least}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("helper", HELPERS)
def test_every_event_can_be_said(kind: str, helper: str) -> None:
    async def program() -> None:
        made = connection_of(helper, kind)
        for event_type in EVENTS[HELPERS[helper][0]]:
            method = sender(made.connection, event_type)
            for given in calls(keywords_of(method)):
                made.channel.sent.clear()
                assert await settled(method(**given)) is None
                said = {name: value for name, value in given.items() if value is not omit}
                assert made.channel.sent == [{"type": event_type, **said}]

    drive(kind, program)


@pytest.mark.parametrize(("helper", "event_type"), SAID)
def test_wrong_keywords_are_refused_before_anything_is_sent(helper: str, event_type: str) -> None:
    made = connection_of(helper, "blocking")
    method = sender(made.connection, event_type)
    needed = {name: 1 for name, is_needed in keywords_of(method).items() if is_needed}
    with pytest.raises(TypeError, match="no keyword 'type'"):
        method(**needed, type="session.update")
    for name in needed:
        with pytest.raises(TypeError, match=f"'{name}'"):
            method(**{other: 1 for other in needed if other != name})
    with pytest.raises(TypeError):
        method("by place")
    assert made.channel.sent == []


def test_it_looks_like_a_method() -> None:
    made = connection_of("realtime.connect", "blocking")
    method = made.connection.session.update
    assert method.__name__ == "session_update"
    assert "`session.update`" in (inspect.getdoc(method) or "")
    part: Any = made.connection.session.__class__
    assert part.update is realtime_socket.session_update


def test_all_are_on_managers_of_their_kind() -> None:
    for helper in HELPERS:
        name = type(manager_of(helper, "blocking")).__name__
        assert type(manager_of(helper, "asyncio")).__name__ == f"Async{name}"
