"""The eight `connect` methods: what is asked for, and what is refused before."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from api_openai import AsyncClient, AzureOpenAI, Client, OpenAIError, Reconnect
from api_openai.core.terms.omit import omit

from ...support.methods import at
from .callers import CREATED
from .peer import DROP, Peer
from .scripted import HELPERS

TARGETS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "realtime.connect": ({"model": "m", "call_id": "c"}, "/v1/realtime?model=m&call_id=c"),
    "realtime.translations.connect": ({"model": "m"}, "/v1/realtime/translations?model=m"),
    "beta.realtime.connect": ({"model": "m"}, "/v1/realtime?model=m"),
    "live.connect": ({}, "/v1/live/sessions"),
    "live.sideband.connect": (
        {"session_id": "s/1", "graceful_close": True},
        "/v1/live/sessions/s%2F1/attach?graceful_close=true",
    ),
    "live.forks.connect": ({"session_id": "s"}, "/v1/live/sessions/s/fork"),
    "responses.connect": ({}, "/v1/responses"),
    "beta.responses.connect": ({}, "/v1/responses"),
}

each_helper = pytest.mark.parametrize("helper", HELPERS)


def needed(helper: str) -> dict[str, Any]:
    """What a helper cannot do without."""
    return dict(HELPERS[helper][1])


@contextmanager
def asked(make: Any = Client, **options: Any) -> Generator[tuple[Any, Peer]]:
    """A blocking client, and the server that it asks."""
    with (
        Peer([CREATED]) as peer,
        make(**{"api_key": "key", "base_url": peer.url, **options}) as client,
    ):
        yield client, peer


@each_helper
def test_where_it_is(helper: str) -> None:
    given, target = TARGETS[helper]
    with asked() as (client, peer), at(client, helper)(**given) as connection:
        assert connection.recv().type == "session.created"
    (session,) = peer.sessions
    assert session.target == target
    assert session.fields["authorization"] == "Bearer key"
    assert session.fields.get("openai-beta") == (
        "realtime=v1" if helper == "beta.realtime.connect" else None
    )


@each_helper
def test_the_callers_query_and_fields_come_last(helper: str) -> None:
    given = needed(helper) | {
        "extra_query": {"model": "mine", "flag": True},
        "extra_headers": {"X-Mine": "1", "authorization": "Bearer other", "user-agent": omit},
    }
    options = {"default_query": {"zone": "z"}, "default_headers": {"x-mine": "0"}}
    with asked(**options) as (client, peer), at(client, helper)(**given):
        pass
    (session,) = peer.sessions
    query = session.target.partition("?")[2]
    assert query == "zone=z&model=mine&flag=true"
    assert session.fields["x-mine"] == "1"
    assert session.fields["authorization"] == "Bearer other"
    assert "user-agent" not in session.fields


@each_helper
def test_a_base_url_of_its_own(helper: str) -> None:
    with Peer([CREATED]) as peer:
        url = peer.url.replace("http", "ws").replace("v1", "v2")
        client = Client(api_key="key", base_url="http://nowhere.test/v1", websocket_base_url=url)
        with at(client, helper)(**needed(helper)):
            pass
    (session,) = peer.sessions
    assert session.target.startswith("/v2/")


@each_helper
@pytest.mark.parametrize("view", ["raw", "streaming"])
def test_there_is_no_other_view(helper: str, view: str) -> None:
    for client in (Client(api_key="k"), AsyncClient(api_key="k")):
        call = at(getattr(client, f"with_{view}_response"), helper)
        with pytest.raises(AttributeError, match=f"no {view} view"):
            call(**needed(helper))


@each_helper
def test_an_unknown_keyword(helper: str) -> None:
    call = at(Client(api_key="k"), helper)
    with pytest.raises(TypeError, match="'extra_querry'; the nearest known one is 'extra_query'"):
        call(**needed(helper), extra_querry={})
    with pytest.raises(TypeError, match="no keyword 'timeout'"):
        call(**needed(helper), timeout=3)


@each_helper
def test_options_are_read_before_anything_is_opened(helper: str) -> None:
    call = at(Client(api_key="k"), helper)
    with pytest.raises(TypeError, match=r"websocket_connection_options\['proxy'\]"):
        call(**needed(helper), websocket_connection_options={"proxy": None})
    with pytest.raises(ValueError, match="max_size=-1"):
        call(**needed(helper), websocket_connection_options={"max_size": -1})
    with pytest.raises(TypeError, match="reconnect=3"):
        call(**needed(helper), reconnect=3)
    call(**needed(helper), reconnect=Reconnect())


def test_the_old_beta_has_no_keywords_of_reconnecting() -> None:
    call: Any = Client(api_key="k").beta.realtime.connect
    for name in ("on_reconnecting", "max_retries", "initial_delay", "max_delay", "max_queue_size"):
        with pytest.raises(TypeError, match=f"no keyword '{name}'"):
            call(model="m", **{name: 1})


@pytest.mark.parametrize("helper", ["live.sideband.connect", "live.forks.connect"])
@pytest.mark.parametrize("wrong", ["", ".."], ids=["empty", "dots"])
def test_a_session_id_that_names_none(helper: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=f"session_id='{wrong}'"):
        at(Client(api_key="k"), helper)(session_id=wrong)


@pytest.mark.parametrize("helper", ["realtime.translations.connect", "beta.realtime.connect"])
def test_a_model_that_is_missing(helper: str) -> None:
    call = at(Client(api_key="k"), helper)
    with pytest.raises(TypeError, match="model"):
        call()
    with pytest.raises(TypeError, match="model"):
        call(model=omit)


@each_helper
def test_live_sessions_may_have_more_waiting(helper: str) -> None:
    manager = at(Client(api_key="k"), helper)(**needed(helper))
    manager.send({"type": "x", "audio": "a" * 700_000})
    if helper.startswith("live"):
        manager.send({"type": "x", "audio": "a" * 700_000})
    else:
        with pytest.raises(OpenAIError, match="max_queue_size=1048576"):
            manager.send({"type": "x", "audio": "a" * 700_000})


def test_a_key_that_is_asked_for_each_time() -> None:
    keys = iter("ab")
    with Peer([CREATED], [CREATED]) as peer:
        client = Client(api_key=lambda: next(keys), base_url=peer.url)
        manager = client.responses.connect()
        for _ in range(2):
            with manager:
                pass
    fields = [session.fields["authorization"] for session in peer.sessions]
    assert fields == ["Bearer a", "Bearer b"]


def test_a_session_that_is_opened_anew_asks_for_a_key_anew() -> None:
    keys = iter("ab")
    with Peer([CREATED, DROP], [CREATED]) as peer:
        client = Client(api_key=lambda: next(keys), base_url=peer.url)
        with client.realtime.connect(model="m", reconnect=Reconnect(initial_delay=0)) as connection:
            kinds = [connection.recv().type for _ in range(3)]
    assert [session.fields["authorization"] for session in peer.sessions] == [
        "Bearer a",
        "Bearer b",
    ]
    assert kinds[0] == kinds[2] == "session.created"


def test_azure_names_a_deployment() -> None:
    with Peer([CREATED]) as peer:
        where = peer.url.removesuffix("/v1")
        client = AzureOpenAI(api_key="key", azure_endpoint=where, api_version="V")
        with client.realtime.connect(model="d"):
            pass
    (session,) = peer.sessions
    assert session.target == "/openai/realtime?api-version=V&deployment=d"
    assert session.fields["api-key"] == "key"


def test_a_session_needs_a_key() -> None:
    client = Client(admin_api_key="a", base_url="http://nowhere.test/v1")
    with pytest.raises(OpenAIError, match="api_key"):
        client.realtime.connect(model="m").enter()
