"""Threads that share one asynchronous client, in a loop that anyio runs beside them.

python -m examples.loops.anyio_portal
"""

from concurrent.futures import ThreadPoolExecutor

from anyio.from_thread import start_blocking_portal

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

from . import told


def main(backend: str = "asyncio") -> tuple[str, str]:
    """Run it against the emulator; `backend` is that of anyio."""
    with (
        serve_in_thread(Emulator()) as base_url,
        start_blocking_portal(backend) as portal,
        portal.wrap_async_context_manager(
            AsyncClient(api_key="sk-demo", base_url=base_url)
        ) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        text = threads.submit(portal.call, told, client, "Hello portal")
        model = threads.submit(portal.call, client.models.retrieve, "gpt-5-mini")
        said = text.result(), model.result().id
    print(*said, sep="\n")
    return said


if __name__ == "__main__":
    main()
