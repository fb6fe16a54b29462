"""The other process: one run over sockets, that may be killed, and that looks at its own memory."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from api_openai import AsyncClient
from api_openai.bulk import Summary, run
from api_openai.core.call.network import Network
from api_openai.operations import chat

PAGE = os.sysconf("SC_PAGE_SIZE")
FIRST = 10_000
"""The row at which memory is what it has to be."""
EACH = 5_000
"""Rows between two looks."""


class Measured(NamedTuple):
    """What a run came to."""

    summary: Summary
    first: int
    """Bytes that the process held at the row `FIRST`."""
    most: int
    """The most that it held afterwards."""


def resident() -> int:
    """Bytes that this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


class Rows:
    """Rows from a generator, and a look at the memory now and then."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.first = self.most = 0

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for number in range(self._count):
            if number and number % EACH == 0:
                held = resident()
                self.first = held if number == FIRST else self.first
                self.most = max(self.most, held) if number > FIRST else 0
            key = f"k{number}"
            made = chat.completions_create(
                model="m", messages=[{"role": "user", "content": f"Row {number}"}], user=key
            )
            yield key, made


def carry_out(url: str, out: str, count: int, workers: int, **options: Any) -> Measured:
    """Do a run to its end."""
    rows = Rows(count)

    async def program() -> Summary:
        network = Network(max_connections=workers, max_idle=workers)
        async with AsyncClient(api_key="k", base_url=url, network=network) as client:
            return await run(iter(rows), out, client, concurrency=workers, **options)

    summary = asyncio.run(program())
    return Measured(summary, rows.first, max(rows.most, resident()))


def report(pipe: Any, *given: Any, **options: Any) -> None:
    """Do so in a process of its own."""
    pipe.send(carry_out(*given, **options))
    pipe.close()
