"""Policies with nginx: what it answers, or does not, and what is decided about it."""

import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from tests.support.clients import settled
from tests.support.raw import unused

from api_openai import (
    APIError,
    CircuitBreaker,
    Endpoint,
    Failover,
    Health,
    Hedge,
    PolicyRefusedError,
    RateLimit,
    Retry,
    Secret,
)

from . import peers
from .sessions import KINDS, play

SETTINGS: Final = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  limit_req_zone $server_port zone=all:1m rate=1r/s;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port};
    location = /ok/v1/models {{ return 200 '{{"object": "list", "data": []}}'; }}
    location /ok/ {{
      return 200 '{{"id": "m", "object": "model", "created": 1, "owned_by": "nginx"}}';
    }}
    location /401/ {{ return 401; }}
    location /429/ {{ return 429; }}
    location /429-after/ {{ add_header Retry-After 1 always; return 429; }}
    location /429-dropped/ {{ add_header Retry-After 1; return 429; }}
    location /444/ {{ return 444; }}
    location /502/ {{ proxy_pass http://127.0.0.1:{dead}; }}
    location /503/ {{ return 503; }}
    location /503-after/ {{ add_header Retry-After 1 always; return 503; }}
    location /503-long/ {{ add_header Retry-After 3600 always; return 503; }}
    location /503-date/ {{
      add_header Retry-After "Fri, 01 Jan 2100 00:00:00 GMT" always;
      return 503;
    }}
    location /504/ {{ proxy_read_timeout 1s; proxy_pass http://127.0.0.1:{silent}; }}
    location /silent/ {{ proxy_pass http://127.0.0.1:{silent}; }}
    location /limited/ {{
      limit_req zone=all;
      limit_req_status 429;
      error_page 429 @busy;
      proxy_pass http://127.0.0.1:{port}/ok/;
    }}
    location @busy {{ add_header Retry-After 1 always; return 429; }}
  }}
}}
"""

FAST: Final = Retry(1, initial=0.01, jitter=0)
SCHEDULE: Final = "retry 1 of 1: the schedule says 0.01 s"
ASKED: Final = "retry 1 of 1: the server asks to wait 1 s"
LEFT: Final = "no retry of 1 is left"

DECISIONS: Final = {
    "401": [("answered 401", "status 401 is not tried again")],
    "429": [("answered 429", SCHEDULE), ("answered 429", LEFT)],
    "429-after": [("answered 429", ASKED), ("answered 429", LEFT)],
    "429-dropped": [("answered 429", SCHEDULE), ("answered 429", LEFT)],
    "444": [("no answer", SCHEDULE), ("no answer", LEFT)],
    "502": [("answered 502", SCHEDULE), ("answered 502", LEFT)],
    "503": [("answered 503", SCHEDULE), ("answered 503", LEFT)],
    "503-after": [("answered 503", ASKED), ("answered 503", LEFT)],
    "503-long": [
        ("answered 503", "the server asks to wait 3600 s, more than the 60 s of longest_asked")
    ],
    "504": [("answered 504", SCHEDULE), ("answered 504", LEFT)],
}


class Nginx(NamedTuple):
    port: int
    folder: Path

    def url(self, case: str) -> str:
        return f"http://127.0.0.1:{self.port}/{case}/v1"

    def endpoints(self, *cases: str) -> list[Endpoint]:
        key = Secret("k")
        return [Endpoint(self.url(case), api_key=key, name=case) for case in cases]

    def requests(self) -> int:
        """How many it has answered so far."""
        return len((self.folder / "access.log").read_text().splitlines())


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Generator[Nginx]:
    folder, port = tmp_path_factory.mktemp("nginx"), unused().port
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports = {"port": port, "dead": unused().port, "silent": silent.getsockname()[1]}
        with peers.nginx_with(SETTINGS.format(folder=folder, **ports), port, folder):
            yield Nginx(port, folder)


async def retrieve(client: Any) -> list[tuple[str, str]]:
    """Retrieve a model; how each attempt ended, and what was decided."""
    try:
        raw = await settled(client.models.with_raw_response.retrieve("m"))
    except APIError as error:
        attempts = error.attempts
    else:
        attempts = raw.attempts
    return [(each.outcome.partition(":")[0], each.reason) for each in attempts]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", DECISIONS)
def test_what_nginx_answers_is_decided_as_documented(busy: Nginx, case: str, kind: str) -> None:
    assert play(kind, busy.url(case), retrieve, retry=FAST) == DECISIONS[case]


def test_a_date_that_is_far_off_ends_the_call(busy: Nginx) -> None:
    [(outcome, reason)] = play("blocking", busy.url("503-date"), retrieve, retry=FAST)
    assert outcome == "answered 503"
    assert reason.endswith("more than the 60 s of longest_asked")


@pytest.mark.parametrize("kind", KINDS)
def test_a_post_that_was_not_answered_is_not_sent_again(busy: Nginx, kind: str) -> None:
    async def embed(client: Any) -> list[str]:
        with pytest.raises(APIError) as caught:
            await settled(client.embeddings.create(model="m", input="x"))
        return [each.reason for each in caught.value.attempts]

    reason = "the server may have executed it, and doing so twice was not allowed"
    assert play(kind, busy.url("444"), embed, retry=FAST) == [reason]
    assert len(play(kind, busy.url("444"), embed, max_retries=1)) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_reaches_nginx_while_the_circuit_is_open(busy: Nginx, kind: str) -> None:
    async def scenario(client: Any) -> None:
        before = busy.requests()
        for _ in range(2):
            assert [outcome for outcome, _ in await retrieve(client)] == ["answered 503"]
        with pytest.raises(PolicyRefusedError):
            await settled(client.models.retrieve("m"))
        assert busy.requests() == before + 2

    play(kind, busy.url("503"), scenario, circuit_breaker=CircuitBreaker(failures=2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_failover_goes_on_until_one_answers(busy: Nginx, kind: str) -> None:
    failover = Failover(busy.endpoints("503", "444", "502", "ok"))

    async def twice(client: Any) -> list[list[str]]:
        return [[outcome for outcome, _ in await retrieve(client)] for _ in range(2)]

    first, second = play(kind, None, twice, failover=failover)
    assert first == ["answered 503", "no answer", "answered 502", "answered 200"]
    assert second == ["answered 200"]


@pytest.mark.parametrize("kind", KINDS)
def test_probes_tell_the_fit_from_the_unfit(busy: Nginx, kind: str) -> None:
    async def scenario(client: Any) -> dict[str, str]:
        report = await settled(client.check_health())
        return {each.endpoint: each.condition for each in report.endpoints}

    cases = {"ok": "healthy", "401": "unhealthy", "444": "unhealthy", "503": "unhealthy"}
    policies = {"health": Health(unhealthy_after=1), "failover": Failover(busy.endpoints(*cases))}
    assert play(kind, None, scenario, **policies) == cases


@pytest.mark.parametrize("kind", KINDS)
def test_a_hedge_goes_to_the_server_that_answers(busy: Nginx, kind: str) -> None:
    policies: dict[str, Any] = {
        "hedge": Hedge(after=0.05),
        "failover": Failover(busy.endpoints("silent", "ok")),
    }
    found = play(kind, None, retrieve, **policies)
    assert [outcome for outcome, _ in found] == ["given up", "answered 200"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_of_nginx_is_kept_or_waited_for(busy: Nginx, kind: str) -> None:
    async def scenario(client: Any) -> list[list[str]]:
        return [[outcome for outcome, _ in await retrieve(client)] for _ in range(3)]

    limit = RateLimit(requests=1, seconds=1.2, algorithm="sliding window")
    warned = play(kind, busy.url("limited"), scenario, retry=Retry(3))
    assert warned[1:] == [["answered 429", "answered 200"]] * 2
    play(kind, busy.url("limited"), retrieve, retry=Retry(3))
    kept = play(kind, busy.url("limited"), scenario, rate_limit=limit, retry=Retry(3))
    assert kept[1:] == [["answered 200"]] * 2
