"""What type checkers say of runs, and of their results. Checked, not run."""

from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, assert_type

from api_openai import AsyncClient, Client
from api_openai.bulk import Failure, Progress, Result, Stop, Summary, results, run
from api_openai.core.request.operation import Operation
from api_openai.operations import chat
from api_openai.policies import Retry
from api_openai.types.chat import ChatCompletion

Row = dict[str, Any]
Pair = tuple[str, Operation[Any, Any]]


def told(progress: Progress) -> None:
    assert_type(progress.left, float | None)
    assert_type(progress.rate, float)


def blocking(client: Client, rows: Iterator[Row], pairs: Iterator[Pair]) -> None:
    assert_type(run("rows.jsonl", Path("out.jsonl"), client), Summary)
    assert_type(run(rows, "out.jsonl", client, concurrency=200, retries=5), Summary)
    assert_type(run(pairs, "out.jsonl", client, retries=Retry(3), resume="failed"), Summary)
    assert_type(run([chat.completions_create(messages=[], model="m")], "o", client), Summary)
    run([b"{}", "{}"], "o", client, stop=Stop(), progress=told, max_tokens=3, sync=None)
    run(rows, "o", client, progress="loud")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    run(rows, "o", client, resume="all")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    run(rows, "o", client, workers=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    run([3], "o", client)  # type: ignore[list-item]  # pyright: ignore[reportArgumentType, reportCallIssue]


async def asynchronous(
    client: AsyncClient, rows: Iterator[Row], awaited: AsyncIterator[Row]
) -> None:
    program: Coroutine[Any, Any, Summary] = run(awaited, "out.jsonl", client)
    assert_type(await program, Summary)
    summary = await run(rows, "out.jsonl", client, progress="bar", follow_limits=True)
    assert_type(summary, Summary)
    assert_type(summary.stopped, str | None)
    assert_type(summary.errors, dict[str, int])


def read(rows: Iterator[Row]) -> None:
    for row in results("out.jsonl", ChatCompletion):
        assert_type(row, Result[ChatCompletion])
        assert_type(row.answer, ChatCompletion | None)
        assert_type(row.error, Failure | None)
    for each in results(["a.jsonl", Path("b.jsonl")], order=rows, strict=True):
        assert_type(each, Result[Any])
