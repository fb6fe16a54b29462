"""Event handlers for the runs of assistants, for async clients; see `client.answers.assistants`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ...core.terms.sentinels import END
from .assistants import Handler, begin, begun, final_run, texts, whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from ...core.api.types.beta_threads import (
        AssistantStreamEvent,
        ImageFile,
        Message,
        MessageDelta,
        Run,
        RunStep,
        RunStepDelta,
        Text,
        TextDelta,
    )
    from ...core.request.operation import Operation
    from ..sending.sender import Sender
    from .assistants import ToolCall, ToolCallDelta

A = TypeVar("A", bound="AsyncAssistantEventHandler")


class AsyncAssistantEventHandler(Handler):
    """`AssistantEventHandler` for async clients: callbacks are awaited, one after another.

    A task that is cancelled while it reads calls no further callbacks.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AssistantStreamEvent:
        event = await begun(self).events.next()
        if event is END:
            raise StopAsyncIteration
        return event

    @property
    def text_deltas(self) -> AsyncIterator[str]:
        """The pieces of texts, as they arrive."""
        return _TextDeltas(self)

    async def until_done(self) -> None:
        """Read the stream to its end."""
        async for _ in self:
            pass

    async def get_final_run(self) -> Run:
        """Read to the end, and return the run as it was then.

        `RuntimeError` where the stream did not get there, or told of no run.
        """
        await self.until_done()
        return final_run(self)

    async def get_final_run_steps(self) -> list[RunStep]:
        """Read to the end, and return the steps that it told of; `RuntimeError` without an end."""
        await self.until_done()
        return whole(self).steps

    async def get_final_messages(self) -> list[Message]:
        """Read to the end, and return the messages that it told of, as `get_final_run_steps`."""
        await self.until_done()
        return whole(self).messages

    async def close(self) -> None:
        """Give up what has not been read; the run goes on at the server."""
        if self.assistant_stream is not None:
            self.assistant_stream.events.abort()

    async def on_event(self, event: AssistantStreamEvent) -> None:
        """Any event."""

    async def on_run_step_created(self, run_step: RunStep) -> None:
        """A step begins."""

    async def on_run_step_delta(self, delta: RunStepDelta, snapshot: RunStep) -> None:
        """A step goes on: what is new, and all there is."""

    async def on_run_step_done(self, run_step: RunStep) -> None:
        """A step has ended, one way or another: `run_step.status`."""

    async def on_tool_call_created(self, tool_call: ToolCall) -> None:
        """A tool call begins; its first delta is in it."""

    async def on_tool_call_delta(self, delta: ToolCallDelta, snapshot: ToolCall) -> None:
        """A tool call goes on: what is new, and all there is."""

    async def on_tool_call_done(self, tool_call: ToolCall) -> None:
        """A tool call is complete."""

    async def on_message_created(self, message: Message) -> None:
        """A message begins."""

    async def on_message_delta(self, delta: MessageDelta, snapshot: Message) -> None:
        """A message goes on: what is new, and all there is."""

    async def on_message_done(self, message: Message) -> None:
        """A message is complete, or will not be."""

    async def on_text_created(self, text: Text) -> None:
        """A text begins; its first delta is in it, and comes to `on_text_delta` too."""

    async def on_text_delta(self, delta: TextDelta, snapshot: Text) -> None:
        """A text goes on: what is new, and all there is."""

    async def on_text_done(self, text: Text) -> None:
        """A text is complete."""

    async def on_image_file_done(self, image_file: ImageFile) -> None:
        """An image is complete."""

    async def on_timeout(self) -> None:
        """A deadline has passed; `on_exception` follows."""

    async def on_exception(self, exception: Exception) -> None:
        """Reading failed, or a callback did; it is raised after this."""

    async def on_end(self) -> None:
        """The stream was read to its end, or failed."""


class _TextDeltas:
    """An iterator and no generator: who leaves the loop early leaves nothing to be finalized."""

    __slots__ = ("_events", "_ready")

    def __init__(self, events: AsyncAssistantEventHandler) -> None:
        self._events = events
        self._ready = deque[str]()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while not self._ready:
            self._ready.extend(texts(await anext(self._events)))
        return self._ready.popleft()


class AsyncAssistantStreamManager(Generic[A]):
    """`async with ... as stream:` sends the request on entering, and gives up the rest on leaving."""

    __slots__ = ("_handler", "_operation", "_sender")

    def __init__(self, sender: Sender, operation: Operation[Any, Any], handler: A) -> None:
        self._sender = sender
        self._operation = operation
        self._handler = handler

    async def __aenter__(self) -> A:
        handler = self._handler
        await begin(handler, AsyncAssistantEventHandler, self._sender, self._operation)
        return handler

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._handler.close()
