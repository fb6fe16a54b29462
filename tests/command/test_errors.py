"""How the command ends: codes and words, for errors, for Ctrl-C, and for a pipe that is closed."""

import builtins
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import api_openai
from api_openai import Client
from api_openai.command.usage import CODES, UsageError, code_of
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Garbage, Html, MidStreamError, Reset, Stall, Status, Truncate

from ..support.shell import run

MODEL = ("models", "retrieve", "gpt-5")
STREAM = ("responses", "create", "--model", "gpt-5", "--input", "Hi", "--stream")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Status(400), 31),
        (Status(401), 32),
        (Status(403), 33),
        (Status(404), 34),
        (Status(409), 35),
        (Status(422), 36),
        (Status(429), 37),
        (Status(500), 38),
        (Status(503), 38),
        (Status(418), 30),
        (Reset(), 10),
        (Garbage(), 12),
        (Html(), 21),
        (Truncate(1), 13),
        (MidStreamError(), 20),
    ],
    ids=str,
)
def test_codes(fault: Any, code: int, server: Emulator) -> None:
    server.script(fault)
    ran = run(*STREAM)
    assert ran.code == code, ran.err
    assert ran.err.count("\n") == 1
    name = ran.err.split(": ")[1]
    error = getattr(api_openai, name)
    assert code_of(error.__new__(error)) == code


def test_what_came_before_an_error_is_shown(server: Emulator) -> None:
    server.script(Truncate(9))
    ran = run(*STREAM, terminal=True)
    assert ran.code == 13
    assert ran.out.startswith("You")
    assert ran.out.endswith("\n")


def test_deadlines_and_retries(server: Emulator) -> None:
    server.script(Stall())
    ran = run(*MODEL, "--timeout", "first_byte=0.05")
    assert ran.code == 11
    assert "first_byte" in ran.err or "first byte" in ran.err
    server.script(Status(503, retry_after=0))
    assert run(*MODEL, "--retries", "1").code == 0


def test_the_server_that_is_asked(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert run(*MODEL).code == 10
    assert run(*MODEL, "--base-url", "http://127.0.0.1:1/v2").code == 10


def test_for_whom_and_with_what(server: Emulator) -> None:
    more = ("--organization", "org-1", "--project", "proj_1", "--extra-header", "X-Team: red")
    assert run("models", "list", *more, "--extra-query", "a=1 2").code == 0
    sent = server.requests[-1]
    fields = dict(sent.headers)
    assert fields["openai-organization"] == "org-1"
    assert fields["openai-project"] == "proj_1"
    assert fields["x-team"] == "red"
    assert sent.query == {"a": "1 2"}


def test_every_code_is_that_of_a_class() -> None:
    assert len({code for code, _ in CODES.values()}) == len(CODES)
    for name in CODES:
        kind = getattr(api_openai, name, None) or getattr(builtins, name, None) or UsageError
        assert name in ("UsageError", kind.__name__)


def test_every_error_of_the_library_has_a_code() -> None:
    errors = [
        each
        for each in (getattr(api_openai, name) for name in api_openai.__all__)
        if isinstance(each, type) and issubclass(each, api_openai.OpenAIError)
    ]
    assert len(errors) > 25
    assert [each for each in errors if code_of(each.__new__(each)) is None] == []


def test_a_fault_of_ours_is_not_hidden(keys: None) -> None:
    with (
        mock.patch("api_openai.command.calling.client_of", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        run(*MODEL)


def test_ctrl_c(keys: None) -> None:
    with mock.patch("api_openai.command.calling.client_of", side_effect=KeyboardInterrupt):
        assert run(*MODEL) == (130, b"", "")


def buffered() -> dict[str, str]:
    """An environment in which standard output waits for its flush, as it does for everybody."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return kept | {"PYTHONPATH": str(Path(api_openai.__file__).parent.parent)}


def command(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "api_openai", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=buffered(),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process")
def test_ctrl_c_in_a_stream_that_stalls(server: Emulator) -> None:
    server.script(Stall(after_bytes=3000))
    with command(*STREAM) as process:
        assert process.stdout is not None
        assert b"response.created" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, b"")


def test_a_pipe_that_is_closed_is_quiet(server: Emulator) -> None:
    with Client() as client:
        for _ in range(3):
            client.files.create(file=b"abc", purpose="user_data")
    with command("files", "list", "--limit", "1", "--all") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"id":"file-')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in (0, 141)  # 0, where all was written before


def test_help_into_a_closed_pipe_is_quiet() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        process = subprocess.run(
            [sys.executable, "-m", "api_openai", "--help"],
            stdout=closed,
            stderr=subprocess.PIPE,
            env=buffered(),
            check=False,
        )
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("closing", "code", "said"),
    [
        ("models list >&-", 4, "api-openai: standard output is closed\n"),
        ("responses create --input - <&-", 2, "api-openai: --input: standard input is closed\n"),
        ("modles list 2>&-", 2, ""),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")
def test_closed_streams(closing: str, code: int, said: str) -> None:
    ran = in_shell(f"{closing} --emulator")
    assert (ran.returncode, ran.stderr) == (code, said)


@pytest.mark.skipif(os.name == "nt", reason="arguments are text there, whatever the locale")
def test_arguments_are_utf8_where_the_locale_is_none() -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = in_shell("responses create --model gpt-5 --input 'Grüße' --emulator", **locale)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert 'You said: \\"Grüße\\"' in ran.stdout
    ran = in_shell("responses create --model m --input \"$(printf '\\377')\" --emulator")
    assert (ran.returncode, ran.stderr) == (2, "api-openai: --input: '\\udcff': it is not UTF-8\n")


def in_shell(line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m api_openai {line}', sys.executable],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
