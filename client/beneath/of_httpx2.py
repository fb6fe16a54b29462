"""The transports beneath clients of httpx2."""

from typing import Any, ClassVar

import httpx2

from .transport import AsyncBeneath, Beneath

__all__ = ["AsyncHTTPTransport", "HTTPTransport"]


class HTTPTransport(Beneath, httpx2.BaseTransport):
    """A transport for `httpx2.Client`; settings as those of `api_openai.Client`."""

    _package: ClassVar[Any] = httpx2

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; exceptions are those of httpx2, with this client's as their cause."""
        response: httpx2.Response = self._handle(request)
        return response


class AsyncHTTPTransport(AsyncBeneath, httpx2.AsyncBaseTransport):
    """A transport for `httpx2.AsyncClient`, under asyncio and trio; settings as above."""

    _package: ClassVar[Any] = httpx2

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; exceptions are those of httpx2, with this client's as their cause."""
        response: httpx2.Response = await self._handle(request)
        return response
