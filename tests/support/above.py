"""Clients of httpx and httpx2 above this one: one way to ask them, blocking or in a loop."""

import importlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from itertools import islice
from typing import Any, Final, TypeVar

from .clock import Clock
from .ports import drive

T = TypeVar("T")

KINDS: Final = ("blocking", "asyncio", "trio")


class Above:
    """A client whose transport is this library's; its calls are awaited, whatever it is."""

    def __init__(
        self, package: Any, kind: str, settings: dict[str, Any], own: dict[str, Any], clock: Clock
    ) -> None:
        self.package = package
        self.clock = clock
        self.blocking = kind == "blocking"
        home = importlib.import_module(f"api_openai.{package.__name__}")
        made = home.HTTPTransport if self.blocking else home.AsyncHTTPTransport
        self.transport: Any = made(**settings)
        client = package.Client if self.blocking else package.AsyncClient
        self.client: Any = client(transport=self.transport, **own)

    async def got(self, result: Any) -> Any:
        """Await what an async client gives."""
        return result if self.blocking else await result

    async def ask(self, method: str, url: str, **keywords: Any) -> Any:
        """Send a request, and return its response, read."""
        return await self.got(self.client.request(method, url, **keywords))

    async def open(self, method: str, url: str, **keywords: Any) -> Any:
        """Send a request, and return its response, whose body is yet to be read."""
        request = self.client.build_request(method, url, **keywords)
        return await self.got(self.client.send(request, stream=True))

    async def parts(self, response: Any, most: int | None = None) -> list[bytes]:
        """Read the parts of a body, all of them or some."""
        found: list[bytes] = []
        if most is None:
            if self.blocking:
                return list(response.iter_bytes())
            return [part async for part in response.aiter_bytes()]
        # Of the stream itself: what httpx puts around it is left for the collector by a `break`.
        if self.blocking:
            return list(islice(response.stream, most))
        async with aclosing(aiter(response.stream)) as parts:
            while len(found) < most:
                found.append(await anext(parts))
        return found

    async def shut(self, response: Any) -> None:
        """Close a response."""
        await self.got(response.close() if self.blocking else response.aclose())

    @property
    def in_use(self) -> int:
        """How many connections are taken."""
        backend: Any = self.transport._transport.wire().backend
        in_use: int = backend.pool.in_use
        return in_use


def above(
    package: Any,
    kind: str,
    scenario: Callable[[Above], Awaitable[T]],
    own: dict[str, Any] | None = None,
    **settings: Any,
) -> T:
    """Run a scenario; `settings` are the transport's, `own` those of the client above."""

    async def program() -> T:
        client = Above(package, kind, settings, own or {}, clock)
        result = await scenario(client)
        assert client.in_use == 0
        await client.got(client.client.close() if client.blocking else client.client.aclose())
        return result

    clock = Clock()
    return drive(kind, program, clock)
