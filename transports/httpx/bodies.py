"""Request bodies as httpx reads them; `made_for` makes classes of either package of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.call.run import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ...core.http.body import BodyReader
    from ...core.terms.effects import Files
    from .package import Package


class _Once:
    """A body that is read once: an `auth` or a redirect that would send it again has to fail."""

    def __init__(self, reader: BodyReader, files: Files, package: Package) -> None:
        self._reader = reader
        self._files = files
        self._package = package
        self._begun = False

    def _begin(self) -> None:
        if self._begun:
            raise self._package.StreamConsumed
        self._begun = True


class SyncBody(_Once):
    """A request body as a blocking client reads it."""

    def __iter__(self) -> Iterator[bytes]:
        self._begin()
        return _Parts(self._reader, self._files)


class _Parts:
    """The parts of a body; whoever iterates may ask it for an iterator again."""

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if part := run(self._reader.read(self._files)):
            return part
        raise StopIteration


class AsyncBody(_Once):
    """A request body as an async client reads it.

    An iterator and no generator: nobody closes the latter when a request is given up midway.
    """

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._begin()
        return _AsyncParts(self._reader, self._files)


class _AsyncParts:
    """The same for an async client."""

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if part := await self._reader.read(self._files):
            return part
        raise StopAsyncIteration


class Whole:
    """A request body in memory.

    `httpx.ByteStream` is one too, whose async generator nobody closes when sending is given up.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._data,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _OnePart(self._data)


class _OnePart:
    """One part, asynchronously."""

    def __init__(self, data: bytes) -> None:
        self._parts = iter((data,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration


def whole_body(data: bytes, package: Package) -> Any:
    """Return a body in memory for clients of `package`, blocking and async."""
    from .package import made_for

    return made_for(Whole, package.SyncByteStream, package.AsyncByteStream)(data)
