"""Each kind of client at a `Peer`, so that one test is for all of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from api_openai import AsyncClient, Client

from ...support.clients import settled
from ...support.ports import drive
from .peer import Peer, Session, Step

T = TypeVar("T")
KINDS: Final = ("blocking", "asyncio", "trio")

CREATED: Final[Step] = {
    "type": "session.created",
    "event_id": "e0",
    "session": {"type": "realtime"},
}


def delta(text: str) -> dict[str, Any]:
    """An event as `client.realtime` hears them."""
    return {
        "type": "response.output_text.delta",
        "event_id": text,
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    }


def client_of(kind: str, peer: Peer, **options: Any) -> Any:
    """A client whose server is `peer`."""
    make: Any = Client if kind == "blocking" else AsyncClient
    return make(**{"api_key": "k", "base_url": peer.url, **options})


def play(
    kind: str, scenario: Callable[[Any], Awaitable[T]], *scripts: Sequence[Step]
) -> tuple[T, list[Session]]:
    """Run a scenario with a client, and return what it returned and what the server has seen."""
    with Peer(*scripts) as peer:

        async def program() -> T:
            client = client_of(kind, peer)
            try:
                return await scenario(client)
            finally:
                await settled(client.close())

        result = drive(kind, program)
        peer.join()
        return result, peer.sessions
