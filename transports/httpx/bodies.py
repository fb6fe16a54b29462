"""Request bodies as httpx reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ...core.call.run import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ...core.http.body import BodyReader
    from ...core.terms.effects import Files


class SyncBody(httpx.SyncByteStream):
    """A request body as `httpx.Client` reads it."""

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if part := run(self._reader.read(self._files)):
            return part
        raise StopIteration


class AsyncBody(httpx.AsyncByteStream):
    """A request body as `httpx.AsyncClient` reads it.

    An iterator and no generator: nobody closes the latter when a request is given up midway.
    """

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if part := await self._reader.read(self._files):
            return part
        raise StopAsyncIteration


class Whole(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request body in memory.

    `httpx.ByteStream` is one too, whose async generator nobody closes when sending is given up.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._data,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._data)


class _Once:
    """One part, asynchronously."""

    def __init__(self, data: bytes) -> None:
        self._parts = iter((data,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration
