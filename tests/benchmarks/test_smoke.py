"""The benchmarks still run: real processes, the smallest amount of work."""

from collections.abc import Iterator

import pytest
from benchmarks.__main__ import main
from benchmarks.chunks import Chunks
from benchmarks.harness import Bench, Contestant, Settings, contestants, installed
from benchmarks.results import Results
from benchmarks.rows import ROWS, Row, select
from benchmarks.subjects.plan import Plan, Who
from benchmarks.table import render
from benchmarks.websocket import Incoming

TINY = Settings(rounds=1, fresh_rounds=1, events=5, paced=2, transfer=300_000)


def row_named(name: str) -> Row:
    [row] = select(name)
    return row


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(TINY) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "key", "units"),
    [
        ("unary-blocking", "cpu", 100),
        ("responses-chunks-asyncio", "cpu", 2 * (5 + 8)),
        ("chat-coalesced-trio", "cpu", 2 * (5 + 2)),
        ("upload-blocking", "wall", 1),
        ("parts-blocking", "wall", 1),
        ("upload-iterated-asyncio", "cpu", 1),
        ("download-blocking", "wall", 1),
        ("keep-trio", "growth", 1),
        ("together-threads", "cpu", 100),
        ("together-asyncio", "cpu", 100),
        ("together-trio", "cpu", 100),
        ("vectors", "cpu", 2),
        ("session-coalesced-blocking", "cpu", 5),
        ("session-single-asyncio", "cpu", 2),
        ("session-heard-trio", "cpu", 500),
        ("cold-stream", "wall", None),
        ("cold-session", "wall", None),
    ],
)
def test_the_floor_runs(bench: Bench, name: str, key: str, units: int | None) -> None:
    outcome = bench.run(row_named(name), ["floor"])
    assert not outcome.failures
    [[figures]] = outcome.rounds.values()
    assert figures[key] > 0
    assert figures.get("units") == units


@pytest.mark.parametrize("who", ["ours", "official"])
@pytest.mark.parametrize(
    "name",
    [
        "responses-coalesced-blocking",
        "session-coalesced-blocking",
        "session-heard-asyncio",
        "together-threads",
        "together-trio",
        "vectors",
        "keep-asyncio",
    ],
)
def test_a_client_does_the_same_work_as_the_floor(bench: Bench, name: str, who: Who) -> None:
    if not installed(who):
        pytest.skip("the official SDK is not installed")
    outcome = bench.run(row_named(name), [who, "floor"])
    assert not outcome.failures
    assert len({figures["units"] for [figures] in outcome.rounds.values()}) == 1


@pytest.mark.parametrize("task", ["upload", "upload-opened", "upload-bytes", "upload-iterated"])
def test_files_go_up_from_whatever_they_are_in(bench: Bench, task: str) -> None:
    outcome = bench.run(row_named(f"{task}-blocking"), ["ours", "floor"])
    assert not outcome.failures


@pytest.mark.parametrize("name", ["tls-full-asyncio", "tls-resumed-threads", "tls-resumed-trio"])
def test_connections_with_tls_are_opened_at_once(bench: Bench, name: str) -> None:
    outcome = bench.run(row_named(name), ["ours"])
    assert not outcome.failures
    [[figures]] = outcome.rounds.values()
    assert figures["units"] == 200


def test_in_place_of_the_floor_stands_our_client_on_plain_answers(bench: Bench) -> None:
    outcome = bench.run(row_named("dialect-chunks-vllm-blocking"), ["ours", "floor"])
    assert not outcome.failures
    ours, plain = (figures["units"] for [figures] in outcome.rounds.values())
    assert ours == plain == 2 * (5 + 2)


@pytest.mark.parametrize("who", ["ours", "official"])
@pytest.mark.parametrize("name", ["policed-blocking", "policed-asyncio"])
def test_policies_are_measured_next_to_a_call_without(bench: Bench, name: str, who: Who) -> None:
    if who == "official":
        for module in ("openai", "tenacity", "pybreaker", "aiolimiter"):
            pytest.importorskip(module)
    outcome = bench.run(row_named(name), [who, "floor"])
    assert not outcome.failures
    [[figures]] = outcome.rounds.values()
    assert figures["units"] == 200
    assert figures["cpu"] == figures["alone"] > 0


def test_the_server_tells_requests_from_audio_however_they_are_split() -> None:
    audio, request, close = (
        b"\x81\xfe\x10\x00" + bytes(4 + 4096),
        b"\x81\x8adata" + bytes(10),
        b"\x88\x82data\x03\xe8",
    )
    for size in (1, 7, 4096, 20000):
        sent = audio + request + audio + audio + close
        incoming = Incoming()
        found = [incoming.short_frames(sent[i : i + size]) for i in range(0, len(sent), size)]
        assert [opcode for opcodes in found for opcode in opcodes] == [1, 8]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_a_body_in_chunks_ends_where_it_ends_however_it_is_split(size: int) -> None:
    body = b"5\r\nhello\r\n1000;a=b\r\n%b\r\n0\r\n\r\n" % bytes(4096)
    sent = memoryview(body + b"POST ")
    chunks = Chunks()
    at, rest = 0, None
    while rest is None:
        rest = chunks.rest(sent[at : at + size])
        at += size
    assert rest + bytes(sent[at:]) == b"POST "


def test_the_size_of_a_chunk_is_short() -> None:
    with pytest.raises(ValueError, match="not the size of a chunk"):
        Chunks().rest(memoryview(b"0" * 2000))


def test_a_subject_that_fails_is_reported(bench: Bench) -> None:
    row = Row(
        name="none", group="none", task="no such task", scenario="answer", figures=ROWS[0].figures
    )
    outcome = bench.run(row, ["floor"])
    assert list(outcome.failures.values()) == ["KeyError: 'no such task'"]
    assert "none: floor failed: KeyError" in render(Results.of([outcome], 1.0))


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows=cold-stream", "--rounds=1", "--who=floor"]) == 0
    assert "start to first Responses event" in capsys.readouterr().out


def test_only_installed_variants_take_part() -> None:
    row = Row(
        name="row", group="row", task="", scenario="", figures=(), variants=("no_such_module", "")
    )
    assert contestants(row, ["official"], all_variants=True) == [Contestant("official")]


def test_row_names_are_unique_and_unknown_ones_refused() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    with pytest.raises(ValueError, match="no such rows: nonsense"):
        select("unary,nonsense")


def test_a_plan_survives_the_command_line() -> None:
    plan = Plan(who="ours", task="answer", scenario="answer", mode="trio", port=80, warm_on="held")
    assert Plan.parse(plan.arguments()) == plan
