"""What listeners of a call are told: one last event whatever happens, and never a credential."""

import gc
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.answers.source import EventSource
from api_openai.core.api.type_names import codec_of
from api_openai.core.call.call import call
from api_openai.core.call.listeners import listener_of
from api_openai.core.call.policy import Again
from api_openai.core.call.settings import Settings
from api_openai.core.call.trace import TraceEvent
from api_openai.core.call.wire import PooledWire
from api_openai.core.request.answer_kinds import EventsAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import APIConnectionError, APIError, OpenAIError
from api_openai.core.terms.secret import Secret
from api_openai.core.terms.sentinels import END

from ...support.calls import (
    BUSY,
    OK,
    POST,
    RecordingPolicies,
    carry_out,
    fails,
    policies_of,
    settings_with,
)
from ...support.http import answer, chunk, head
from ...support.port import ASKED, ScriptedPort, run, stop
from ...support.shapes import CHAT

STREAM: Final = CHAT({"model": "m", "stream": True})
CHUNK: Final = b'data: {"choices":[{"delta":"a"}]}\n\n'
STREAMED: Final = (
    head("200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")
    + chunk(CHUNK)
    + chunk(b"data: [DONE]\n\n")
    + b"0\r\n\r\n"
)


class Ear(list[TraceEvent]):
    """A listener that keeps what it is told, and what it saw then."""

    def __init__(self) -> None:
        self.usage: Any = None
        self.request: Any = None

    def __call__(self, event: TraceEvent) -> None:
        self.append(event)
        if event.last and event.traced is not None:
            self.usage, self.request = event.traced.usage, event.traced.request

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self]


def ends_once(events: Sequence[TraceEvent]) -> None:
    """Each call has a first event and a last one, and no other after it but of its decoding."""
    for number in {event.call for event in events}:
        mine = [event for event in events if event.call == number]
        assert mine[0].kind == "call.start"
        assert [event.last for event in mine].count(True) == 1
        after = mine[[event.last for event in mine].index(True) + 1 :]
        assert {event.kind for event in after} <= {"answer.failed"}
        assert [event.seconds for event in mine] == sorted(event.seconds for event in mine)


def source_of(port: ScriptedPort, ear: Ear) -> EventSource[Any]:
    settings = settings_with(trace=ear)
    reply = carry_out(port, STREAM, settings, whole=False)
    kind = STREAM.answer
    assert isinstance(kind, EventsAnswer)
    return EventSource[Any](reply, kind, codec_of(kind.type), settings)


def read(source: EventSource[Any]) -> None:
    async def program() -> None:
        while await source.next() is not END:
            pass

    run(program())


def test_calls_side_by_side_are_told_apart() -> None:
    ear = Ear()
    for _ in range(2):
        carry_out(ScriptedPort([OK]), settings=settings_with(trace=ear))
    first, second = {event.call: None for event in ear}
    assert Counter(event.call for event in ear) == {first: 7, second: 7}
    ends_once(ear)
    assert {event.model for event in ear} == {"m"}
    assert {event.origin for event in ear} == {"http://api.test:80"}


@given(cut=st.integers(0, len(STREAMED) - 1), whole=st.booleans(), drop=st.booleans())
def test_every_call_has_one_last_event_wherever_it_breaks_off(
    cut: int, whole: bool, drop: bool
) -> None:
    ear = Ear()
    port = ScriptedPort([ASKED, STREAMED[:cut], b""])
    settings = settings_with(trace=ear)
    try:
        if whole:
            carry_out(port, settings=settings)
        else:
            source = source_of(port, ear)
            if drop:
                del source
            else:
                read(source)
    except APIError as error:
        del error
    gc.collect()
    ends_once(ear)


