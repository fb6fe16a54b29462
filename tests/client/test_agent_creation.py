"""Sessions of agents that are created with a type for the answer, and followed from their first event."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given

from api_openai import (
    AgentToolError,
    AgentTurnResultError,
    APIConnectionError,
    BadRequestError,
    Client,
    OpenAIError,
    OutputFormat,
    StreamTruncatedError,
    omit,
)
from api_openai.core.agents.followed_creation import sessions_create
from api_openai.core.http.body import JsonBody
from api_openai.core.json.values import is_object, items
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.emulator import Emulator
from api_openai.emulator.faults import CallFunction, Truncate

from ..support.clients import KINDS, client_of, gathered, settled
from ..support.damage import damaged
from ..support.ports import drive
from .agent_peer import (
    BEGIN,
    END,
    IDLE,
    SESSION,
    Peer,
    add,
    call,
    client_to,
    error,
    happens,
    idle_peer,
    reply,
    said,
    session,
    stream,
)

CREATE: Final = "POST /v1/agents/sessions"
SENT: Final = f"POST {SESSION}/events"
NONE: Final[Any] = {"type": "none"}
CREATED: Final = {"type": "agent.session.created", "session": session("queued")}


WAITS: Final = session("requires_action") | {
    "required_actions": [{"type": "function_call", "name": "add", "call_id": "c"}]
}
ASKS: Final = {"type": "agent.session.requires_action", "session": WAITS}
WHOLE: Final = [CREATED, BEGIN, call(), ASKS, said('{"word":"x"}'), *END]


class Word(msgspec.Struct):
    word: str


SCHEMA: Final = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


@pytest.fixture
def peer() -> Peer:
    peer = idle_peer()
    peer.on(CREATE, stream(CREATED, BEGIN, call(), said('{"word":"x"}'), *END))
    return peer


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    with client_to(peer) as client:
        yield client


def answers(peer: Peer) -> list[Any]:
    """The events that were sent to the session."""
    return [
        json.loads(each.content)["events"][0]
        for each in peer.requests
        if f"{each.method} {each.url.path}" == SENT
    ]


def body(**options: Any) -> Any:
    made = sessions_create(environment=NONE, **options).body
    assert isinstance(made, JsonBody)
    return json.loads(made.data)


# What is sent


@pytest.mark.parametrize("kind", [Word, OutputFormat.of(Word, name="other"), SCHEMA])
def test_the_type_of_the_answer_is_sent_as_its_format(kind: Any) -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    assert body(output_type=kind) == {"environment": NONE, "agent": {"text": {"format": form}}}
    agent: Any = {"model": "m", "text": {"verbosity": "low", "format": None}}
    sent = body(output_type=kind, agent=agent, agent_id="a", stream=True)
    assert sent["agent"] == {"model": "m", "text": {"verbosity": "low", "format": form}}
    assert (sent["agent_id"], sent["stream"]) == ("a", True)
    assert agent == {"model": "m", "text": {"verbosity": "low", "format": None}}


def test_without_a_type_nothing_is_added() -> None:
    for nothing in (None, omit):
        given: dict[str, Any] = dict.fromkeys(
            ("output_type", "tool_handlers", "on_tool_error"), nothing
        )
        assert body(**given) == {"environment": NONE}
        assert body(
            agent={"model": "m"},
            stream=True,
            tool_handlers={"add": add},
            output_type=nothing,
        ) == {"environment": NONE, "agent": {"model": "m"}, "stream": True}


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tool_handlers: .* stream=True"):
        body(tool_handlers={"add": add})
    with pytest.raises(ValueError, match=r"output_type: agent\.text\.format is given too"):
        body(output_type=Word, agent={"text": {"format": {"type": "text"}}})
    with pytest.raises(TypeError, match="response_type"):
        body(stream=True, output_type=Word, response_type=Word)
    with pytest.raises(TypeError, match="response_type"):
        body(stream=True, tool_handlers={"add": add}, response_type=Word)
    with pytest.raises(TypeError, match="no keyword 'output_typ'"):
        body(output_typ=Word)
    with pytest.raises(TypeError, match="'environment'"):
        sessions_create()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_types_of_ones_own_are_read_plainly(client: Client, peer: Peer) -> None:
    class Seen(msgspec.Struct):
        type: str

    create: Any = client.beta.agents.sessions.create
    with create(environment=NONE, stream=True, response_type=Seen) as events:
        assert [type(event) for event in events] == [Seen] * 6
    peer.on(CREATE, reply(session()))
    assert create(environment=NONE, response_type=dict)["id"] == "s"


def test_one_that_is_not_streamed_is_one_answer(client: Client, peer: Peer) -> None:
    peer.on(CREATE, reply(session()))
    assert client.beta.agents.sessions.create(environment=NONE, output_type=Word).id == "s"
    assert isinstance(sessions_create(environment=NONE, stream=False).answer, JsonAnswer)


# What comes of it


def test_the_result_as_a_value(client: Client, peer: Peer) -> None:
    with client.beta.agents.sessions.create(
        environment=NONE, input="hi", stream=True, output_type=Word, tool_handlers={"add": add}
    ) as events:
        result = events.with_result_collection().get_final_result()
        assert result.output_parsed == Word("x")
        assert events.get_final_result() == result
        assert list(events) == []
    [answer] = answers(peer)
    assert (answer["call_id"], answer["success"], answer["output"]) == ("c", True, "3")


def test_calls_are_answered_after_their_event(client: Client, peer: Peer) -> None:
    order: list[str] = []

    def handler(arguments: dict[str, Any]) -> str:
        order.append("called")
        return add(arguments)

    peer.on(CREATE, stream(CREATED, BEGIN, call(), call(), call("other", call_id="d"), *END))
    with client.beta.agents.sessions.create(
        environment=NONE, input="hi", stream=True, tool_handlers={"add": handler}
    ) as events:
        for event in events:
            order.append(event.type.rpartition(".")[2])
        assert events.response.status_code == 200
    assert (
        order == [*("created", "created", "added", "called", "added", "added", "completed", "idle")]
        or order.count("called") == 1
    )
    assert len(answers(peer)) == 1


def test_a_call_is_left_to_who_closes(client: Client, peer: Peer) -> None:
    with client.beta.agents.sessions.create(
        environment=NONE, input="hi", stream=True, tool_handlers={"add": add}
    ) as events:
        for event in events:
            if event.type.endswith("item.added"):
                break
    assert list(events) == []
    assert answers(peer) == []


def test_the_answers_take_header_fields_and_timeout(client: Client, peer: Peer) -> None:
    headers = {"Idempotency-Key": "mine", "x-trace": "1"}
    with client.beta.agents.sessions.create(
        environment=NONE,
        input="hi",
        stream=True,
        tool_handlers={"add": add},
        extra_headers=headers,
        timeout=7,
    ) as events:
        events.get_final_result()
    first, second = peer.requests
    assert [each.headers["x-trace"] for each in (first, second)] == ["1", "1"]
    assert first.headers["idempotency-key"] == "mine" != second.headers["idempotency-key"]
    assert second.extensions["timeout"]["read"] < 8


def test_a_handler_that_fails(client: Client, peer: Peer) -> None:
    told: list[AgentToolError] = []

    def fails(arguments: Mapping[str, Any]) -> str:
        raise KeyError("secret")

    create: Any = client.beta.agents.sessions.create
    about: dict[str, Any] = {"environment": NONE, "input": "hi", "stream": True}
    about["tool_handlers"] = {"add": fails}
    with create(**about, on_tool_error=told.append) as events:
        assert events.get_final_result().output_text == '{"word":"x"}'
    assert [(each.stage, each.session_id) for each in told] == [("execution", "s")]
    with create(**about) as events, pytest.raises(KeyError):
        list(events)
    assert list(events) == []
    assert [each["success"] for each in answers(peer)] == [False, False]
    assert "secret" not in json.dumps(answers(peer))
    peer.on(SENT, error(400, "no"))
    with create(**about | {"tool_handlers": {"add": add}}) as events:
        with pytest.raises(AgentTurnResultError, match="observation failed") as caught:
            events.get_final_result()
        assert isinstance(caught.value.__cause__, BadRequestError)


def test_a_handler_that_fails_for_the_api_fails_as_itself(client: Client, peer: Peer) -> None:
    failure = APIConnectionError("of another call")

    def fails(arguments: Mapping[str, Any]) -> str:
        raise failure

    with (
        client.beta.agents.sessions.create(
            environment=NONE, input="hi", stream=True, tool_handlers={"add": fails}
        ) as events,
        pytest.raises(APIConnectionError) as caught,
    ):
        events.get_final_result()
    assert caught.value is failure


def test_events_after_the_turn_are_not_of_its_result(client: Client, peer: Peer) -> None:
    """The stream is the server's to end, and nothing of it is held back."""
    again = happens("turn.created", turn=BEGIN["turn"] | {"id": "t2"}, turn_id="t2")
    waits = session("requires_action") | {"required_actions": [{"type": "approval"}]}
    asks = {"type": "agent.session.requires_action", "session": waits}
    peer.on(CREATE, stream(CREATED, IDLE, BEGIN, said("first"), *END, again, asks))
    with client.beta.agents.sessions.create(environment=NONE, input="hi", stream=True) as events:
        assert [event.type.rpartition(".")[2] for event in events][-2:] == [
            "created",
            "requires_action",
        ]
        assert events.get_final_result().output_text == "first"


