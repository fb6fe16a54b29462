"""uvloop: asyncio on libuv. The client takes the loop that runs.

python -m examples.loops.uvloop_runner
"""

import asyncio

import uvloop

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

from . import told


async def both(base_url: str) -> tuple[str, str]:
    """An answer that streams, and a call beside it."""
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:
        text, model = await asyncio.gather(
            told(client, "Hello uvloop"), client.models.retrieve("gpt-5-mini")
        )
    return text, model.id


def main() -> tuple[str, str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        text, model = uvloop.run(both(base_url))
    print(text, model, sep="\n")
    return text, model


if __name__ == "__main__":
    main()
