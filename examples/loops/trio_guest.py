"""trio as a guest of another loop, here asyncio's: trio's tasks use the same client as the host's.

python -m examples.loops.trio_guest
"""

import asyncio
from typing import Any

import trio

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

from . import told


async def both(base_url: str) -> tuple[str, str]:
    """An answer that streams in trio, and a call of asyncio beside it."""
    host = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = host.create_future()
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:

        async def guest() -> str:
            return await told(client, "Hello guest")

        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=host.call_soon_threadsafe,
            done_callback=ended.set_result,
        )
        model = await client.models.retrieve("gpt-5-mini")
        return (await ended).unwrap(), model.id


def main() -> tuple[str, str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        text, model = asyncio.run(both(base_url))
    print(text, model, sep="\n")
    return text, model


if __name__ == "__main__":
    main()
