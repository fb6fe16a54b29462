"""Pause, resume and cancel of a stream, where its reader stands at any of its awaits."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from api_openai.core.answers.source import EventSource
from api_openai.core.api.type_names import codec_of
from api_openai.core.call.call import call
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.request.answer_kinds import EventsAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APITimeoutError, StreamCancelledError
from api_openai.core.terms.sentinels import END as OVER

from ...support.http import DONE, END, EVENTS, chunk, event, head
from ...support.port import Pause, ScriptedPort, Step, run
from ...support.shapes import CHAT, delta

STREAM = CHAT({"model": "m", "stream": True})
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked")
A, B, C = (event(delta(text)) for text in "abc")


def opened(*steps: Step, timeout: Timeout | None = None) -> tuple[ScriptedPort, EventSource[Any]]:
    port = ScriptedPort([OPEN, *steps])
    settings = Settings(endpoint=Endpoint("http://api.test"), timeout=timeout or Timeout())
    reply = run(call(PooledWire(port, port.network), settings, STREAM, whole=False))
    answer = STREAM.answer
    assert isinstance(answer, EventsAnswer)
    return port, EventSource(reply, answer, codec_of(answer.type), settings)


async def texts(source: EventSource[Any]) -> list[str]:
    found: list[str] = []
    while (event := await source.next()) is not OVER:
        found.append(event.choices[0].delta)
    return found


async def first(source: EventSource[Any]) -> str:
    event: Any = await source.next()
    return str(event.choices[0].delta)


def in_the_midst(
    source: EventSource[Any], at: int, then: Callable[[], None], after: Callable[[], None]
) -> list[str]:
    """Read to the end; `then` happens where the reader waits for the `at`-th time, `after` later."""
    program, count = texts(source), 0
    try:
        while True:
            program.send(None)
            count += 1
            if count == at:
                then()
            if count > at:
                after()
    except StopIteration as end:
        found: list[str] = end.value
        return found


def nothing() -> None:
    """What happens afterwards."""


def test_a_pause_holds_back_what_has_been_read() -> None:
    port, source = opened(chunk(A + B + DONE), END)
    assert run(first(source)) == "a"
    source.pause()
    assert source.paused
    program = texts(source)
    assert program.send(None) == "park"
    source.resume()
    assert not source.paused
    assert run(program) == ["b"]
    assert (port.pool.in_use, port.pool.idle) == (0, 1)


@pytest.mark.parametrize("at", range(1, 5))
def test_paused_and_resumed_at_every_await_nothing_is_lost(at: int) -> None:
    port, source = opened(chunk(A), chunk(B), chunk(C), chunk(DONE) + END)
    assert in_the_midst(source, at, source.pause, source.resume) == ["a", "b", "c"]
    assert (port.pool.in_use, port.pool.idle) == (0, 1)


@pytest.mark.parametrize("at", range(1, 5))
@pytest.mark.parametrize("paused", [False, True])
def test_cancelled_at_every_await_its_reader_is_told(at: int, paused: bool) -> None:
    port, source = opened(chunk(A), chunk(B), chunk(C), chunk(DONE) + END)

    def cancel() -> None:
        if paused:
            source.pause()
        source.cancel()

    with pytest.raises(StreamCancelledError, match="cancelled after") as caught:
        in_the_midst(source, at, cancel, nothing)
    assert caught.value.received == source.received
    assert caught.value.operation == "chat.create"
    assert pickle.loads(pickle.dumps(caught.value)).received == source.received
    assert (port.pool.in_use, port.open) == (0, 0)
    with pytest.raises(StreamCancelledError):
        run(source.next())


def test_a_paused_reader_wakes_up_when_it_is_cancelled() -> None:
    port, source = opened(chunk(A))
    source.pause()
    program = texts(source)
    assert program.send(None) == "park"
    source.cancel()
    with pytest.raises(StreamCancelledError):
        program.send(None)
    assert port.pool.in_use == 0


def test_closed_while_it_is_read_its_reader_is_told_too() -> None:
    _, source = opened(chunk(A), Pause(1))
    program = texts(source)
    assert program.send(None) == "receive"
    source.abort()
    with pytest.raises(StreamCancelledError):
        program.send(None)
    assert run(texts(source)) == []  # nobody was told to stop: it is at its end


def test_after_the_end_nothing_can_be_cancelled_or_held() -> None:
    _, source = opened(chunk(A + DONE), END)
    assert run(texts(source)) == ["a"]
    source.cancel()
    source.pause()
    assert not source.paused
    assert run(texts(source)) == []
    source.resume()
    assert run(texts(source)) == []


def test_resume_without_a_pause_does_nothing() -> None:
    _, source = opened(chunk(A + DONE), END)
    source.resume()
    source.pause()
    source.pause()
    source.resume()
    source.resume()
    assert run(texts(source)) == ["a"]


def test_the_limit_to_pauses_does_not_count_a_pause_that_was_asked_for() -> None:
    port, source = opened(chunk(A), Pause(2), chunk(B), chunk(DONE), END, timeout=Timeout(idle=3))
    assert run(first(source)) == "a"
    source.pause()
    program = texts(source)
    assert program.send(None) == "park"
    port.time += 60
    source.resume()
    assert run(program) == ["b"]


def test_the_limit_to_pauses_holds_after_a_pause_that_was_asked_for() -> None:
    port, source = opened(chunk(A), Pause(4), chunk(B), timeout=Timeout(idle=3))
    assert run(first(source)) == "a"
    source.pause()
    port.time += 60
    source.resume()
    with pytest.raises(APITimeoutError) as caught:
        run(texts(source))
    assert caught.value.phase == "idle"
    assert port.pool.in_use == 0


def test_the_limit_to_the_call_holds_in_a_pause() -> None:
    port, source = opened(chunk(A), timeout=Timeout(total=10))
    source.pause()
    with pytest.raises(APITimeoutError) as caught:
        run(texts(source))
    assert (caught.value.phase, port.now()) == ("total", 1010)
    assert (port.pool.in_use, port.open) == (0, 0)
