"""Methods that look at something until it is over."""

import pickle
from collections.abc import Coroutine
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from api_openai import APITimeoutError, NotFoundError, PollTimeoutError
from api_openai.core.programs.polling import HINT
from api_openai.core.request.timeout import Timeout

from ..support.port import Step
from ..support.scripted import FORM, Script, exchange

if TYPE_CHECKING:
    from api_openai.core.call.trace import TraceEvent


class Kind(NamedTuple):
    """One method that waits."""

    arguments: dict[str, Any]
    pending: str
    over: tuple[str, ...]
    look: str
    """The request that looks."""
    make: str | None = None
    """The request that comes first, where there is one."""
    end: bytes = b""
    document: dict[str, Any] = {}  # noqa: RUF012  # nobody changes it


COUNTS = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
RUN = ("requires_action", "completed", "failed", "cancelled", "expired", "incomplete")
FILE = ("completed", "failed", "cancelled")
STORE = {"vector_store_id": "vs"}
GET_RUN = "GET /threads/t/runs/x"
KINDS = {
    "videos.poll": Kind(
        {"video_id": "x"},
        "queued",
        ("completed", "failed"),
        "GET /videos/x",
    ),
    "videos.create_and_poll": Kind(
        {"prompt": "p"},
        "in_progress",
        ("completed", "failed"),
        "GET /videos/x",
        "POST /videos",
        FORM,
    ),
    "files.wait_for_processing": Kind(
        {"id": "x"},
        "uploaded",
        ("processed", "error", "deleted"),
        "GET /files/x",
    ),
    "vector_stores.files.poll": Kind(
        {"file_id": "x", **STORE},
        "in_progress",
        FILE,
        "GET /vector_stores/vs/files/x",
    ),
    "vector_stores.files.create_and_poll": Kind(
        {"file_id": "x", **STORE},
        "in_progress",
        FILE,
        "GET /vector_stores/vs/files/x",
        "POST /vector_stores/vs/files",
    ),
    "vector_stores.file_batches.poll": Kind(
        {"batch_id": "x", **STORE},
        "in_progress",
        FILE,
        "GET /vector_stores/vs/file_batches/x",
        document={"file_counts": COUNTS},
    ),
    "vector_stores.file_batches.create_and_poll": Kind(
        {"file_ids": ["a"], **STORE},
        "in_progress",
        FILE,
        "GET /vector_stores/vs/file_batches/x",
        "POST /vector_stores/vs/file_batches",
        document={"file_counts": COUNTS},
    ),
    "beta.threads.runs.poll": Kind(
        {"run_id": "x", "thread_id": "t"},
        "cancelling",
        RUN,
        GET_RUN,
    ),
    "beta.threads.runs.create_and_poll": Kind(
        {"thread_id": "t", "assistant_id": "a"},
        "queued",
        RUN,
        GET_RUN,
        "POST /threads/t/runs",
    ),
    "beta.threads.runs.submit_tool_outputs_and_poll": Kind(
        {"run_id": "x", "thread_id": "t", "tool_outputs": []},
        "queued",
        RUN,
        GET_RUN,
        "POST /threads/t/runs/x/submit_tool_outputs",
    ),
    "beta.threads.create_and_run_poll": Kind(
        {"assistant_id": "a"},
        "in_progress",
        RUN,
        GET_RUN,
        "POST /threads/runs",
    ),
}
NAMES = {id(kind): name for name, kind in KINDS.items()}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
VIDEO = KINDS["videos.poll"]


def seen(kind: Kind, status: str, *fields: str, end: bytes = b"", **more: Any) -> list[Step]:
    """What a look sees."""
    document = {"id": "x", "thread_id": "t", "status": status, **kind.document, **more}
    return exchange(document, *fields, end=end)


def script(kind: Kind, *looks: list[Step], **options: Any) -> Script:
    """A server that shows what is made as pending, where it is made, and then `looks`."""
    made = [] if kind.make is None else [seen(kind, kind.pending, end=kind.end)]
    return Script(*made, *looks, **options)


def call(kind: Kind, scripted: Script, **options: Any) -> Coroutine[Any, Any, Any]:
    method = attrgetter(NAMES[id(kind)])(scripted.client)
    program: Coroutine[Any, Any, Any] = method(**kind.arguments, **options)
    return program


def made(kind: Kind) -> list[str]:
    return [] if kind.make is None else [kind.make]


@kinds
def test_each_end_is_one(kind: Kind) -> None:
    default = 5.0 if kind.look == "GET /files/x" else 1.0
    for status in kind.over:
        scripted = script(kind, seen(kind, kind.pending), seen(kind, status))
        found = scripted.run(call(kind, scripted))
        assert found.status == status
        assert scripted.requests == [*made(kind), kind.look, kind.look]
        # The answer that makes it is the first look.
        assert scripted.port.sleeps == [default] * (1 + len(made(kind)))


@kinds
def test_a_state_that_is_not_known_is_no_end(kind: Kind) -> None:
    looks = [seen(kind, "pondering"), seen(kind, kind.pending), seen(kind, kind.over[0])]
    scripted = script(kind, *looks)
    assert scripted.run(call(kind, scripted)).status == kind.over[0]
    assert scripted.requests == [*made(kind), *[kind.look] * 3]


@kinds
def test_the_server_says_when_to_look_again_each_time(kind: Kind) -> None:
    looks = [
        seen(kind, kind.pending, f"{HINT}: 250"),
        seen(kind, kind.pending, f"{HINT}: 4000"),
        seen(kind, kind.over[0]),
    ]
    scripted = script(kind, *looks)
    scripted.run(call(kind, scripted))
    assert scripted.port.sleeps[-2:] == [0.25, 4]


