"""The machine, and sessions of clients, with the realtime endpoint of a mock from npm."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from tests.support.clients import gathered, settled

from api_openai import AuthenticationError, NotFoundError, WebSocketConnectionClosedError
from api_openai.core.websocket.events import Close, Text

from ..websocket import Link
from .conftest import CONTENT
from .links import link, message
from .sessions import KINDS, play
from .sessions import session as opened
from .sessions import until as heard

TARGET = "/v1/realtime?model=gpt-realtime"
KEY = (b"authorization", b"Bearer k")


def event(one: Link) -> dict[str, Any]:
    """The next event of the session."""
    received = message(one)
    assert isinstance(received, Text)
    decoded: dict[str, Any] = json.loads(received.data)
    return decoded


def send(one: Link, **fields: Any) -> None:
    one.send(Text(json.dumps(fields).encode()))


def until(one: Link, last: str) -> list[dict[str, Any]]:
    """All events up to the first of a type."""
    events = [event(one)]
    while events[-1]["type"] != last:
        events.append(event(one))
    return events


@pytest.fixture
def session(aimock: int) -> Generator[Link]:
    with link(aimock, TARGET, extra=(KEY,)) as one:
        assert event(one)["type"] == "session.created"
        yield one
        assert one.close() == Close(1000)


def ask(one: Link, text: str) -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    send(one, type="conversation.item.create", item=item)
    assert event(one)["type"] == "conversation.item.added"
    send(one, type="response.create")
    return until(one, "response.done")


def test_a_session_with_an_answer(session: Link) -> None:
    send(session, type="session.update", session={"type": "realtime", "instructions": "short"})
    assert event(session)["type"] == "session.updated"
    for _ in range(2):
        events = ask(session, "hello")
        deltas = [each["delta"] for each in events if each["type"] == "response.output_text.delta"]
        assert "".join(deltas) == CONTENT
        assert len(deltas) > 1
        assert events[-1]["response"]["status"] == "completed"


def test_a_tool_call(session: Link) -> None:
    kind = "response.function_call_arguments.done"
    [done] = [each for each in ask(session, "weather") if each["type"] == kind]
    assert json.loads(done["arguments"]) == {"city": "Bonn"}


def test_an_error_is_an_event_and_the_session_goes_on(session: Link) -> None:
    session.send(Text(b"{"))
    assert event(session)["type"] == "error"
    assert ask(session, "hello")[-1]["response"]["status"] == "completed"


def test_the_beta_is_closed_by_a_code_of_its_own(aimock: int) -> None:
    with link(aimock, TARGET, extra=(KEY, (b"openai-beta", b"realtime=v1"))) as one:
        assert event(one)["error"]["code"] == "beta_api_shape_disabled"
        assert message(one) == Close(4000, "invalid_request_error.beta_api_shape_disabled")
        one.end()


def test_responses(aimock: int) -> None:
    with link(aimock, "/v1/responses", extra=(KEY,)) as one:
        message_ = {"role": "user", "content": "hello"}
        send(one, type="response.create", model="gpt-5", input=[message_])
        events = until(one, "response.completed")
        deltas = [each["delta"] for each in events if each["type"] == "response.output_text.delta"]
        assert "".join(deltas) == CONTENT
        one.close()


@pytest.mark.parametrize("caller", KINDS)
def test_a_session_of_a_client(aimock: int, caller: str) -> None:
    async def asked(connection: Any, text: str) -> list[Any]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await settled(connection.conversation.item.create(item=item))
        await settled(connection.response.create())
        return await heard(connection, "response.done")

    async def body(connection: Any) -> None:
        await heard(connection, "session.created")
        await settled(connection.session.update(session={"type": "realtime"}))
        await heard(connection, "session.updated")
        events = await asked(connection, "hello")
        deltas = [each.delta for each in events if each.type == "response.output_text.delta"]
        assert "".join(deltas) == CONTENT
        assert events[-1].response.status == "completed"
        events = await asked(connection, "weather")
        kind = "response.function_call_arguments.done"
        [done] = [each for each in events if each.type == kind]
        assert json.loads(done.arguments) == {"city": "Bonn"}
        assert not [each for each in events if type(each).__name__ == "Unknown"]

    opened(caller, f"http://127.0.0.1:{aimock}/v1", body)


@pytest.mark.parametrize("caller", KINDS)
def test_the_beta_and_responses_of_a_client(aimock: int, caller: str) -> None:
    async def scenario(client: Any) -> None:
        beta = await settled(client.beta.realtime.connect(model="gpt-realtime").enter())
        assert (await settled(beta.recv())).error.code == "beta_api_shape_disabled"
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await gathered(beta)
        assert caught.value.close_code == 4000
        responses = await settled(client.responses.connect().enter())
        words = [{"role": "user", "content": "hello"}]
        await settled(responses.response.create(model="gpt-5", input=words))
        events = await heard(responses, "response.completed")
        assert events[-1].response.output[0].content[0].text == CONTENT
        await settled(responses.close())

    play(caller, f"http://127.0.0.1:{aimock}/v1", scenario)


@pytest.mark.parametrize("caller", KINDS)
def test_what_a_client_is_refused(aimock: int, caller: str) -> None:
    async def scenario(client: Any) -> None:
        with pytest.raises(AuthenticationError, match="Invalid API key"):
            await settled(client.with_options(api_key="x").responses.connect().enter())
        with pytest.raises(NotFoundError):
            await settled(client.realtime.translations.connect(model="m").enter())

    play(caller, f"http://127.0.0.1:{aimock}/v1", scenario)
