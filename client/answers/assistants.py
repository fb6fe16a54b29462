"""Event handlers for the runs of assistants, and the context managers that they are used in.

    with client.beta.threads.runs.stream(thread_id=..., assistant_id=...) as stream:
        for text in stream.text_deltas:
            print(text, end="")

What is read, and what is called back when, is the program of `core.programs.run_events`; here are
its blocking face and what both faces have. A subclass that has `on_...` methods of its own is told
what happens as the stream is read: nothing runs unless somebody iterates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ...core.answers.stream import Controlled
from ...core.json.values import items
from ...core.programs.run_events import RunEvents
from ...core.terms.sentinels import END

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import TracebackType

    from ...core.accumulate.threads import ThreadAccumulator
    from ...core.answers.stream import Source
    from ...core.api.types.beta_threads import (
        AssistantStreamEvent,
        CodeInterpreterToolCall,
        CodeInterpreterToolCallDelta,
        FileSearchToolCall,
        FileSearchToolCallDelta,
        FunctionToolCall,
        FunctionToolCallDelta,
        ImageFile,
        Message,
        MessageDelta,
        Run,
        RunStep,
        RunStepDelta,
        Text,
        TextDelta,
    )
    from ...core.call.reply import Reply
    from ...core.request.operation import Operation
    from ..sending.sender import Sender

    ToolCall = CodeInterpreterToolCall | FileSearchToolCall | FunctionToolCall
    ToolCallDelta = CodeInterpreterToolCallDelta | FileSearchToolCallDelta | FunctionToolCallDelta

H = TypeVar("H", bound="AssistantEventHandler")


class Reading(NamedTuple):
    """What a handler reads, and the client that it reads with."""

    sender: Sender
    events: RunEvents


class Handler(Controlled):
    """What a handler has, blocking or async; a subclass need not call its `__init__`."""

    assistant_stream: Reading | None = None
    """The stream, once it has begun; all that is kept here, for the names are the subclass's."""

    @property
    def current_event(self) -> AssistantStreamEvent | None:
        """The event that came last."""
        reading = self.assistant_stream
        return None if reading is None else reading.events.event

    @property
    def current_run(self) -> Run | None:
        """The run as the server last said."""
        reading = self.assistant_stream
        return None if reading is None else reading.events.known.run

    @property
    def current_run_step_snapshot(self) -> RunStep | None:
        """The step that goes on, as far as it has come."""
        reading = self.assistant_stream
        return None if reading is None else reading.events.known.step

    @property
    def current_message_snapshot(self) -> Message | None:
        """The latest message, as far as it has come."""
        reading = self.assistant_stream
        return None if reading is None else reading.events.known.message

    @property
    def source(self) -> Source[AssistantStreamEvent]:
        """What the events come from; `RuntimeError` before the stream has begun."""
        return begun(self).events.source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self.source.reply


def begin(
    handler: Handler, base: type[Handler], sender: Sender, operation: Operation[Any, Any]
) -> Coroutine[Any, Any, None]:
    """Give a handler its stream, which the program that is returned opens.

    The callbacks of `base` do nothing: they are not called, and nothing is made for them.
    """
    if handler.assistant_stream is not None:
        raise RuntimeError("This event handler was given a stream before; each needs its own")

    def callback(name: str) -> Callable[..., Any] | None:
        found: Callable[..., Any] = getattr(handler, name)
        inert = getattr(found, "__func__", None) is getattr(base, name)
        return None if inert else found

    events = RunEvents(sender, operation, callback)
    handler.assistant_stream = Reading(sender, events)
    return events.open()


def begun(handler: Handler) -> Reading:
    """Return what a handler reads; `RuntimeError` where it has no stream."""
    if handler.assistant_stream is None:
        raise RuntimeError("The stream has not begun: use it in the `with` block")
    return handler.assistant_stream


def whole(handler: Handler) -> ThreadAccumulator:
    """Return what the events added up to; `RuntimeError` if not all of them were read."""
    events = begun(handler).events
    if not events.whole:
        raise RuntimeError("The stream failed or was given up before its end")
    return events.known


def final_run(handler: Handler) -> Run:
    """Return the run as the last event had it; `RuntimeError` where there is none."""
    run = whole(handler).run
    if run is None:
        raise RuntimeError("The stream told of no run")
    return run


