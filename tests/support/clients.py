"""Clients over an emulator in memory, so that one scenario runs through each kind of them."""

import inspect
from typing import Any, Final

from api_openai import AsyncClient, Client
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport

KINDS: Final = ("blocking", "asyncio", "trio")
"""What `ports.drive` runs: without an event loop, and in those that there are."""

AnyClient = Client | AsyncClient


def client_of(kind: str, emulator: Emulator, **options: Any) -> AnyClient:
    """A strict client: an answer with a field that does not fit its type is an error."""
    options = {"api_key": "k", "admin_api_key": "a", "strict": True, **options}
    if kind == "blocking":
        return Client(transport=MemoryTransport(emulator), **options)
    return AsyncClient(transport=AsyncMemoryTransport(emulator), **options)


async def settled(made: Any) -> Any:
    """What a method returns, or what it returns to who awaits it."""
    return await made if inspect.isawaitable(made) else made


async def gathered(found: Any) -> list[Any]:
    """The items of all pages, or the events up to the end: a stream that is cut raises."""
    if hasattr(found, "__aiter__"):
        return [each async for each in found]
    return list(found)
