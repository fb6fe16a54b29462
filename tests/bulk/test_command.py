"""`python -m api_openai.bulk`: rows from a file or standard input, and errors in the words that were typed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from unittest import mock

import pytest

from api_openai.bulk import results
from api_openai.bulk.command import main
from api_openai.bulk.standard_input import StandardInput
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator import faults as f

from .runs import server
from .samples import line, lines

COMMAND = (sys.executable, "-m", "api_openai.bulk")


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Generator[Emulator]:
    """An emulator that the environment leads to."""
    emulator = server()
    with serve_in_thread(emulator) as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-tests-0123456789")
        yield emulator


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def keys(out: Path) -> list[str]:
    return sorted(each.custom_id for each in results(out))


def piped(data: bytes, *arguments: object) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*COMMAND, *map(str, arguments)], input=data, capture_output=True)


def test_rows_of_a_file(emulator: Emulator, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(3))
    assert main([str(path), str(out)]) == 0
    assert keys(out) == ["k0", "k1", "k2"]


@pytest.mark.parametrize("word", [(), ("batch",)])
def test_rows_of_standard_input(emulator: Emulator, out: Path, word: tuple[str, ...]) -> None:
    data = line("a") + b"\n" + line("b")[:-1] + b"\r\n" + line("c")[:-1]
    more = ("--poll-interval", 0.01) if word else ("--progress", "log")
    ran = piped(data, *word, "-", out, *more)
    assert ran.returncode == 0, ran.stderr
    assert keys(out) == ["a", "b", "c"]


def test_standard_input_goes_on_by_keys(emulator: Emulator, out: Path) -> None:
    assert piped(lines(3), "-", out).returncode == 0
    ran = piped(lines(5), "-", out, "--resume")
    assert ran.returncode == 0, ran.stderr
    assert b"2 rows done" in ran.stdout
    assert len(emulator.requests) == 5


def test_standard_input_may_be_a_file(emulator: Emulator, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(40))
    with path.open("rb") as file:
        subprocess.run([*COMMAND, "-", str(out)], stdin=file, check=True, capture_output=True)
    assert len(keys(out)) == 40


def test_who_waits_for_a_line_gets_the_end() -> None:
    reading, writing = os.pipe()

    async def program() -> list[bytes]:
        entering = StandardInput(reading)
        os.write(writing, b"one\ntw")
        found: list[bytes] = []
        async for each in entering.rows():
            found.append(each)
            asyncio.get_running_loop().call_soon(entering.end)
        return found

    try:
        assert asyncio.run(program()) == [b"one"]
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rpm", "0"], "--rpm: expected a number above 0, not '0'"),
        (["--tpm", "-1"], "--tpm: expected a number above 0, not '-1'"),
        (["--tpm", "nan"], "--tpm: expected a number above 0, not 'nan'"),
        (["--concurrency", "0"], "--concurrency: expected a whole number of 1 or more"),
        (["--concurrency", "1.5"], "--concurrency: expected a whole number of 1 or more"),
        (["--concurrency", "2000000"], "--concurrency=2000000: expected 1000000 at most"),
        (["--retries", "-1"], "--retries: expected a whole number of 0 or more"),
        (["--max-errors", "0"], "--max-errors: expected a whole number of 1 or more"),
        (["--max-requests", "0"], "--max-requests: expected a whole number of 1 or more"),
        (["--max-tokens", "0"], "--max-tokens: expected a whole number of 1 or more"),
        (["--seconds", "-1"], "--seconds: expected a number of 0 or more"),
        (["--timeout", "0"], "--timeout: expected a number above 0"),
        (["--base-url", "here"], "--base-url, OPENAI_BASE_URL: 'here': expected http"),
    ],
)
def test_errors_name_options_as_typed(
    arguments: list[str],
    words: str,
    emulator: Emulator,
    tmp_path: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(1))
    try:
        code: object = main([str(path), str(out), *arguments])
    except SystemExit as exit:
        code = exit.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_files_are_named_as_typed(
    emulator: Emulator, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(1))
    out.write_bytes(b'{"id":"x"}\n')
    assert main([str(path), str(out)]) == 2
    said = capsys.readouterr().err
    assert f"results={str(out)!r}: it has results already; --resume goes on" in said
    assert main(["batch", str(path), str(out)]) == 2
    assert "it has results already; name another file" in capsys.readouterr().err
    assert main([str(path), str(path)]) == 2
    assert "results=" in capsys.readouterr().err
    path.write_bytes(b"")
    assert main(["batch", str(path), str(tmp_path / "new")]) == 2
    assert "rows: expected one row at least" in capsys.readouterr().err


def test_results_go_into_no_pipe(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(1))
    assert b"expected a file, not '-'" in piped(b"", path, "-").stderr
    if os.path.exists("/dev/stdout"):
        ran = piped(b"", path, "/dev/stdout")
        assert ran.returncode == 2
        assert b"results='/dev/stdout': expected a regular file" in ran.stderr
    assert emulator.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="a system without /dev/stdout")
def test_no_summary_among_the_results(emulator: Emulator, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(2))
    with out.open("wb") as file:
        command = [*COMMAND, str(path), "/dev/stdout"]
        ran = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=True)
    assert keys(out) == ["k0", "k1"]
    assert b"2 rows done" in ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="a system without SIGINT for another process")
def test_ctrl_c_ends_a_run_that_waits_for_lines(emulator: Emulator, out: Path) -> None:
    command = [*COMMAND, "-", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line("a"))
        process.stdin.flush()
        while not out.exists() or not out.stat().st_size:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        assert process.wait() == 1
    assert b"stopped: interrupted" in said
    assert keys(out) == ["a"]


def test_waiting_is_said_in_lines(
    emulator: Emulator, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.script(f.Status(429, retry_after=1))
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(2))
    assert main([str(path), str(out), "--retries", "2", "--progress", "log"]) == 0
    assert capsys.readouterr().err.count("2 of 2 rows") == 1  # not again at the end


def test_batches_that_come_to_nothing(
    emulator: Emulator, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line("a"))
    sent = ["batch", str(path), str(out), "--poll-interval", "0"]
    assert main([*sent, "--max-wait", "0"]) == 1
    assert "still, after 0 s (--max-wait)" in capsys.readouterr().err
    path.write_bytes(line("a") + line("b", url="/v1/responses"))
    assert main(sent) == 1
    assert "has failed: line 2" in capsys.readouterr().err
    with mock.patch("api_openai.bulk.command.batch", side_effect=KeyboardInterrupt):
        assert main(sent) == 130
    assert "--batch-id goes on" in capsys.readouterr().err