def test_a_session_without_an_input_has_no_result(client: Client, peer: Peer) -> None:
    peer.on(CREATE, stream(CREATED, IDLE))
    with (
        client.beta.agents.sessions.create(environment=NONE, stream=True) as events,
        pytest.raises(AgentTurnResultError) as caught,
    ):
        events.get_final_result()
    assert (caught.value.reason, caught.value.session_id) == ("incomplete", "s")
    peer.on(CREATE, stream())
    with (
        client.beta.agents.sessions.create(environment=NONE, stream=True) as events,
        pytest.raises(AgentTurnResultError) as caught,
    ):
        events.get_final_result()
    assert caught.value.session_id is None


def test_what_needs_an_answer_of_the_caller(client: Client, peer: Peer) -> None:
    peer.on(CREATE, stream(*WHOLE))
    create = client.beta.agents.sessions.create
    with (
        create(environment=NONE, input="hi", stream=True) as events,
        pytest.raises(AgentTurnResultError, match="requires action"),
    ):
        events.get_final_result()
    with create(environment=NONE, input="hi", stream=True, tool_handlers={"add": add}) as answered:
        assert answered.get_final_result().output_text == '{"word":"x"}'


@given(damaged({"events": WHOLE}))
def test_odd_events_are_no_errors_of_ours(odd: dict[str, Any]) -> None:
    events = stream(*filter(is_object, items(odd["events"])))
    peer = idle_peer()
    peer.on(CREATE, events)
    peer.on(f"GET {SESSION}/events", events)
    peer.on("POST", reply(None, 204))
    with client_to(peer) as client:
        sessions = client.beta.agents.sessions
        with suppress(OpenAIError), sessions.stream("s", input="hi") as turn:
            assert isinstance(turn.get_final_result().output_text, str)
        made = sessions.create(
            environment=NONE,
            input="hi",
            stream=True,
            tool_handlers={"add": lambda arguments: "3"},
            on_tool_error=lambda failure: None,
        )
        with suppress(OpenAIError), made:
            assert isinstance(made.get_final_result().output_text, str)


