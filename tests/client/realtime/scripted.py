"""Connections without a server: what they send is kept."""

import inspect
from types import SimpleNamespace
from typing import Any, Final

from api_openai import AsyncClient, Client
from api_openai.core.json.encode import encode
from api_openai.core.json.values import fields_of
from api_openai.core.terms.json_text import decode_json

from ...support.methods import at

HELPERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "realtime.connect": ("realtime_socket:RealtimeClientEvent", {}),
    "realtime.translations.connect": (
        "realtime_socket:RealtimeTranslationClientEvent",
        {"model": "m"},
    ),
    "beta.realtime.connect": ("beta_realtime_socket:RealtimeClientEvent", {"model": "m"}),
    "live.connect": ("live_socket:ClientEvent", {}),
    "live.sideband.connect": ("live_socket:ConnectClientEvent", {"session_id": "s"}),
    "live.forks.connect": ("live_socket:ForkClientEvent", {"session_id": "s"}),
    "responses.connect": ("responses_socket:ResponsesClientEvent", {}),
    "beta.responses.connect": ("beta_responses_socket:BetaResponsesClientEvent", {}),
}
"""The events that clients send, by the helper that opens their session, and what it needs."""


class Kept:
    """A channel that keeps what it is to send."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = None

    async def send(self, event: object) -> None:
        self.sent.append(fields_of(decode_json(encode(event))))

    def abandon(self) -> None:
        """Do nothing: there is no connection."""


def manager_of(helper: str, kind: str) -> Any:
    """What a helper returns to a kind of caller."""
    client = Client(api_key="k") if kind == "blocking" else AsyncClient(api_key="k")
    return at(client, helper)(**HELPERS[helper][1])


def connection_of(helper: str, kind: str) -> Any:
    """A connection, with what it has sent as `.channel.sent`."""
    manager, channel = manager_of(helper, kind), Kept()
    client = Client(api_key="k") if kind == "blocking" else AsyncClient(api_key="k")
    connection = manager.connection(channel, client, manager._handlers)
    return SimpleNamespace(connection=connection, channel=channel)


def keywords_of(method: Any) -> dict[str, bool]:
    """The keywords of a typed sender, and whether each is needed."""
    parameters = inspect.signature(method).parameters.values()
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters)
    return {each.name: each.default is each.empty for each in parameters}
