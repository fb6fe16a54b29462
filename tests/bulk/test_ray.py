"""`Calls` without Ray: tables that look like Arrow's, in the loop of the test."""

import asyncio
import inspect
import json
import pickle
import sys
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from campaigns.engines.counting import CountingServer, counting

from api_openai.bulk.courier import close_here
from api_openai.bulk.ray import COLUMNS, Calls, Recipe
from api_openai.operations import chat

BODY: Final = {"model": "m", "messages": [{"role": "user", "content": "one"}]}


class Table:
    """As much of a `pyarrow.Table` as is used."""

    def __init__(self, **columns: list[Any]) -> None:
        self.columns = columns

    @property
    def column_names(self) -> list[str]:
        return [*self.columns]

    def to_pylist(self) -> list[dict[str, Any]]:
        return [
            dict(zip(self.columns, each, strict=True))
            for each in zip(*self.columns.values(), strict=True)
        ]

    def append_column(self, name: str, values: list[Any]) -> "Table":
        return Table(**self.columns, **{name: values})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[CountingServer]:
    kinds = {"int64": lambda: int, "string": lambda: str}
    arrow = SimpleNamespace(**kinds, array=array)
    pools = SimpleNamespace(ActorPoolStrategy=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "pyarrow", arrow)
    monkeypatch.setitem(sys.modules, "ray.data", pools)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-worker-0123456789")
    with counting() as server:
        yield server
    close_here()


def array(values: list[Any], kind: type) -> list[Any]:
    """A column of one type, as Arrow insists."""
    assert all(each is None or isinstance(each, kind) for each in values)
    return values


def ask(row: dict[str, Any]) -> Any:
    """Ask for what a row says."""
    return chat.completions_create(
        model="m", messages=[{"role": "user", "content": row["text"]}], temperature=row.get("t")
    )


def carried(table: Table, server: CountingServer, *given: Any, **options: Any) -> dict[str, Any]:
    """The columns that come of a table."""
    made = Calls.options(*given, recipe=Recipe(base_url=server.url), **options)
    arguments = made["fn_constructor_kwargs"]
    calls: Any = Calls(**pickle.loads(pickle.dumps(arguments)))
    found: Table = asyncio.run(calls(table))
    return found.columns


def test_answers_and_errors_are_columns_beside_those_that_were_there(
    server: CountingServer,
) -> None:
    server.refused.add("b")
    found = carried(Table(id=[7, 8], text=["a", "b"]), server, ask, key="id")
    assert [*found] == ["id", "text", *COLUMNS]
    assert json.loads(found["answer"][0])["choices"][0]["message"]["content"] == "re: a"
    assert {name: found[name] for name in COLUMNS[1:]} == {
        "error": [None, "No b."],
        "error_code": [None, "not_wanted"],
        "status_code": [200, 400],
        "request_id": ["req-a", "req-b"],
        "attempts": [None, 1],
    }
    assert found["answer"][1] is None


def test_columns_have_the_names_that_they_are_given(server: CountingServer) -> None:
    named = {"answer": "reply", "request_id": None, "attempts": None}
    found = carried(Table(text=["a"], answer=["before"]), server, ask, columns=named)
    assert [*found] == ["text", "answer", "reply", "error", "error_code", "status_code"]
    assert found["answer"] == ["before"]


def test_a_column_that_is_there_is_not_written_over(server: CountingServer) -> None:
    with pytest.raises(ValueError, match="error is there already"):
        carried(Table(text=["a"], error=["before"]), server, ask)
    assert server.requests == 0


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(BODY),
        {**BODY, "temperature": None, "messages": [{**BODY["messages"][0], "name": None}]},  # type: ignore[dict-item]
    ],
    ids=["text", "struct"],
)
def test_rows_of_the_batch_api(server: CountingServer, body: Any) -> None:
    found = carried(
        Table(custom_id=["x"], method=["POST"], url=["/v1/chat/completions"], body=[body]), server
    )
    assert found["status_code"] == [200]
    assert server.asked == {"one": 1}


