"""Keys: where they come from, and that none shows in arguments, output, errors or traces."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Status

from ..support.shell import run
from .conftest import ADMIN, KEY

MODEL = ("models", "retrieve", "gpt-5")
USERS = ("admin", "organization", "users", "list")
SHOWN = "everybody on this machine can read the arguments of a process"


@contextmanager
def only_for(key: str, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A server that refuses all other keys."""
    with serve_in_thread(Emulator(key=key)) as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        yield


@pytest.mark.usefixtures("keys")
def test_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with only_for(KEY, monkeypatch):
        assert run(*MODEL).code == 0
        assert run(*USERS).code == 32
    with only_for(ADMIN, monkeypatch):
        assert run(*USERS).code == 0
        assert run(*MODEL).code == 32


def test_an_admin_call_with_the_usual_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with only_for(KEY, monkeypatch):
        assert run(*USERS).code == 0


def test_a_key_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").touch(mode=0o600)
    Path(".env").write_text(f"OPENAI_API_KEY={KEY}\n", "utf-8")
    with only_for(KEY, monkeypatch):
        assert run(*MODEL).code == 0
        assert run(*MODEL).err == ""


@pytest.mark.skipif("os.name == 'nt'", reason="files have no such permissions there")
def test_a_file_that_others_may_read(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    Path(".env").write_text(f"OPENAI_API_KEY={KEY}\n", "utf-8")
    Path(".env").chmod(0o644)
    ran = run(*MODEL)
    assert ran.code == 0
    assert ran.err.startswith("api-openai: warning: ")
    assert "0644" in ran.err
    assert KEY not in ran.err


def test_no_key() -> None:
    ran = run(*MODEL)
    assert ran.code == 3
    assert "SecretError: OPENAI_API_KEY: it was not found: not in " in ran.err


def test_a_key_that_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    ran = run(*MODEL)
    assert ran.code == 3
    assert "environment variable OPENAI_API_KEY: it is empty" in ran.err


def test_a_server_that_wants_no_key(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert run(*MODEL, "--no-key").code == 32
    assert "authorization" not in dict(server.requests[-1].headers)
    assert run(*USERS, "--no-key").code == 32
    assert "authorization" not in dict(server.requests[-1].headers)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--api-key", KEY),
        (f"--api-key={KEY}",),
        ("--token", "x"),
        ("--admin-key", "x"),
        ("--extra-header", f"Authorization: Bearer {KEY}"),
        ("--extra-header", f"X-Api-Key: {KEY}"),
        ("--extra-query", f"api-key={KEY}"),
        ("--base-url", f"https://user:{KEY}@gateway/v1"),
        (KEY,),
        ("--input", KEY),
        (f"--input={KEY}",),
        ("--tools", f'{{"type":"mcp","authorization":"{KEY}"}}'),
        ("--extra-body", f'{{"tools":[{{"headers":{{"X-Key":"{KEY}"}}}}]}}'),
    ],
    ids=lambda arguments: arguments[0].replace(KEY, "KEY"),
)
@pytest.mark.usefixtures("keys")
def test_a_secret_is_refused_as_an_argument(arguments: tuple[str, ...]) -> None:
    ran = run("responses", "create", "--emulator", *arguments)
    assert (ran.code, ran.bytes) == (2, b"")
    assert SHOWN in ran.err
    assert KEY not in ran.err


def test_secrets_may_come_from_files(server: Emulator) -> None:
    Path("key.txt").write_text("gateway-key\n", "utf-8")
    Path("tools.json").write_text(
        '[{"type":"mcp","server_label":"a","server_url":"https://a","authorization":"t-1"}]',
        "utf-8",
    )
    ran = run(*MODEL, "--extra-header", "X-Api-Key: @key.txt", "--trace")
    assert dict(server.requests[-1].headers)["x-api-key"] == "***"
    assert "gateway-key" not in ran.out + ran.err
    ask = ("responses", "create", "--model", "gpt-4o", "--input", "Hi", "--tools", "@tools.json")
    assert "t-1" not in run(*ask, "--curl").out
    run(*ask)
    assert b"t-1" in server.requests[-1].body


def test_curl_reads_the_key_from_the_environment(keys: None) -> None:
    ran = run("responses", "create", "--model", "gpt-5", "--input", "it's", "--curl")
    assert '-H "Authorization: Bearer $OPENAI_API_KEY"' in ran.out
    assert KEY not in ran.out
    admin = run(*USERS, "--curl", "--project", "proj_1").out
    assert "$OPENAI_ADMIN_KEY" in admin
    assert "openai-project: proj_1" in admin
    assert run(*MODEL, "--curl", "--base-url", "http://h/v1").out.startswith(
        "curl http://h/v1/models"
    )


def test_curl_has_the_fields_of_the_environment(
    keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Title: cli\nX-Gateway-Token: t-1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    shown = run(*MODEL, "--curl").out
    assert "x-title: cli" in shown
    assert "openai-organization: org-1" in shown
    assert "t-1" not in shown


def test_what_was_read_is_not_shown() -> None:
    Path("key.txt").write_text("gateway-key", "utf-8")
    ran = run("responses", "create", "--metadata", "@key.txt")
    assert ran.code == 2
    assert "--metadata: what was read: expected a JSON object or null" in ran.err


def test_a_trace_tells_each_step(server: Emulator) -> None:
    ran = run(*MODEL, "--trace")
    kinds = [line.split()[2] for line in ran.err.splitlines()]
    assert kinds[:2] == ["call.start", "attempt.start"]
    assert kinds[-1] == "call.end"
    assert KEY not in ran.err


def test_no_key_in_an_error_that_quotes_it(server: Emulator) -> None:
    server.script(Status(401, message=f"Incorrect API key provided: {KEY}"))
    ran = run(*MODEL, "--trace")
    assert ran.code == 32
    assert KEY not in ran.err
