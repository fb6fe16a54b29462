"""The program that reads the events of a run, and tells callbacks what they mean.

`RunEvents` is the same for every kind of caller; `client.assistants` has its blocking and its async
face. Nothing runs unless somebody asks for the next event:

    event -> on_event -> what it means (`ThreadAccumulator`) -> the event is handed out
    the proper end -> on_end
    an error, of the stream or a callback -> on_timeout, if a deadline passed -> on_exception -> on_end

Who is cancelled, or gives up before the end, calls nothing back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..accumulate.threads import ThreadAccumulator
from ..terms.errors import APITimeoutError
from ..terms.sentinels import END, End
from .callbacks import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..answers.stream import Source
    from ..api.types.beta_threads import AssistantStreamEvent
    from ..request.operation import Operation
    from .caller import Caller

    Callback = Callable[..., Any]


class RunEvents:
    """One stream of a run. `callback` gives the callback of a name, `None` if there is none."""

    __slots__ = (
        "_asynchronous",
        "_callback",
        "_caller",
        "_operation",
        "_over",
        "_source",
        "event",
        "known",
        "whole",
    )

    def __init__(
        self,
        caller: Caller,
        operation: Operation[Any, Any],
        callback: Callable[[str], Callback | None],
    ) -> None:
        self._caller = caller
        self._operation = operation
        self._callback = callback
        self._asynchronous = False
        self._source: Source[AssistantStreamEvent] | None = None
        self._over = False
        self.known = ThreadAccumulator()
        """What the events add up to."""
        self.event: AssistantStreamEvent | None = None
        """The event that came last."""
        self.whole = False
        """Whether the stream was read to its proper end."""

    @property
    def source(self) -> Source[AssistantStreamEvent]:
        """What the events come from; `RuntimeError` before the stream has begun."""
        if self._source is None:
            raise RuntimeError("The stream has not begun: use it in the `with` block")
        return self._source

    async def open(self) -> None:
        """Send the request."""
        self._source = (await self._caller.perform(self._operation)).source
        self._asynchronous = self._caller.disk.asynchronous

    async def next(self) -> AssistantStreamEvent | End:
        """Return the next event, its callbacks called; `END` after the last."""
        source = self.source
        if self._over:
            return END
        try:
            event = await source.next()
            if event is END:
                self._over = self.whole = True
                await self._tell("on_end", tuple)
            else:
                self.event = event
                await self._tell("on_event", lambda: (event,))
                for callback, values in self.known.receive(event):
                    await self._tell(callback, values)
            return event
        except Exception as error:
            failure = error
            self.abort()
        except BaseException:  # cancelled, or interrupted
            self.abort()
            raise
        raise await self._failed(failure)

    def abort(self) -> None:
        """Give up what has not been read; the run goes on at the server."""
        self._over = True
        if self._source is not None:
            self._source.abort()

    async def _tell(self, name: str, values: Callable[[], tuple[Any, ...]]) -> None:
        callback = self._callback(name)
        if callback is not None:
            await settled(callback(*values()), self._asynchronous)

    async def _failed(self, failure: Exception) -> Exception:
        """Tell that it failed; return what to raise: the error of a callback, if one fails."""
        if self.whole:  # it was `on_end` that failed
            return failure
        told: list[tuple[str, tuple[Any, ...]]] = [("on_exception", (failure,)), ("on_end", ())]
        if isinstance(failure, APITimeoutError):
            told.insert(0, ("on_timeout", ()))
        for name, values in told:
            try:
                await self._tell(name, partial(tuple[Any, ...], values))
            except Exception as error:
                if error is not failure:
                    error.__context__ = error.__context__ or failure
                    failure = error
        return failure
