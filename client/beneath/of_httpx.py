"""The transports beneath clients of httpx."""

from typing import Any, ClassVar

import httpx

from .transport import AsyncBeneath, Beneath

__all__ = ["AsyncHTTPTransport", "HTTPTransport"]


class HTTPTransport(Beneath, httpx.BaseTransport):
    """A transport for `httpx.Client`; settings as those of `api_openai.Client`."""

    _package: ClassVar[Any] = httpx

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; exceptions are those of httpx, with this client's as their cause."""
        response: httpx.Response = self._handle(request)
        return response


class AsyncHTTPTransport(AsyncBeneath, httpx.AsyncBaseTransport):
    """A transport for `httpx.AsyncClient`, under asyncio and trio; settings as above."""

    _package: ClassVar[Any] = httpx

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; exceptions are those of httpx, with this client's as their cause."""
        response: httpx.Response = await self._handle(request)
        return response