@pytest.mark.parametrize("view", ["with_raw_response", "with_streaming_response"])
def test_the_other_views(client: Client, peer: Peer, view: str) -> None:
    create: Any = getattr(client.beta.agents.sessions, view).create
    given: dict[str, Any] = {"tool_handlers": {"add": add}, "output_type": Word, "stream": True}
    if view == "with_raw_response":
        events = create(environment=NONE, input="hi", **given).parse()
        assert events.get_final_result().output_parsed == Word("x")
    else:
        with create(environment=NONE, input="hi", **given) as response:
            assert response.parse().get_final_result().output_parsed == Word("x")
    assert len(answers(peer)) == 1


# Against the emulator


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_session_against_the_emulator(kind: str) -> None:
    emulator = Emulator()
    emulator.script(CallFunction("add", '{"a": 2, "b": 3}'), path="/agents/sessions", method="POST")

    async def program() -> tuple[list[str], Any]:
        client: Any = client_of(kind, emulator)
        made = client.beta.agents.sessions.create(
            environment={"type": "none"},
            agent={"model": "gpt-5"},
            input="What is 2 + 3?",
            stream=True,
            output_type=Word,
            tool_handlers={"add": add},
        )
        if kind == "blocking":
            with made as events:
                names = [event.type for event in events]
                return names, events.get_final_result()
        async with await made as events:
            names = [event.type async for event in events.with_result_collection()]
            return names, await events.get_final_result()

    names, result = drive(kind, program)
    assert names[0] == "agent.session.created"
    assert names[-2:] == ["agent.session.turn.completed", "agent.session.idle"]
    assert result.output_parsed == Word("5")
    assert [each.method for each in emulator.requests] == ["POST", "POST"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_cut_short(kind: str) -> None:
    emulator = Emulator()
    emulator.script(*[Truncate(after=4)] * 2)

    async def program() -> None:
        client: Any = client_of(kind, emulator)
        given: dict[str, Any] = {"environment": {"type": "none"}, "input": "hi", "stream": True}
        events = await settled(client.beta.agents.sessions.create(**given))
        with pytest.raises(StreamTruncatedError):
            await gathered(events)
        events = await settled(client.beta.agents.sessions.create(**given))
        with pytest.raises(AgentTurnResultError, match="observation failed") as caught:
            await settled(events.get_final_result())
        assert isinstance(caught.value.__cause__, StreamTruncatedError)
        assert caught.value.session_id

    drive(kind, program)