def test_nulls_of_a_struct_are_left_out_and_those_of_lists_are_not() -> None:
    from api_openai.bulk.on_ray import _batch_row  # pyright: ignore[reportPrivateUsage]

    body = {"a": None, "b": [None, {"c": None, "d": 1}]}
    assert _batch_row({"custom_id": "x", "body": body, "extra": 1}, 1) == {
        "custom_id": "x",
        "body": {"b": [None, {"d": 1}]},
    }


def test_a_row_that_is_none_is_a_row_with_an_error(server: CountingServer) -> None:
    found = carried(
        Table(custom_id=["x", None, "z"], url=["/v1/chat/completions"] * 3, body=["{", "{}", None]),
        server,
    )
    assert found["answer"] == [None] * 3
    assert found["error_code"] == ["row_error"] * 3
    assert found["error"][0].startswith("row 1: body: expected JSON")
    assert "custom_id" in found["error"][1]
    assert server.requests == 0


def test_what_ask_raises_is_its_rows_error(server: CountingServer) -> None:
    found = carried(Table(text=["a", "b"], t=[1.0, None]), server, Broken())
    assert found["error"] == ["row 1: ask raised KeyError: 'absent'", None]
    assert server.asked == {"b": 1}


class Broken:
    """Asks for a column that is not there, unless the row has no temperature."""

    def __call__(self, row: dict[str, Any]) -> Any:
        return ask(row) if row["t"] is None else row["absent"]


def test_with_a_journal_rows_need_keys(server: CountingServer, tmp_path: Path) -> None:
    found = carried(Table(text=["a"]), server, ask, journal=tmp_path)
    assert found["error"] == ["row 1: with a journal a row needs a key; name its column"]
    assert server.requests == 0


def test_rows_that_have_ended_come_from_the_journal(server: CountingServer, tmp_path: Path) -> None:
    server.refused.add("b")
    table = Table(id=[1, 2], text=["a", "b"])
    first = carried(table, server, ask, key="id", journal=tmp_path)
    close_here()
    assert carried(table, server, ask, key="id", journal=tmp_path) == first
    assert server.requests == 2


def test_options_are_those_of_map_batches(server: CountingServer) -> None:
    made = Calls.options(ask, actors=(1, 4), concurrency=20, recipe=Recipe(base_url=server.url))
    assert (made["batch_size"], made["batch_format"], made["num_cpus"]) == (20, "pyarrow", 0.1)
    assert vars(made["compute"]) == {
        "min_size": 1,
        "max_size": 4,
        "max_concurrent_calls_per_actor": 2,
    }
    assert inspect.iscoroutinefunction(Calls.__call__)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"concurrency": 0}, "concurrency=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"actors": 0}, "actors=0"),
        ({"actors": (3, 2)}, "actors=2"),
        ({"num_cpus": -1}, "num_cpus=-1"),
        ({"columns": {"reply": "answer"}}, "expected names out of answer"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_what_is_wrong_is_said_before_anything_runs(
    server: CountingServer, keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Calls.options(ask, **keywords)


def test_it_says_that_ray_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(*, min_size: int, max_size: int) -> None:
        """As of Ray 2.10."""

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(__version__="2.10.0"))
    monkeypatch.setitem(sys.modules, "ray.data", SimpleNamespace(ActorPoolStrategy=pool))
    with pytest.raises(ImportError, match=r"needs Ray 2\.60 or newer, and Ray 2\.10\.0 is inst"):
        Calls.options(ask)


def test_it_says_that_ray_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(ImportError, match=r"pip install 'api-openai\[ray\]'"):
        Calls.options(ask)


def test_other_formats_of_batches_are_refused(server: CountingServer) -> None:
    with pytest.raises(TypeError, match="batch_format='pyarrow'"):
        carried({"text": ["a"]}, server, ask)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
