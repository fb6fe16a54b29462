"""Calls that are cancelled, wherever they wait, leave nothing behind."""

from typing import Any

import pytest

from api_openai.core.call.call import call
from api_openai.core.call.network import Network
from api_openai.core.call.policy import Again, Wait
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout

from ...support.calls import (
    BUSY,
    ENDPOINT,
    GET,
    OK,
    POST,
    RecordingPolicies,
    policies_of,
    settings_with,
    streamed,
)
from ...support.port import Asked, ScriptedPort, Step, Stopped, stop


def bodies() -> dict[str, Operation[Any, Any]]:
    return {"json": POST, "streamed": streamed(b"a", b"b"), "get": GET}


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("kind", ["json", "streamed", "get"])
def test_a_call_can_be_cancelled_at_every_await(kind: str, close: bool) -> None:
    at = 0
    stopped = True
    while stopped:
        at += 1
        end = b"0\r\n\r\n" if kind == "streamed" else b""
        script: list[Step] = [
            Asked(end),
            BUSY[:20],
            BUSY[20:],
            Asked(end),
            OK[:30],
            OK[30:50],
            OK[50:],
        ]
        port = ScriptedPort(script, network=Network(max_connections=1))
        ear = RecordingPolicies(Again(1))
        ear.place = Wait(1)
        settings = Settings(endpoint=Endpoint("https://api.test"), policies=policies_of(ear))
        ear.endpoints = [settings.endpoint]
        wire = PooledWire(port, port.network)
        program = call(wire, settings, bodies()[kind], whole=True)
        stopped = stop(program, at, close=close)
        assert port.pool.in_use == 0
        assert port.pool.waiting == 0
        assert port.open == port.pool.idle
    assert at > 8, "there were that many suspension points"


@pytest.mark.parametrize("close", [True, False])
def test_cancelled_in_line_it_leaves_the_line(close: bool) -> None:
    port = ScriptedPort([OK], network=Network(max_connections=1))
    ticket = port.request(ENDPOINT.origin)
    wire = PooledWire(port, port.network)
    program = call(wire, settings_with(timeout=Timeout(connect=1)), POST, whole=True)
    assert stop(program, 1, close=close)
    assert port.pool.waiting == 0
    port.release(ticket, reuse=False)
    assert port.pool.in_use == 0


@pytest.mark.parametrize("close", [True, False])
def test_granted_and_cancelled_at_once_the_place_is_not_lost(close: bool) -> None:
    port = ScriptedPort([OK], network=Network(max_connections=1))
    ticket = port.request(ENDPOINT.origin)
    program = call(PooledWire(port, port.network), settings_with(), POST, whole=True)
    program.send(None)
    port.release(ticket, reuse=False)
    assert port.pool.in_use == 1, "the place went to the call that waits"
    if close:
        program.close()
    else:
        with pytest.raises(Stopped):
            program.throw(Stopped())
    assert port.pool.in_use == 0
