"""What errors say of their requests: where they went, and nothing that is a credential."""

from typing import Any

import msgspec
import pytest

from api_openai import (
    APIError,
    CircuitBreaker,
    Client,
    InternalServerError,
    PolicyRefusedError,
)
from api_openai.core.request.asked import asked
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.redaction import Redaction
from api_openai.core.terms.secret import Secret
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Status

from ...support.shapes import CHAT, LIST


def test_method_url_and_header_fields() -> None:
    endpoint = Endpoint(
        "https://api.test/v1",
        api_key=Secret("sk-0123456789"),
        headers={"X-Title": "t", "X-Token": "secret", "User-Agent": None},
        query={"api-version": "1", "sig": "secret"},
    )
    options: dict[str, Any] = {"extra_headers": {"Idempotency-Key": "i"}, "extra_query": {"key": 1}}
    found = asked(endpoint, LIST({"limit": 2, **options}), Redaction())
    assert found.method == "GET"
    where = "https://api.test/v1/items?api-version=1&sig=***&limit=2&key=***"
    assert found.url == where
    fields = {"x-title": "t", "x-token": "***", "idempotency-key": "i"}
    assert dict(found.headers) == fields
    assert asked(endpoint, LIST({"limit": 2, **options}), Redaction()) == found


def test_where_a_model_is_in_the_path() -> None:
    endpoint = Endpoint("https://api.test", deployments=True, models={"m": "theirs"})
    operation = msgspec.structs.replace(CHAT({"model": "m"}), path="/chat/completions")
    found = asked(endpoint, operation, Redaction(Secret("deployments/theirs")))
    assert found.url == "https://api.test/***/chat/completions"


def test_what_a_policy_held_back_says_where_it_would_have_gone() -> None:
    breaker = CircuitBreaker(failures=1, open_seconds=30)
    emulator = Emulator()
    emulator.script(Status(500))
    client = Client(api_key="k", transport=MemoryTransport(emulator), circuit_breaker=breaker)
    for kind in (InternalServerError, PolicyRefusedError):
        with pytest.raises(kind) as caught:
            client.models.list()
        error = caught.value
        assert isinstance(error, APIError)
        assert error.request is not None
        assert error.request.url == "https://api.openai.com/v1/models"