@pytest.mark.parametrize("close", [True, False])
def test_a_call_that_is_cancelled_says_so(close: bool) -> None:
    at, told = 0, set[str | None]()
    while True:
        at += 1
        ear = Ear()
        port = ScriptedPort([ASKED, BUSY, ASKED, OK[:30], OK[30:]])
        policies = policies_of(RecordingPolicies(Again(1)))
        wire = PooledWire(port, port.network)
        program = call(wire, settings_with(trace=ear, policies=policies), POST, whole=True)
        if not stop(program, at, close=close):
            break
        if ear:
            assert ear[-1].kind == "call.failed"
            told.add(ear[-1].error)
            ends_once(ear)
    assert told == {"GeneratorExit"} if close else {"Stopped"}
    assert at > 5


def test_attempts_that_failed_and_the_end() -> None:
    ear = Ear()
    policies = policies_of(RecordingPolicies(Again(1)))
    carry_out(
        ScriptedPort([ASKED, BUSY, ASKED, OK]), settings=settings_with(trace=ear, policies=policies)
    )
    assert [event.attempt for event in ear if event.kind == "attempt.start"] == [1, 2]
    assert (ear[-1].kind, ear[-1].attempt, ear[-1].status) == ("call.end", 2, 200)
    failed = Ear()
    fails(ScriptedPort([BUSY]), settings=settings_with(trace=failed))
    assert (failed[-1].error, failed[-1].status) == ("InternalServerError", 503)


def test_a_stream_tells_of_its_first_event_and_its_end() -> None:
    ear = Ear()
    read(source_of(ScriptedPort([STREAMED]), ear))
    assert ear.kinds[-4:] == ["call.end", "stream.first", "response.end", "stream.end"]
    assert (ear[-1].detail, ear[-1].error) == ("", None)
    assert ear.request == {"model": "m", "stream": True}


def test_a_stream_that_nobody_holds_tells_its_end() -> None:
    ear = Ear()
    source = source_of(ScriptedPort([STREAMED]), ear)
    assert not ear[-1].last
    del source
    gc.collect()
    assert (ear[-1].kind, ear[-1].detail, ear[-1].last) == ("stream.end", "dropped", True)
    unread = Ear()
    reply = carry_out(ScriptedPort([OK[:-1]]), settings=settings_with(trace=unread), whole=False)
    del reply
    gc.collect()
    assert (unread[-1].kind, unread[-1].detail) == ("response.abort", "dropped")


def test_what_a_listener_looks_at_is_gone_afterwards() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": None}
    said = answer({"id": "r1", "model": "m-1", "usage": usage, "choices": "none"})
    ear = Ear()
    carry_out(ScriptedPort([said]), settings=settings_with(trace=ear))
    assert (ear.usage.input_tokens, ear.usage.output_tokens) == (3, 4)
    assert ear.request == {"model": "m"}
    traced = ear[-1].traced
    assert traced is not None
    left = (traced.answer, traced.request, traced.endpoint, traced.document, traced.events)
    assert left == (None,) * 5
    assert pickle.loads(pickle.dumps(ear[-1])).traced is None


def test_fields_of_a_listener_go_out_unless_the_caller_has_them() -> None:
    def tell(event: TraceEvent) -> None:
        if event.kind == "call.start" and event.traced is not None:
            event.traced.headers["traceparent"] = "00-ours"

    port = ScriptedPort([ASKED, OK, ASKED, OK])
    settings = settings_with(trace=tell)
    carry_out(port, settings=settings)
    own = CHAT({"model": "m", "extra_headers": {"TraceParent": "00-theirs"}})
    carry_out(port, own, settings)
    sent = bytes(port.conns[0].sent).lower()
    assert sent.count(b"traceparent: 00-ours\r\n") == 1
    assert sent.count(b"traceparent: 00-theirs\r\n") == 1
    assert sent.count(b"traceparent") == 2


# Listeners


class Loud:
    def __init__(self, at: str) -> None:
        self.at = at

    def __call__(self, event: TraceEvent) -> None:
        if event.kind == self.at:
            raise RuntimeError(f"no {self.at}")


