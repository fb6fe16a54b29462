"""The eight ways to open a session: URL, query and header fields of the handshake."""

from typing import Any

import pytest

from api_openai import AzureOpenAI, Client, OpenAIError
from api_openai.core.api.type_names import codec_of
from api_openai.core.realtime.kinds import KINDS
from api_openai.core.request.endpoint import Endpoint


def target(name: str, *path: str, endpoint: Endpoint | None = None, **params: Any) -> str:
    operation = KINDS[name].blueprint(params, *path)
    return (endpoint or Endpoint("https://h/v1")).ship(operation).target.decode()


@pytest.mark.parametrize(
    ("name", "path", "params", "expected"),
    [
        ("realtime.connect", (), {"model": "m"}, "/v1/realtime?model=m"),
        ("realtime.connect", (), {"call_id": "rtc_1"}, "/v1/realtime?call_id=rtc_1"),
        ("realtime.connect", (), {}, "/v1/realtime"),
        ("beta.realtime.connect", (), {"model": "m"}, "/v1/realtime?model=m"),
        ("realtime.translations.connect", (), {"model": "m"}, "/v1/realtime/translations?model=m"),
        ("responses.connect", (), {}, "/v1/responses"),
        ("beta.responses.connect", (), {}, "/v1/responses"),
        ("live.connect", (), {}, "/v1/live/sessions"),
        (
            "live.sideband.connect",
            ("s/1",),
            {"graceful_close": True},
            "/v1/live/sessions/s%2F1/attach?graceful_close=true",
        ),
        ("live.forks.connect", ("s1",), {}, "/v1/live/sessions/s1/fork"),
        (
            "realtime.connect",
            (),
            {"extra_query": {"intent": "transcription", "model": "x y"}, "model": "m"},
            "/v1/realtime?model=x%20y&intent=transcription",
        ),
    ],
)
def test_where(name: str, path: tuple[str, ...], params: dict[str, Any], expected: str) -> None:
    assert target(name, *path, **params) == expected


def test_the_query_of_the_base_url_and_the_default_one_come_first() -> None:
    endpoint = Endpoint("https://h/v1?tenant=t&model=base", query={"zone": "z"})
    assert (
        target("realtime.connect", endpoint=endpoint, model="m")
        == "/v1/realtime?tenant=t&zone=z&model=m"
    )


@pytest.mark.parametrize("scheme", ["http", "ws", "https", "wss"])
def test_sessions_begin_as_requests(scheme: str) -> None:
    origin = Endpoint(f"{scheme}://h/v1").origin
    assert origin.scheme == ("https" if scheme in ("https", "wss") else "http")


def test_the_beta_says_so() -> None:
    operation = KINDS["beta.realtime.connect"].blueprint({"model": "m"})
    assert operation.headers == (("openai-beta", "realtime=v1"),)
    with pytest.raises(TypeError, match="'model'"):
        KINDS["beta.realtime.connect"].blueprint({})


def azure(**settings: Any) -> Endpoint:
    return AzureOpenAI(api_key="k", api_version="V", **settings).endpoint


@pytest.mark.parametrize(
    ("settings", "params", "expected"),
    [
        (
            {"azure_endpoint": "https://r.example"},
            {"model": "d"},
            "/openai/realtime?api-version=V&deployment=d",
        ),
        (
            {"azure_endpoint": "https://r.example", "azure_deployment": "dep"},
            {"model": "d"},
            "/openai/realtime?api-version=V&deployment=dep",
        ),
        (
            {"base_url": "https://r.example/openai/v1/"},
            {"model": "d", "call_id": "c"},
            "/openai/v1/realtime?api-version=V&model=d&call_id=c",  # v1 finds it by its model
        ),
    ],
)
def test_azure_names_a_deployment(
    settings: dict[str, Any], params: dict[str, Any], expected: str
) -> None:
    assert target("realtime.connect", endpoint=azure(**settings), **params) == expected


def test_azure_needs_a_model() -> None:
    with pytest.raises(OpenAIError, match="model"):
        target("realtime.connect", endpoint=azure(azure_endpoint="https://r.example"), call_id="c")
    other = azure(azure_endpoint="https://r.example")
    assert target("responses.connect", endpoint=other) == "/openai/responses?api-version=V"


@pytest.mark.parametrize("name", KINDS)
def test_events_have_their_types(name: str) -> None:
    answer: Any = KINDS[name].blueprint.answer
    event: Any = codec_of(answer.type).decode(b'{"type":"never.heard.of","a":1}')
    assert (type(event).__name__, event.type) == ("Unknown", "never.heard.of")


def test_a_base_url_for_sessions_alone() -> None:
    client = Client(api_key="k", websocket_base_url="ws://other/v2")
    assert client.websocket_base_url == "ws://other/v2"
    assert client.with_options(timeout=3).websocket_base_url == "ws://other/v2"
    assert client.with_options(base_url="https://elsewhere/v1").websocket_base_url is None
    assert client.with_options(websocket_base_url=None).websocket_base_url is None
    with pytest.raises(ValueError, match="websocket_base_url='ftp://x'"):
        Client(api_key="k", websocket_base_url="ftp://x")
