"""Twisted on asyncio: its reactor runs asyncio's loop, and a Deferred waits for what the client does.

python -m examples.loops.twisted_asyncio
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from twisted.internet import asyncioreactor

asyncioreactor.install()  # before anything imports the reactor

from twisted.internet.defer import Deferred, gatherResults  # noqa: E402
from twisted.internet.task import react  # noqa: E402

from api_openai import AsyncClient  # noqa: E402
from api_openai.emulator import Emulator, serve_in_thread  # noqa: E402

from . import told  # noqa: E402


def deferred(work: Coroutine[Any, Any, Any]) -> Deferred[Any]:
    """A coroutine of asyncio's as Twisted knows it; cancelling one cancels the other."""
    return Deferred.fromFuture(asyncio.ensure_future(work))


async def both(base_url: str) -> None:
    """An answer that streams, and a call beside it."""
    client = AsyncClient(api_key="sk-demo", base_url=base_url)
    text, model = await gatherResults(
        [deferred(told(client, "Hello Twisted")), deferred(client.models.retrieve("gpt-5-mini"))]
    )
    await deferred(client.close())
    print(text, model.id, sep="\n")


def main() -> None:
    """Run it against the emulator. A reactor ends the process with it."""
    with serve_in_thread(Emulator()) as base_url:
        react(lambda reactor: Deferred.fromCoroutine(both(base_url)))


if __name__ == "__main__":
    main()
