"""The body of an answer, as a client of httpx or httpx2 reads it."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from ...core.answers.source import DRAIN_BYTES, DRAIN_SECONDS
from ...core.call.run import run
from ...core.terms.errors import APIError, OpenAIError
from .failures import translated

if TYPE_CHECKING:
    from ...core.call.reply import Reply
    from .endings import StreamWatch

__all__ = ["AsyncParts", "Parts"]


class _Body:
    """Reads a reply part by part; what goes wrong is an exception of the package."""

    def __init__(self, reply: "Reply", watch: "StreamWatch | None", package: Any) -> None:
        self._reply = reply
        self._watch = watch
        self._package = package

    async def _part(self) -> bytes:
        watch = self._watch
        try:
            data = await self._reply.part()
            if watch is not None:
                watch.take(data)
        except OpenAIError as error:
            self._give_up(error)
            raise translated(error, self._package) from error
        except BaseException:
            self._reply.abort()
            raise
        return data

    def _give_up(self, error: OpenAIError) -> None:
        self._reply.abort()
        if self._watch is not None:
            self._watch.over(str(error))

    async def _close(self) -> None:
        """Close the connection, unless what is left is only the end of a stream that has said all."""
        reply, watch = self._reply, self._watch
        try:
            if watch is not None and watch.done and not reply.ended:
                reply.deadlines = reply.deadlines.briefly(DRAIN_SECONDS)
                size = 0
                while not reply.ended and size <= DRAIN_BYTES:
                    size += len(await reply.part())
        except APIError:
            pass  # all has come; only the connection is lost
        finally:
            reply.abort()
            if watch is not None:
                watch.over("" if watch.done else "given up")


class Parts(_Body):
    """For a blocking client."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if data := run(self._part()):
            return data
        raise StopIteration

    def close(self) -> None:
        run(self._close())


class AsyncParts(_Body):
    """For an async client: an iterator and no generator, which nobody would close."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if data := await self._part():
            return data
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self._close()