@kinds
def test_the_caller_says_when_to_look_again(kind: Kind) -> None:
    pause = {"poll_interval": 3} if kind.look == "GET /files/x" else {"poll_interval_ms": 3000}
    looks = [seen(kind, kind.pending, f"{HINT}: 250"), seen(kind, kind.over[0])]
    scripted = script(kind, *looks)
    scripted.run(call(kind, scripted, **pause))
    assert set(scripted.port.sleeps) == {3}


@kinds
def test_after_so_long_it_says_how_it_was(kind: Kind) -> None:
    looks = [seen(kind, kind.pending, f"{HINT}: 4000", "x-request-id: req-look")] * 4
    scripted = script(kind, *looks)
    with pytest.raises(PollTimeoutError, match=rf"{kind.pending} still, after 6 s") as caught:
        scripted.run(call(kind, scripted, max_wait_seconds=6))
    error = caught.value
    assert sum(scripted.port.sleeps) == 6, "the last look is when the time is over"
    assert error.last is error.progress
    assert (error.last.id, error.last.status) == ("x", kind.pending)
    assert isinstance(error, APITimeoutError)
    assert isinstance(error, TimeoutError)
    assert (error.phase, error.seconds) == ("total", 6)
    assert error.operation is not None
    assert error.operation.endswith(".retrieve")
    assert error.request is not None
    assert (error.request.method, error.request.url.partition("?")[0][-2:]) == ("GET", "/x")
    assert error.request_id == "req-look"
    assert [(each.number, each.outcome) for each in error.attempts] == [
        (number, f"answered 200: {kind.pending}") for number in range(1, len(error.attempts) + 1)
    ]
    assert error.attempts[-1].endpoint == "http://api.test:80"
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.last, again.seconds) == (str(error), error.last, 6)


def test_no_time_at_all_is_one_look() -> None:
    scripted = script(VIDEO, seen(VIDEO, "queued"))
    with pytest.raises(PollTimeoutError):
        scripted.run(call(VIDEO, scripted, max_wait_seconds=0))
    assert scripted.requests == [VIDEO.look]
    assert scripted.port.sleeps == []


@kinds
def test_a_look_that_fails_keeps_what_was_seen(kind: Kind) -> None:
    missing = exchange({"error": {"message": "gone"}}, status="404 Not Found")
    scripted = script(kind, seen(kind, kind.pending), missing)
    with pytest.raises(NotFoundError) as caught:
        scripted.run(call(kind, scripted))
    assert caught.value.progress.status == kind.pending
    assert f"was {kind.pending} when it was last looked at" in caught.value.__notes__[0]
    assert pickle.loads(pickle.dumps(caught.value)).progress == caught.value.progress


def test_a_first_look_that_fails_has_seen_nothing() -> None:
    scripted = Script(exchange({}, status="404 Not Found"))
    with pytest.raises(NotFoundError) as caught:
        scripted.run(call(VIDEO, scripted))
    assert caught.value.progress is None
    assert not hasattr(caught.value, "__notes__")


@kinds
def test_options_go_along_with_every_call(kind: Kind) -> None:
    looks = [seen(kind, kind.pending), seen(kind, kind.over[0])]
    heard: list[TraceEvent] = []
    scripted = script(kind, *looks, trace=heard.append)
    options = {
        "extra_headers": {"x-mine": "1"},
        "extra_query": {"q": 2},
        "timeout": Timeout(idle=9),
    }
    scripted.run(call(kind, scripted, **options))
    count = len(made(kind)) + 2
    assert scripted.sent.count(b"\r\nx-mine: 1\r\n") == count
    assert [target.endswith("?q=2") for target in scripted.requests] == [True] * count
    names = [event.operation for event in heard if event.kind == "call.start"]
    assert len(names) == count
    assert names[-1].endswith("retrieve")


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.make])
def test_a_further_field_goes_to_what_makes_it(name: str) -> None:
    kind = KINDS[name]
    scripted = script(kind, seen(kind, kind.over[0]))
    scripted.run(call(kind, scripted, extra_body={"further": "field"}))
    assert scripted.sent.count(b"further") == 1


@kinds
@pytest.mark.parametrize(
    "wrong", [{"response_type": dict}, {"max_wait_seconds": -1}, {"max_wait_seconds": float("nan")}]
)
def test_what_cannot_be_is_said_before_anything_is_sent(kind: Kind, wrong: dict[str, Any]) -> None:
    scripted = script(kind)
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
        scripted.run(call(kind, scripted, **wrong))
    assert scripted.requests == []


@kinds
@pytest.mark.parametrize("close", [True, False])
def test_cancelled_at_every_await(kind: Kind, close: bool) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        looks = [seen(kind, kind.pending), seen(kind, kind.pending), seen(kind, kind.over[0])]
        scripted = script(kind, *looks)
        stopped = scripted.stop(call(kind, scripted), at, close=close)
    assert at > 8


BATCH = KINDS["vector_stores.file_batches.poll"]


def batch(status: str, **counts: int) -> list[Step]:
    return seen(BATCH, status, file_counts={**COUNTS, **counts})


def test_a_batch_is_over_when_its_files_are() -> None:
    looks = [
        batch("in_progress"),  # it has not counted them
        seen(BATCH, "in_progress", file_counts=None),
        batch("in_progress", in_progress=2, completed=1, total=3),
        batch("in_progress", completed=2, failed=1, total=3),
    ]
    scripted = Script(*looks)
    found = scripted.run(call(BATCH, scripted))
    assert found.file_counts.failed == 1
    assert len(scripted.requests) == 4


def test_a_raw_view_is_refused() -> None:
    client = Script().client
    with pytest.raises(AttributeError, match="several calls"):
        client.videos.with_raw_response.poll  # type: ignore[arg-type]  # pyright: ignore  # noqa: B018