class AssistantEventHandler(Handler):
    """The events of a run as an iterator, and callbacks for subclasses to have.

    Callbacks are called as the stream is read, before the event is handed out: `on_event`, then
    what it means. One that raises ends the stream, as any error does: `on_timeout` if a deadline
    passed, `on_exception`, and `on_end`, which is called at the proper end too. Snapshots are
    immutable, and made for those callbacks alone that there are.
    """

    def __iter__(self) -> Iterator[AssistantStreamEvent]:
        return self

    def __next__(self) -> AssistantStreamEvent:
        reading = begun(self)
        event: Any = reading.sender.run(reading.events.next())
        if event is END:
            raise StopIteration
        found: AssistantStreamEvent = event
        return found

    @property
    def text_deltas(self) -> Iterator[str]:
        """The pieces of texts, as they arrive."""
        for event in self:
            yield from texts(event)

    def until_done(self) -> None:
        """Read the stream to its end."""
        for _ in self:
            pass

    def get_final_run(self) -> Run:
        """Read to the end, and return the run as it was then.

        `RuntimeError` where the stream did not get there, or told of no run.
        """
        self.until_done()
        return final_run(self)

    def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end, and return the steps that it told of; `RuntimeError` without an end."""
        self.until_done()
        return whole(self).steps

    def get_final_messages(self) -> list[Message]:
        """Read to the end, and return the messages that it told of, as `get_final_run_steps`."""
        self.until_done()
        return whole(self).messages

    def close(self) -> None:
        """Give up what has not been read; the run goes on at the server."""
        if self.assistant_stream is not None:
            self.assistant_stream.events.abort()

    def on_event(self, event: AssistantStreamEvent) -> None:
        """Any event."""

    def on_run_step_created(self, run_step: RunStep) -> None:
        """A step begins."""

    def on_run_step_delta(self, delta: RunStepDelta, snapshot: RunStep) -> None:
        """A step goes on: what is new, and all there is."""

    def on_run_step_done(self, run_step: RunStep) -> None:
        """A step has ended, one way or another: `run_step.status`."""

    def on_tool_call_created(self, tool_call: ToolCall) -> None:
        """A tool call begins; its first delta is in it."""

    def on_tool_call_delta(self, delta: ToolCallDelta, snapshot: ToolCall) -> None:
        """A tool call goes on: what is new, and all there is."""

    def on_tool_call_done(self, tool_call: ToolCall) -> None:
        """A tool call is complete."""

    def on_message_created(self, message: Message) -> None:
        """A message begins."""

    def on_message_delta(self, delta: MessageDelta, snapshot: Message) -> None:
        """A message goes on: what is new, and all there is."""

    def on_message_done(self, message: Message) -> None:
        """A message is complete, or will not be."""

    def on_text_created(self, text: Text) -> None:
        """A text begins; its first delta is in it, and comes to `on_text_delta` too."""

    def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
        """A text goes on: what is new, and all there is."""

    def on_text_done(self, text: Text) -> None:
        """A text is complete."""

    def on_image_file_done(self, image_file: ImageFile) -> None:
        """An image is complete."""

    def on_timeout(self) -> None:
        """A deadline has passed; `on_exception` follows."""

    def on_exception(self, exception: Exception) -> None:
        """Reading failed, or a callback did; it is raised after this."""

    def on_end(self) -> None:
        """The stream was read to its end, or failed."""


class AssistantStreamManager(Generic[H]):
    """`with ... as stream:` sends the request on entering, and gives up the rest on leaving."""

    __slots__ = ("_handler", "_operation", "_sender")

    def __init__(self, sender: Sender, operation: Operation[Any, Any], handler: H) -> None:
        self._sender = sender
        self._operation = operation
        self._handler = handler

    def __enter__(self) -> H:
        handler = self._handler
        self._sender.run(begin(handler, AssistantEventHandler, self._sender, self._operation))
        return handler

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handler.close()


def texts(event: Any) -> Iterator[str]:
    """The pieces of texts in an event."""
    if getattr(event, "event", None) == "thread.message.delta":
        for block in items(getattr(getattr(event.data, "delta", None), "content", None)):
            if getattr(block, "type", None) == "text":
                value = getattr(getattr(block, "text", None), "value", None)
                if isinstance(value, str) and value:
                    yield value
