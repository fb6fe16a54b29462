"""`Courier`: what a process of an engine has to carry rows out, in a loop of its own thread."""

import asyncio
import atexit
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict

from ..core.policies import checks
from ..core.policies.pace import Pace, PacedRetry
from .journal import ended_of
from .journals import Journals
from .recipe import Recipe
from .rows import Request, failed
from .sending import Ended, carried_out, retry_of
from .sources import Bad, SourceChangedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from ..core.call import policy

__all__ = ["Batch", "Courier", "Work", "Working", "carry_here", "close_here"]


class Working(TypedDict, total=False):
    """What may be said of how rows are carried out; see `Work`."""

    recipe: Recipe | None
    concurrency: int
    retries: "int | policy.Retry | None"
    journal: "str | os.PathLike[str] | None"
    redo_failed: bool


class Work:
    """What the processes of an engine are told: plain values, which pickle.

    `recipe` says how a process makes its client, `concurrency` how many calls it has in flight,
    `retries` how often a row is tried again (by default what the client does), `journal` the folder
    that all processes keep results in, `redo_failed` whether rows that failed there are done again.
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        *,
        concurrency: int = 64,
        retries: "int | policy.Retry | None" = None,
        journal: "str | os.PathLike[str] | None" = None,
        redo_failed: bool = False,
    ) -> None:
        self.recipe = Recipe() if recipe is None else recipe
        checks.instance("bulk", "recipe", self.recipe, Recipe)
        checks.count("bulk", "concurrency", concurrency, least=1)
        checks.switch("bulk", "redo_failed", redo_failed)
        self.concurrency = concurrency
        self.retry = None if retries is None else retry_of("bulk", retries)
        self.journal = None if journal is None else os.path.abspath(journal)
        self.redo_failed = redo_failed
        self.name = token_hex(8)
        """Tells it from other work, whose requests are counted for themselves."""


class Batch(NamedTuple):
    """What became of some rows, and how many requests the courier has sent in all so far."""

    rows: list[bytes]
    courier: str
    requests: int


class Courier:
    """A client, so many calls in flight, and a journal. Any thread may hand rows to it.

    Its loop runs in a thread of its own: what else the process does, or a loop of the engine that
    stands still, holds no call up; and connections are kept from one batch to the next.
    """

    def __init__(self, work: Work) -> None:
        client = work.recipe.client()
        self._pace = Pace(inner=client.policies.rate_limit)
        retry = client.policies.retry if work.retry is None else work.retry
        changes: dict[str, Any] = {} if retry is None else {"retry": PacedRetry(retry)}
        self._client = client.with_options(rate_limit=self._pace, **changes)
        self._name = token_hex(8)
        self._most = work.concurrency
        self._slots = asyncio.Semaphore(work.concurrency)
        self._journals = (
            None if work.journal is None else Journals(work.journal, redo_failed=work.redo_failed)
        )
        self._disk = ThreadPoolExecutor(1, "api_openai.bulk journal")
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="api_openai.bulk", daemon=True)
        self._thread.start()
        self._lock = Lock()
        self.batches = 0
        """Batches under way."""

    def carry(self, rows: "Sequence[Request | Bad]") -> "Future[Batch]":
        """Carry rows out, and return the rows of their results, in the same order.

        What the journal has is not done again. A row that fails is a row with its error; what is
        raised (a full disk) is no row's, and ends the others of this batch.
        """
        with self._lock:
            self.batches += 1
        future = asyncio.run_coroutine_threadsafe(self._batch(rows), self._loop)
        future.add_done_callback(self._note_end)
        return future

    def _note_end(self, _: object) -> None:
        with self._lock:
            self.batches -= 1

    def close(self) -> None:
        """Close connections, journal and loop; batches under way are given up."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._disk.shutdown()
        if self._journals is not None:
            self._journals.close()

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()

    async def _batch(self, rows: "Sequence[Request | Bad]") -> Batch:
        ended: dict[int, bytes] = {}
        if self._journals is not None:
            await self._loop.run_in_executor(self._disk, self._look, self._journals, rows, ended)
        todo = deque(number for number in range(len(rows)) if number not in ended)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._most, len(todo))):
                    group.create_task(self._work(rows, todo, ended))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if self._journals is not None:
            await self._loop.run_in_executor(self._disk, self._journals.sync)
        found = [ended[number] for number in range(len(rows))]
        return Batch(found, self._name, self._pace.requests)

    def _look(
        self, journals: Journals, rows: "Sequence[Request | Bad]", ended: dict[int, bytes]
    ) -> None:
        """Find what has ended already, whoever did it."""
        journals.look()
        for number, row in enumerate(rows):
            if isinstance(row, Request) and (stored := journals.find(row.key)) is not None:
                known = ended_of(stored, row.key).id
                ended[number] = stored if known in (None, row.id) else _of_another(row)

    async def _work(
        self, rows: "Sequence[Request | Bad]", todo: deque[int], ended: dict[int, bytes]
    ) -> None:
        while todo:
            async with self._slots:
                if todo:
                    number = todo.popleft()
                    ended[number] = await self._carry(rows[number])

    async def _carry(self, row: Request | Bad) -> bytes:
        if isinstance(row, Bad):
            return failed(row.key, row.id, row.error)
        came: Ended | None = await carried_out(self._client, row, row.id, self._pace)
        assert came is not None  # its pace is never stopped
        self._pace.answers += came.answered
        if self._journals is not None:
            self._journals.append(came.row)
        return came.row


def _of_another(row: Request) -> bytes:
    words = (
        f"custom_id={row.key!r}: the journal has the result of another request under it; keys are "
        "unique, and another source needs a journal of its own"
    )
    return failed(row.key, row.id, SourceChangedError(words))


_couriers: Final[dict[str, Courier]] = {}
_lock: Final = Lock()


def carry_here(work: Work, rows: "Sequence[Request | Bad]") -> "Future[Batch]":
    """Carry rows out by the courier that this process has for some work.

    It is made for the first of them. Those of other work are closed where they have nothing under way.
    """
    with _lock:
        found = _couriers.get(work.name)
        if found is None:
            _close([name for name, each in _couriers.items() if not each.batches])
            if not _couriers:
                atexit.register(close_here)
            found = _couriers[work.name] = Courier(work)
        return found.carry(rows)


def close_here() -> None:
    """Close the couriers of this process, which its end does too."""
    with _lock:
        _close([*_couriers])
    atexit.unregister(close_here)


def _close(names: list[str]) -> None:
    for name in names:
        _couriers.pop(name).close()
