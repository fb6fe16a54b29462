"""Streams of assistants' runs through blocking and async clients, against the emulator."""

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import anyio
import pytest

from api_openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncClient, Client
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import Raw, Say

HELLO: Final[Any] = {"messages": [{"role": "user", "content": "Hello"}]}
TOOLS: Final[Any] = [
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
]
CALLBACKS: Final = [name for name in vars(AssistantEventHandler) if name.startswith("on_")]


class Log(AssistantEventHandler):
    """Notes every callback; has no `super().__init__()` call, as many have not."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("on_"):
            return super().__getattribute__(name)

        def note(*values: Any) -> None:
            self.calls.append((name, values))

        return note

    def names(self) -> list[str]:
        return [name for name, _ in self.calls if name != "on_event"]


class AsyncLog(AsyncAssistantEventHandler):
    """The same, awaited."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("on_"):
            return super().__getattribute__(name)

        async def note(*values: Any) -> None:
            self.calls.append((name, values))
            await anyio.lowlevel.checkpoint()

        return note


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(api_key="test", transport=MemoryTransport(emulator)) as client:
        yield client


@pytest.fixture
async def aclient(emulator: Emulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key="test", transport=AsyncMemoryTransport(emulator)) as client:
        yield client


def assistant(client: Client, **fields: Any) -> str:
    return client.beta.assistants.create(model="gpt-4o", **fields).id


def test_events_texts_and_what_is_left_at_the_end(client: Client, emulator: Emulator) -> None:
    emulator.script(Say("one two three"), path="/threads/runs")
    manager = client.beta.threads.create_and_run_stream(
        assistant_id=assistant(client), thread=HELLO
    )
    assert not [each for each in emulator.requests if each.path.endswith("/runs")]
    with manager as stream:
        assert type(stream) is AssistantEventHandler
        assert stream.response.status_code == 200
        first = next(stream)
        assert first.event == "thread.created"
        assert "".join(stream.text_deltas) == "one two three"
        assert stream.current_event is not None
        assert stream.current_event.event == "thread.run.completed"
        assert stream.current_run is not None
        assert stream.current_run.status == "completed"
        assert stream.current_run_step_snapshot is None
        assert stream.current_message_snapshot == stream.get_final_messages()[0]
        assert stream.get_final_run() is stream.current_run
        assert [each.status for each in stream.get_final_run_steps()] == ["completed"]
    sent: Any = emulator.requests[-1].json()
    assert (sent["thread"], sent["stream"]) == (HELLO, True)


def test_callbacks_and_a_tool_call_answered(client: Client) -> None:
    thread = client.beta.threads.create(**HELLO)
    who = assistant(client, tools=TOOLS)
    with client.beta.threads.runs.stream(
        thread.id, assistant_id=who, tool_choice="required", event_handler=(log := Log())
    ) as stream:
        run = stream.get_final_run()
    assert run.status == "requires_action"
    assert run.required_action is not None
    assert log.names() == [
        "on_run_step_created",
        "on_tool_call_created",
        "on_run_step_delta",
        "on_tool_call_done",
        "on_end",
    ]
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "42"}],
        event_handler=(after := Log()),
    ) as stream:
        stream.until_done()
    assert after.names()[-2:] == ["on_run_step_done", "on_end"]
    assert stream.get_final_run().status == "completed"


@pytest.mark.anyio
async def test_async_clients_have_the_same(aclient: AsyncClient, emulator: Emulator) -> None:
    emulator.script(Say("one two three"), path="/threads/runs")
    who = await aclient.beta.assistants.create(model="gpt-4o")
    async with aclient.beta.threads.create_and_run_stream(
        assistant_id=who.id, thread=HELLO, event_handler=(log := AsyncLog())
    ) as stream:
        assert stream is log
        assert [each async for each in stream.text_deltas] == ["one", " two", " three"]
        run = await stream.get_final_run()
        assert [each.run_id for each in await stream.get_final_messages()] == [run.id]
        assert [each.run_id for each in await stream.get_final_run_steps()] == [run.id]
        assert stream.response.status_code == 200
    names = [name for name, _ in log.calls if name != "on_event"]
    assert names[:3] == ["on_run_step_created", "on_message_created", "on_text_created"]
    assert names[-4:] == ["on_text_done", "on_message_done", "on_run_step_done", "on_end"]
    texts = [values for name, values in log.calls if name == "on_text_delta"]
    assert [(delta.value, whole.value) for delta, whole in texts] == [
        ("one", "one"),
        (" two", "one two"),
        (" three", "one two three"),
    ]
    thread = await aclient.beta.threads.create(**HELLO)
    async with aclient.beta.threads.runs.create_and_stream(
        thread_id=thread.id, assistant_id=who.id
    ) as plain:
        await plain.until_done()
    assert type(plain) is AsyncAssistantEventHandler
    tooled = await aclient.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    async with aclient.beta.threads.runs.stream(
        thread.id, assistant_id=tooled.id, tool_choice="required"
    ) as asking:
        run = await asking.get_final_run()
    assert run.required_action is not None
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    async with aclient.beta.threads.runs.submit_tool_outputs_stream(
        run.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "42"}],
    ) as after:
        assert (await after.get_final_run()).status == "completed"


