"""What is agreed when a session is opened, and opened again."""

import typing

from api_openai import types
from api_openai.core.api.session_options import ReconnectingEvent


def test_an_event_shows_no_credential() -> None:
    event = types.ReconnectingEvent(
        attempt=1,
        max_attempts=5,
        delay=0.5,
        close_code=1006,
        extra_query={"code": "sk-query"},
        extra_headers={"Authorization": "Bearer sk-header"},
    )
    assert isinstance(event, ReconnectingEvent)
    assert "sk-" not in repr(event)
    assert "close_code=1006" in repr(event)


def test_options_of_async_callers_are_those_of_blocking_ones_and_more() -> None:
    assert types.WebsocketConnectionOptions is types.WebSocketConnectionOptions
    more = typing.get_type_hints(types.WebSocketConnectionOptions)
    assert more.keys() - typing.get_type_hints(types.SyncWebSocketConnectionOptions).keys() == {
        "write_limit"
    }
    overrides = typing.get_type_hints(types.ReconnectingOverrides)
    assert set(overrides) == {"extra_query", "extra_headers", "abort"}
