"""Pages of other origins: preflights, and what answers let them read."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.__main__ import main
from api_openai.emulator.faults import Status

from .peer import Answer, ask

PAGE = "http://localhost:8000"
PREFLIGHT = {
    "authorization": "",
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def preflight(emulator: Emulator, **more: str) -> Answer:
    return ask(emulator, "OPTIONS", "/v1/responses", headers={**PREFLIGHT, **more})


@pytest.mark.parametrize("origin", ["*", PAGE])
def test_a_preflight_is_allowed_what_it_asks_for(origin: str) -> None:
    emulator = Emulator(cors=origin)
    answer = preflight(emulator)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers.get("vary") == (None if origin == "*" else "origin")
    assert emulator.requests == []


def test_a_page_of_the_internet_may_call_this_machine() -> None:
    more = {"access-control-request-private-network": "true"}
    answer = preflight(Emulator(cors="*"), **more)
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in preflight(Emulator(cors="*")).headers


def test_a_preflight_uses_no_fault_up() -> None:
    emulator = Emulator(cors="*", faults=[Status(503)])
    assert preflight(emulator).status == 204
    assert ask(emulator, "POST", "/v1/chat/completions", CHAT).status == 503


@pytest.mark.parametrize("document", [CHAT, {**CHAT, "stream": True}, {}], ids=str)
def test_an_answer_shows_all_of_its_fields(document: object) -> None:
    answer = ask(Emulator(cors="*"), "POST", "/v1/chat/completions", document)
    assert answer.headers["access-control-allow-origin"] == "*"
    shown = answer.headers["access-control-expose-headers"].split(", ")
    assert {"x-request-id", "x-ratelimit-remaining-requests", "content-type"} <= {*shown}
    assert len(shown) == len({*shown})


def test_a_fault_shows_when_to_come_back() -> None:
    emulator = Emulator(cors="*", faults=[Status(429, headers={"retry-after": "2"})])
    answer = ask(emulator, "POST", "/v1/chat/completions", CHAT)
    assert "retry-after" in answer.headers["access-control-expose-headers"].split(", ")


def test_without_it_pages_are_allowed_nothing() -> None:
    assert preflight(Emulator()).status >= 400
    answer = ask(Emulator(), "POST", "/v1/chat/completions", CHAT)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", ["", "localhost:8000", "http://a/b", "http://a, http://b"])
def test_an_origin_that_is_none(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"cors='.*': expected '\*', or an origin"):
        Emulator(cors=origin)
    with pytest.raises(SystemExit):
        main(["--cors", origin])
    assert "cors=" in capsys.readouterr().err