def test_nothing_overridden_makes_no_snapshot(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api_openai.core.accumulate import threads

    def whole(draft: object) -> None:
        raise AssertionError("a snapshot that nobody asked for")

    thread = client.beta.threads.create(**HELLO)
    who = assistant(client)
    monkeypatch.setattr(threads._Draft, "whole", whole)  # pyright: ignore[reportPrivateUsage]
    with client.beta.threads.runs.stream(thread.id, assistant_id=who) as stream:
        monkeypatch.setattr(threads._Draft, "part", lambda self, index: None)  # pyright: ignore
        stream.until_done()


def test_a_handler_may_be_falsy_and_have_names_of_its_own(client: Client) -> None:
    class Texts(AssistantEventHandler):
        def __init__(self) -> None:
            self.found: list[str] = []
            self._events = self._stream = self._sender = self._known = self.run = None

        def __len__(self) -> int:
            return len(self.found)

        def on_text_delta(self, delta: Any, snapshot: Any) -> None:
            self.found.append(delta.value)

    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant(client), thread=HELLO, event_handler=(texts := Texts())
    ) as stream:
        stream.until_done()
    assert texts.found[0] == "You"


@pytest.mark.anyio
async def test_texts_may_be_left_early(aclient: AsyncClient, emulator: Emulator) -> None:
    emulator.script(Say("one two three"), path="/threads/runs")
    who = await aclient.beta.assistants.create(model="gpt-4o")
    async with aclient.beta.threads.create_and_run_stream(assistant_id=who.id) as stream:
        async for text in stream.text_deltas:
            if text == " two":
                break
        gc.collect()  # trio warns of a generator that was left
        assert [each async for each in stream.text_deltas] == [" three"]


def test_a_handler_has_one_stream(client: Client, emulator: Emulator) -> None:
    thread = client.beta.threads.create(**HELLO)
    handler = AssistantEventHandler()
    with pytest.raises(RuntimeError, match="has not begun"):
        next(handler)
    assert (handler.current_run, handler.current_message_snapshot) == (None, None)
    handler.close()
    who = assistant(client)
    with client.beta.threads.runs.stream(thread.id, assistant_id=who, event_handler=handler) as s:
        s.until_done()
    before = len(emulator.requests)
    with (
        pytest.raises(RuntimeError, match="needs its own"),
        client.beta.threads.runs.stream(thread.id, assistant_id=who, event_handler=handler),
    ):
        pass
    assert len(emulator.requests) == before


def test_a_stream_without_a_run(client: Client, emulator: Emulator) -> None:
    events = b'event: thread.created\ndata: {"id":"t"}\n\nevent: done\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
    emulator.script(Raw(head % len(events) + events), path="/threads/runs")
    with client.beta.threads.create_and_run_stream(assistant_id="a") as stream:
        with pytest.raises(RuntimeError, match="told of no run"):
            stream.get_final_run()
        assert (stream.get_final_run_steps(), stream.get_final_messages()) == ([], [])


def test_the_wrong_kind_of_handler(client: Client) -> None:
    handler: Any = AsyncAssistantEventHandler()
    with pytest.raises(TypeError, match="AssistantEventHandler"):
        client.beta.threads.runs.stream("t", assistant_id="a", event_handler=handler)
    wrong: Any = client
    with pytest.raises(TypeError, match="assistant"):
        wrong.beta.threads.runs.stream("t", assistent_id="a")
    with pytest.raises(ValueError, match="thread_id"):
        client.beta.threads.runs.stream("", assistant_id="a")
    with pytest.raises(AttributeError, match="no raw view"):
        wrong.with_raw_response.beta.threads.runs.stream("t", assistant_id="a")


def test_both_have_the_same_callbacks() -> None:
    found = [each for each in vars(AsyncAssistantEventHandler) if each.startswith("on_")]
    assert found == CALLBACKS
    assert len(CALLBACKS) == 17
