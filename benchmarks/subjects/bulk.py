"""Many rows, so many under way at once, and a file of what came of them.

Ours is `bulk.run`. The official SDK's is what its users write: `gather`, a semaphore, a line of JSON
for each answer. The floor is our own client, called by as many workers, without a file.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .inputs import MODEL, QUESTION
from .meter import Figures, Meter
from .plan import Plan
from .surface import asynchronous

if TYPE_CHECKING:
    from api_openai import AsyncClient

AT_ONCE: Final = 200


def run(plan: Plan) -> Figures:
    """One round: a warm-up, then `plan.count` rows."""
    works = {"ours": _bulk, "official": _gathered, "floor": _bare}
    return asyncio.run(_measured(plan, works[plan.who]))


async def _measured(plan: Plan, work: Any) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        async with asynchronous(plan) as client:
            await work(client, plan.warm, Path(folder, "warm.jsonl"))
            with Meter(plan.count, 0.0) as meter:
                for _ in meter.bursts():
                    await work(client, plan.count, Path(folder, "out.jsonl"))
    return meter.figures(meter.measured)


async def _bulk(client: "AsyncClient", rows: int, out: Path) -> None:
    from api_openai import bulk

    summary = await bulk.run(_operations(rows), out, client, concurrency=AT_ONCE)
    assert (summary.done, summary.failed) == (rows, 0), summary


async def _gathered(client: Any, rows: int, out: Path) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            answer = await client.chat.completions.create(model=MODEL, messages=QUESTION)
        file.write(json.dumps({"custom_id": str(number), "body": answer.to_dict()}) + "\n")

    with out.open("w", encoding="utf-8") as file:
        await asyncio.gather(*map(one, range(rows)))


async def _bare(client: Any, rows: int, out: Path) -> None:
    operations = _operations(rows)

    async def worker() -> None:
        for operation in operations:
            await client.send(operation)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _operations(rows: int) -> Iterator[Any]:
    from api_openai.operations import (
        chat,  # here, for the official SDK's process has no other client
    )

    asked: Any = QUESTION
    for _ in range(rows):
        yield chat.completions_create(model=MODEL, messages=asked)
