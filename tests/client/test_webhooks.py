"""Webhooks through a client: where the secret comes from, and that nothing is sent or awaited."""

import copy
import pickle
import time
from typing import Any, Final

import pytest

from api_openai import AsyncClient, AzureOpenAI, Client, Secret, webhooks
from api_openai.core.api.types.webhooks import BatchCompletedWebhookEvent
from api_openai.core.api.webhook_delivery import InvalidWebhookSignatureError

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER: Final = "whsec_b3RoZXI="
NOW: Final = 1_700_000_000
BODY: Final = '{"id":"evt_1","type":"batch.completed","created_at":1,"data":{"id":"b"}}'

Either = Client | AsyncClient


def headers(secret: str = SECRET, at: float = NOW) -> dict[str, str]:
    return webhooks.sign(BODY, secret, webhook_id="wh_1", timestamp=at)


@pytest.fixture(params=[Client, AsyncClient])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def taken(client: Either, signer: str = SECRET, **how: Any) -> bool:
    try:
        client.webhooks.verify_signature(BODY, headers(signer), now=NOW, **how)
    except InvalidWebhookSignatureError:
        return False
    return True


def test_unwrap_awaits_nothing(kind: type[Client] | type[AsyncClient]) -> None:
    client: Either = kind(api_key="", webhook_secret=SECRET)
    event = client.webhooks.unwrap(BODY, headers(), now=NOW)
    assert isinstance(event, BatchCompletedWebhookEvent)
    assert event.data.id == "b"
    with pytest.raises(InvalidWebhookSignatureError, match="too old"):
        client.webhooks.unwrap(BODY, headers(), now=NOW + 301)
    client.webhooks.unwrap(BODY, headers(), now=NOW + 301, tolerance=301)


def test_the_wall_clock_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(api_key="", webhook_secret=SECRET)
    monkeypatch.setattr(time, "time", lambda: NOW + 299.5)
    client.webhooks.verify_signature(BODY, headers())
    webhooks.unwrap(BODY, headers(), SECRET)
    monkeypatch.setattr(time, "time", lambda: NOW + 300.5)
    with pytest.raises(InvalidWebhookSignatureError):
        client.webhooks.verify_signature(BODY, headers())
    with pytest.raises(InvalidWebhookSignatureError):
        webhooks.verify_signature(BODY, headers(), SECRET)
    assert webhooks.sign(BODY, SECRET, webhook_id="wh_1")["webhook-timestamp"] == str(NOW + 300)


def test_where_the_secret_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken(Client(api_key="", webhook_secret=Secret(SECRET)))
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    client = Client(api_key="")
    assert taken(client)
    assert not taken(Client(api_key="", webhook_secret=OTHER))
    assert taken(client, OTHER, secret=OTHER)
    assert taken(client.with_options(webhook_secret=OTHER), OTHER)
    assert taken(client.with_options(timeout=5))
    azure = AzureOpenAI(
        azure_endpoint="https://x.example", api_version="1", api_key="k", webhook_secret=SECRET
    )
    assert taken(azure)


def test_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "")
    for client in (
        Client(api_key=""),
        AsyncClient(api_key="", webhook_secret=SECRET).with_options(webhook_secret=None),
    ):
        with pytest.raises(ValueError, match="OPENAI_WEBHOOK_SECRET"):
            client.webhooks.unwrap(BODY, headers(), now=NOW)
    with pytest.raises(ValueError, match="empty"):
        taken(Client(api_key="", webhook_secret=""))


def test_the_secret_does_not_show() -> None:
    client = Client(api_key="", webhook_secret=SECRET)
    shown = [repr(client.webhook_secret), str(vars(client)), repr(client), repr(client.webhooks)]
    assert not any(SECRET[6:] in text for text in shown)
    assert SECRET[6:].encode() not in pickle.dumps(client.webhook_secret)
    assert copy.copy(client.webhook_secret) == Secret(SECRET)


def test_there_is_no_raw_view() -> None:
    client: Any = Client(api_key="", webhook_secret=SECRET)
    for view in ("with_raw_response", "with_streaming_response"):
        with pytest.raises(AttributeError, match=r"no (raw|streaming) view"):
            getattr(client, view).webhooks.unwrap(BODY, headers())
        with pytest.raises(AttributeError, match=r"no (raw|streaming) view"):
            getattr(client.webhooks, view).verify_signature(BODY, headers())


def test_a_strict_client_wants_what_it_knows() -> None:
    body = BODY.replace('{"id":"b"}', "5")
    signed = webhooks.sign(body, SECRET, webhook_id="wh_1", timestamp=NOW)
    client = Client(api_key="", webhook_secret=SECRET)
    data: Any = client.webhooks.unwrap(body, signed, now=NOW).data
    assert data == 5
    strict = client.with_options(strict=True)
    with pytest.raises(webhooks.WebhookPayloadError, match="data"):
        strict.webhooks.unwrap(body, signed, now=NOW)