@pytest.mark.parametrize(
    "kind", ["call.start", "attempt.start", "request.sent", "response.head", "call.end"]
)
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_listener_raises_reaches_the_caller_and_leaves_nothing(
    kind: str, whole: bool
) -> None:
    port = ScriptedPort([OK])
    settings = settings_with(trace=listener_of([Loud(kind), ear := Ear()]))
    with pytest.raises(RuntimeError, match=f"no {kind}") as caught:
        carry_out(port, POST, settings, whole=whole)
    del caught
    gc.collect()
    assert port.pool.in_use == 0
    assert kind in ear.kinds, "the others are told"
    ends_once(ear)


def test_listeners_that_are_none() -> None:
    def one(event: TraceEvent) -> None: ...

    assert listener_of(None) is listener_of([]) is None
    assert listener_of(one) is listener_of((one,)) is one
    with pytest.raises(TypeError, match="trace: expected functions in it, got int"):
        listener_of([one, 3])
    with pytest.raises(TypeError, match="trace: expected a function, a list of functions or None"):
        listener_of(3)


def test_where_nobody_listens_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys; from api_openai import Client; from api_openai.emulator import *\n"
        "client = Client(api_key='k', transport=MemoryTransport(Emulator()))\n"
        "list(client.responses.create(model='gpt-5', input='Hi', stream=True))\n"
        "found = [m for m in sys.modules if 'traced' in m or 'summary' in m or 'listeners.' in m]\n"
        "assert found == [], found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Credentials

KEY: Final = "sk-" + "Z9" * 12
PLACES: Final = ("model", "path", "query", "header", "body", "server", "head", "event", "policy")


@given(places=st.sets(st.sampled_from(PLACES), min_size=1), fate=st.integers(0, 3))
def test_no_event_shows_a_key_wherever_it_stands(places: set[str], fate: int) -> None:
    def at(place: str, otherwise: str) -> str:
        return f"x{KEY}y" if place in places else otherwise

    operation: Operation[Any, Any] = Operation(
        name="chat.create",
        method="POST",
        path="/" + at("path", "chat"),
        answer=STREAM.answer if fate == 3 else POST.answer,
        query=(("api_key", KEY),) if "query" in places else (),
        headers=(("x-token", KEY),) if "header" in places else (),
        body=CHAT({"model": at("body", "m")}).body,
        model=at("model", "m"),
    )
    words = at("server", "no")
    fields = (f"x-request-id: {at('head', 'r')}", f"retry-after: {at('head', '1')}")
    event = f'data: {{"error":{{"message":"{at("event", "no")}"}}}}\n\n'.encode()
    fates = (
        [answer({"id": words, "model": words, "error": words}, *fields)],
        [answer({"error": {"message": words}}, *fields, status="429 Slow")],
        [ASKED, APIConnectionError(f"reset by {words}")],
        [head("200 OK", *fields, "content-type: text/event-stream", "connection: close"), event],
    )
    ear = Ear()
    verdict = Again(0, at("policy", "why not"))
    endpoint = Endpoint("http://api.test/v1", api_key=Secret(KEY))
    policies = policies_of(RecordingPolicies(verdict, endpoints=[endpoint]))
    port = ScriptedPort([*fates[fate], b""], [OK])
    settings = Settings(endpoint=endpoint, trace=ear, policies=policies)
    try:
        reply = carry_out(port, operation, settings, whole=fate != 3)
        if fate == 3:
            kind = operation.answer
            assert isinstance(kind, EventsAnswer)
            read(EventSource[Any](reply, kind, codec_of(kind.type), settings))
    except OpenAIError as error:
        del error
    assert len(ear) > 3
    for told in ear:
        assert KEY not in repr(told)
        assert KEY not in repr(pickle.loads(pickle.dumps(told)))
        assert told.traced is not None
        assert KEY not in told.traced.path
