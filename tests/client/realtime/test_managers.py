"""What `connect` returns: entering, before entering, entering again."""

from collections.abc import Callable
from typing import Any

import pytest

from api_openai import InternalServerError, WebSocketQueueFullError
from api_openai.core.websocket.events import Close

from ...support.clients import gathered, settled
from .callers import CREATED, KINDS, play
from .peer import HEAR, Refusal

pytestmark = pytest.mark.parametrize("kind", KINDS)

CLOSE = Close(1000, "")
UPDATE = {"type": "session.update", "session": {"type": "realtime"}}


async def in_blocks(kind: str, outer: Any, inner: Any) -> tuple[Any, Any]:
    """Enter one manager within another."""
    if kind == "blocking":
        with outer as one, inner as two:
            return one, two
    async with outer as one, inner as two:
        return one, two


def test_events_before_entering_are_sent_first(kind: str) -> None:
    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m")
        assert manager.send(UPDATE) is None
        manager.send({"type": "response.create"})
        connection = await settled(manager.enter())
        await settled(connection.send({"type": "last"}))
        await settled(connection.close())

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.heard == [UPDATE, {"type": "response.create"}, {"type": "last"}]


def test_the_queue_has_a_limit(kind: str) -> None:
    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m", max_queue_size=20)
        manager.send({"type": "a"})
        with pytest.raises(WebSocketQueueFullError, match="max_queue_size=20"):
            manager.send({"type": "b"})
        with pytest.raises(TypeError, match="send_raw"):
            manager.send('{"type":"c"}')
        connection = await settled(manager.enter())
        await settled(connection.close())

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.heard == [{"type": "a"}]


def test_a_refused_manager_keeps_what_was_to_be_sent(kind: str) -> None:
    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m")
        manager.send(UPDATE)
        with pytest.raises(InternalServerError):
            await settled(manager.enter())
        connection = await settled(manager.enter())
        await settled(connection.close())

    _, (_, session) = play(kind, scenario, [Refusal("503 Busy", {})], [CREATED])
    assert session.heard == [UPDATE]


def test_handlers_before_entering_are_on_each_connection(kind: str) -> None:
    seen: list[str] = []

    def note(name: str) -> Callable[[object], None]:
        return lambda _: seen.append(name)

    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m")
        assert manager.on("session.created", note("on")) is manager
        assert manager.once("event", note("once")) is manager
        unwanted = manager.on("event")(note("unwanted"))
        assert manager.off("event", unwanted) is manager
        for _ in range(2):
            connection = await settled(manager.enter())
            connection.on("event", note("of this one"))
            await settled(connection.send(UPDATE))
            await settled(connection.dispatch_events())

    play(kind, scenario, *2 * [[CREATED, HEAR, CLOSE]])
    assert seen == 2 * ["on", "once", "of this one"]


def test_entering_twice_connects_twice(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        manager = client.realtime.connect(model="m")
        one, two = await in_blocks(kind, manager, manager)
        assert one is not two
        assert await gathered(one) == await gathered(two) == []

    _, sessions = play(kind, scenario, [CREATED], [CREATED])
    assert [each.close for each in sessions] == 2 * [CLOSE]


def test_it_says_whose_it_is(kind: str) -> None:
    async def scenario(client: Any) -> None:
        shown = repr(client.realtime.connect(model="m"))
        assert (
            shown
            == f"<{'' if kind == 'blocking' else 'Async'}RealtimeConnectionManager of {client!r}>"
        )

    play(kind, scenario)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("session.created", 3), "handler=3"),
        ((3, print), "event_type=3"),
        ((3,), "event_type=3"),
    ],
    ids=["no function", "no type", "no type of a decorator"],
)
def test_handlers_that_are_none(kind: str, given: Any, named: str) -> None:
    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m")
        for method in (manager.on, manager.once):
            with pytest.raises(TypeError, match=named):
                method(*given)

    play(kind, scenario)
