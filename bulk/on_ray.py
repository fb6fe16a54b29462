"""`Calls`: a class for `map_batches` of Ray Data, whose actors have many calls in flight.

    dataset.map_batches(Calls, **Calls.options(ask, key="id", concurrency=64, actors=4))

Nothing here starts or joins a cluster, and Ray is imported by `options` alone.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

import msgspec

from ..core.policies import checks
from ..core.request.operation import Operation
from ..core.terms.nesting import decode
from .courier import Work, carry_here
from .result_row import Columns, columns_of
from .rows import Request, RowError
from .sources import Bad, Row, request_of

if TYPE_CHECKING:
    from .courier import Working

__all__ = ["COLUMNS", "Calls"]

COLUMNS: Final = Columns.__struct_fields__
"""Columns that are added: `answer`, the JSON of it as text, or what a row failed with."""
_BATCH_ROW: Final = ("custom_id", "method", "url", "body")
OVERLAPPING: Final = 2
"""Tasks of an actor at once: while the last calls of one are awaited, those of the next go out."""

Ask = Callable[[dict[str, Any]], Row]


class Calls:
    """Makes calls of the rows of a dataset; Ray makes one in each actor of `map_batches`.

    `ask` makes of a row (a dict) an operation, or a row in the Batch API's form. Without it the rows
    have the columns `custom_id`, `method`, `url` and `body`, this one as JSON text, or as a struct
    whose nulls are left out. `key` names the column that tells rows apart; a row of the Batch API has
    its `custom_id`. All columns are kept, and those of `COLUMNS` added: `columns` gives them other
    names, or `None` to leave one out.

    `recipe` says how an actor makes its client, `concurrency` how many calls it has in flight,
    `retries` how often a row is tried again. With `journal`, a folder that all actors share, a row
    that has ended is not done again, whatever becomes of its actor; then rows need keys.

    A row that fails is a row with an error in it. What is raised ends the dataset: a setting that is
    none, a column that is there already, a disk that is full.
    """

    def __init__(
        self,
        ask: Ask | None = None,
        *,
        key: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        **work: "Unpack[Working]",
    ) -> None:
        self._ask = ask
        self._key = key
        self._names = _names(columns)
        self._keyless = work.get("journal") is None
        self._work = Work(**work)

    @classmethod
    def options(
        cls,
        ask: Ask | None = None,
        *,
        actors: int | tuple[int, int] = 1,
        batch_size: int | None = None,
        num_cpus: float = 0.1,
        key: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        **work: "Unpack[Working]",
    ) -> dict[str, Any]:
        """The arguments of `map_batches` beside the class, each of which may be replaced.

        `actors` is their number, or the least and the most; `batch_size` rows are handed over at once,
        by default as many as there are calls in flight. An actor waits for the network and hardly
        computes, so it asks for a small part of a CPU. What is wrong is said here, before anything
        runs. `ImportError` where Ray is not installed.
        """
        made = cls(ask, key=key, columns=columns, **work)
        size = made._work.concurrency if batch_size is None else batch_size
        checks.count("Calls", "batch_size", size, least=1)
        checks.seconds("Calls", "num_cpus", num_cpus)
        least, most = actors if isinstance(actors, tuple) else (actors, actors)
        checks.count("Calls", "actors", least, least=1)
        checks.count("Calls", "actors", most, least=least)
        try:
            pool = import_module("ray.data").ActorPoolStrategy
        except ImportError as error:
            raise ImportError(
                f"Calls needs Ray Data ({error}): pip install 'api-openai[ray]'"
            ) from None
        try:
            compute = pool(
                min_size=least, max_size=most, max_concurrent_calls_per_actor=OVERLAPPING
            )
        except TypeError as error:  # an argument that it has not yet
            version = getattr(import_module("ray"), "__version__", "of an unknown version")
            raise ImportError(
                f"Calls needs Ray 2.60 or newer, and Ray {version} is installed ({error}): "
                "pip install -U 'api-openai[ray]'"
            ) from None
        arguments = {
            "ask": ask,
            "key": key,
            "columns": columns,
            **work,
            "journal": made._work.journal,
        }
        return {
            "fn_constructor_kwargs": arguments,
            "compute": compute,
            "batch_size": size,
            "batch_format": "pyarrow",
            "num_cpus": num_cpus,
        }

    async def __call__(self, batch: Any) -> Any:
        """Carry out a batch, a `pyarrow.Table`, and return it with what came of its rows."""
        if not hasattr(batch, "to_pylist"):
            kind = type(batch).__name__
            raise TypeError(
                f"Calls batch: expected a table of pyarrow (batch_format='pyarrow'), not {kind}"
            )
        if twice := set(self._names.values()) & {*batch.column_names, None} - {None}:
            raise ValueError(
                f"Calls columns: {', '.join(sorted(map(str, twice)))} is there already; "
                f"expected another name, as columns={{'answer': 'reply'}}"
            )
        rows = [*self._requests(batch.to_pylist())]
        ended = await asyncio.wrap_future(carry_here(self._work, rows))
        return self._with_results(batch, [columns_of(each) for each in ended.rows])

    def _with_results(self, batch: Any, results: list[Columns]) -> Any:
        arrow: Any = import_module("pyarrow")
        for name in COLUMNS:
            if (shown := self._names[name]) is not None:
                kind = arrow.int64() if name in ("status_code", "attempts") else arrow.string()
                values = arrow.array([getattr(each, name) for each in results], kind)
                batch = batch.append_column(shown, values)
        return batch

    def _requests(self, rows: list[dict[str, Any]]) -> "Iterator[Request | Bad]":
        for number, row in enumerate(rows, 1):
            key = None if self._key is None else row.get(self._key)
            try:
                yield self._request(row, None if key is None else str(key), number)
            except RowError as error:
                yield Bad(error, error.key or (f"row {number}" if key is None else str(key)))

    def _request(self, row: dict[str, Any], key: str | None, number: int) -> Request:
        asked: Any = _batch_row(row, number) if self._ask is None else self._asked(row, number)
        if isinstance(asked, Operation):
            if key is None:
                if not self._keyless:
                    raise RowError("with a journal a row needs a key; name its column", number)
                key = f"row {number}"
            asked = (key, asked)
        return request_of(asked, number)

    def _asked(self, row: dict[str, Any], number: int) -> Row:
        assert self._ask is not None
        try:
            return self._ask(row)
        except Exception as error:
            raise RowError(f"ask raised {type(error).__name__}: {error}", number) from error


def _names(columns: Mapping[str, str | None] | None) -> dict[str, str | None]:
    given = dict(columns or {})
    if unknown := given.keys() - set(COLUMNS):
        raise ValueError(
            f"Calls columns={sorted(unknown)}: expected names out of {', '.join(COLUMNS)}"
        )
    return {name: given.get(name, name) for name in COLUMNS}


def _batch_row(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The columns that are a row of the Batch API; a struct of Arrow has a null for what a row has not."""
    found = {name: row[name] for name in _BATCH_ROW if row.get(name) is not None}
    body = found.get("body")
    if isinstance(body, str):
        try:
            found["body"] = msgspec.Raw(decode(body, msgspec.Raw))
        except (ValueError, RecursionError) as error:
            raise RowError(f"body: expected JSON: {error}", number) from None
    elif body is not None:
        found["body"] = _without_nulls(body)
    return found


def _without_nulls(value: object) -> Any:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value).items()
        return {name: _without_nulls(each) for name, each in fields if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in cast("list[object]", value)]
    return value
