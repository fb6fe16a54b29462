"""Where a stream may end: what each API declares, and the switch for servers that never say."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.answers.source import EventSource
from api_openai.core.answers.stream import Stream
from api_openai.core.api import operations
from api_openai.core.api.type_names import codec_of
from api_openai.core.call.call import call
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.request.answer_kinds import EventsAnswer, StreamEnd
from api_openai.core.request.blueprint import Blueprint
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APITimeoutError,
    ResponseDecodeError,
    StreamTruncatedError,
)

from ...support.http import DONE, END, EVENTS, answer, chunk, event, head
from ...support.port import Pause, ScriptedPort, Step, run
from ...support.shapes import CHAT, delta

STREAM = CHAT({"model": "m", "stream": True})
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked")
A, B = event(delta("a")), event(delta("b"))


def declared() -> Iterator[tuple[str, EventsAnswer]]:
    """Every kind of stream that an endpoint answers, with the name of its method."""
    for each in iter_modules(operations.__path__):
        module = import_module(f"{operations.__name__}.{each.name}")
        for found in vars(module).values():
            if isinstance(found, Blueprint):
                chosen = found.choice.answers if found.choice else ()
                for kind in (found.events, found.answer, *(kind for _, kind in chosen)):
                    if isinstance(kind, EventsAnswer):
                        yield found.name, kind


KINDS = dict(declared())


def read(
    body: bytes, kind: EventsAnswer | None = None, end: StreamEnd = "announced", *parts: bytes
) -> list[Any]:
    """The events of an answer; `kind` says of which API, `end` is the client's setting."""
    operation = STREAM if kind is None else msgspec.structs.replace(STREAM, answer=kind)
    return events_of(ScriptedPort([OPEN, *(parts or (chunk(body) + END,))]), operation, end)


def events_of(port: ScriptedPort, operation: Operation[Any, Any], end: StreamEnd) -> list[Any]:
    settings = Settings(endpoint=Endpoint("http://api.test"), stream_end=end)
    reply = run(call(PooledWire(port, port.network), settings, operation, whole=False))
    answer = operation.answer
    assert isinstance(answer, EventsAnswer)
    try:
        return list(Stream(EventSource(reply, answer, codec_of(answer.type), settings), run))
    finally:
        assert port.pool.in_use == 0


def some(kind: EventsAnswer) -> bytes:
    """An event that ends nothing."""
    return event({"type": "something.new", "id": "x"}, "something.new" if kind.named else "")


@pytest.mark.parametrize("name", KINDS)
def test_the_body_alone_ends_no_stream_unless_its_api_says_so(name: str) -> None:
    kind = KINDS[name]
    if kind.may_just_end:
        assert len(read(some(kind), kind)) == 1
    else:
        with pytest.raises(StreamTruncatedError):
            read(some(kind), kind)


@pytest.mark.parametrize("name", KINDS)
def test_the_body_ends_every_stream_where_that_is_asked_for(name: str) -> None:
    kind = KINDS[name]
    assert len(read(some(kind) * 2, kind, "body")) == 2
    assert len(read(some(kind), msgspec.structs.replace(kind, end="body"))) == 1


@pytest.mark.parametrize("name", KINDS)
def test_done_ends_every_stream(name: str) -> None:
    kind = KINDS[name]
    assert len(read(some(kind) + DONE + some(kind), kind)) == 1


@pytest.mark.parametrize(
    ("name", "last"),
    [(name, last) for name, kind in KINDS.items() for last in (*kind.terminal, *kind.last)],
)
def test_every_event_that_is_declared_an_end_is_one(name: str, last: str) -> None:
    kind = KINDS[name]
    body = event({"type": last})
    assert [each.type for each in read(some(kind) + body, kind)][-1] == last
    if last in kind.terminal:
        assert [each.type for each in read(body + some(kind), kind)] == [last]


def test_one_call_can_differ_from_its_client() -> None:
    loose = CHAT({"model": "m", "stream": True, "stream_end": "body"})
    strict = CHAT({"model": "m", "stream": True, "stream_end": "announced"})
    assert len(events_of(ScriptedPort([OPEN + chunk(A) + END]), loose, "announced")) == 1
    with pytest.raises(StreamTruncatedError):
        events_of(ScriptedPort([OPEN + chunk(A) + END]), strict, "body")


def test_it_says_nothing_of_an_answer_that_is_no_stream() -> None:
    assert CHAT({"model": "m", "stream_end": "body"}) == CHAT({"model": "m"})


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="stream_end='done': expected 'announced' or 'body'"):
        CHAT({"model": "m", "stream": True, "stream_end": "done"})


def test_nothing_at_all_is_no_answer() -> None:
    with pytest.raises(StreamTruncatedError, match="after 0 events"):
        read(b": hello\n\n", None, "body")
    page = answer(b"<html>", "content-type: text/html")
    with pytest.raises(ResponseDecodeError, match="text/html"):
        events_of(ScriptedPort([page]), STREAM, "body")


def test_a_body_that_is_cut_has_no_end() -> None:
    with pytest.raises(StreamTruncatedError) as caught:
        read(b"", None, "body", chunk(A), b"")
    assert caught.value.received == 1


def test_comments_behind_the_last_event_are_nothing() -> None:
    assert len(read(A + b": bye\n: bye", None, "body")) == 1


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("keepalives", [False, True])
def test_the_limit_to_pauses_is_to_those_between_events_of_every_api(
    name: str, keepalives: bool
) -> None:
    kind, alive = KINDS[name], chunk(b": alive\n\nevent: ping\ndata: {}\n\n")
    quiet: list[Step] = [Pause(2), alive]
    steps: list[Step] = [chunk(some(kind)), *quiet * 3, Pause(2), chunk(some(kind) + DONE) + END]
    operation = msgspec.structs.replace(
        STREAM, answer=kind, timeout=Timeout(idle=3, keepalives=keepalives)
    )
    port = ScriptedPort([OPEN, *steps])
    if keepalives:
        assert len(events_of(port, operation, "announced")) == 2
        return
    with pytest.raises(APITimeoutError) as caught:
        events_of(port, operation, "announced")
    assert (caught.value.phase, port.now()) == ("idle", 1003.0)


@given(st.data())
def test_however_it_is_split_an_end_between_events_is_an_end_and_one_within_is_none(
    data: st.DataObject,
) -> None:
    kind = data.draw(st.sampled_from([*KINDS.values()]))
    one = some(kind)
    body = one * 3
    at = data.draw(st.integers(1, len(body)))
    cuts = data.draw(st.lists(st.integers(0, at), max_size=4).map(sorted))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, at], strict=True)]
    parts = [chunk(piece) for piece in pieces if piece]
    whole, within = divmod(at, len(one))
    complete = len(one) - within <= 2  # no more than line ends are missing
    if not within or complete:
        assert len(read(b"", kind, "body", *parts, END)) == whole + bool(within)
        return
    with pytest.raises(StreamTruncatedError) as caught:
        read(b"", kind, "body", *parts, END)
    assert caught.value.received == whole
    assert one.startswith(caught.value.tail)
