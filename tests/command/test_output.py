"""What comes out: JSON, text, bytes, nothing; in a terminal, a pipe and a file."""

import json
from pathlib import Path
from unittest import mock

import pytest
from codegen.api_table import blueprints

from api_openai import Client
from api_openai.command.main import main
from api_openai.command.progress import Progress
from api_openai.command.stream_texts import TEXTS
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Raw, Say

from ..support.shell import Stream, run, streams

MODEL = ("models", "retrieve", "gpt-5")
STREAM = ("responses", "create", "--model", "gpt-5", "--input", "Hi", "--stream")
ANSWER = 'You said: "Hi" This is the emulator, answering word by word.'
SPEECH = ("audio", "speech", "create", "--model", "tts-1", "--voice", "alloy", "--input", "Hi")


def stream(events: bytes) -> bytes:
    """The bytes of an answer that is a stream."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
    return head % len(events) + events


def test_a_document_is_one_line_in_a_pipe(server: Emulator) -> None:
    assert run(*MODEL).out.splitlines()[0].startswith('{"id":"gpt-5","object":"model",')
    assert len(run(*MODEL).out.splitlines()) == 1


def test_a_document_is_indented_in_a_terminal(server: Emulator) -> None:
    assert run(*MODEL, terminal=True).out.startswith('{\n  "id": "gpt-5",\n')


def test_the_format_that_is_asked_for(server: Emulator) -> None:
    assert run(*MODEL, "--format", "indented").out == run(*MODEL, terminal=True).out
    assert run(*MODEL, "--format", "json", terminal=True).out == run(*MODEL).out


def test_a_document_in_a_file(server: Emulator) -> None:
    ran = run(*MODEL, "--output", "model.json", terminal=True)
    assert ran.bytes == b""
    run(*MODEL, "--output", "model.json")
    assert Path("model.json").read_text("utf-8") == run(*MODEL).out


def test_a_failed_call_leaves_the_file_alone(server: Emulator) -> None:
    Path("model.json").write_text("old", "utf-8")
    assert run("models", "retrieve", "none", "--output", "model.json").code == 34
    assert Path("model.json").read_text("utf-8") == "old"


def test_a_file_that_cannot_be_written(server: Emulator) -> None:
    Path("file").touch()
    for path, kind in {
        "missing/model.json": "FileNotFoundError",
        "": "FileNotFoundError",
        ".": "IsADirectoryError",
        "file/model.json": "NotADirectoryError",
    }.items():
        ran = run(*MODEL, "--output", path)
        assert (ran.code, ran.err.split(": ")[1]) == (4, kind)
    with mock.patch("os.access", return_value=False):
        assert "PermissionError" in run(*MODEL, "--output", "model.json").err
    assert server.requests == []


def test_an_answer_of_nothing(server: Emulator) -> None:
    with Client() as client:
        made = client.responses.create(model="gpt-5", input="Hi")
    assert run("responses", "delete", made.id) == (0, b"", "")


def test_an_answer_of_text(server: Emulator) -> None:
    Path("a.mp3").write_bytes(b"sound")
    ask = ("audio", "transcriptions", "create", "--model", "whisper-1", "--file", "a.mp3")
    piped = run(*ask, "--response-format", "text").out
    assert piped
    assert run(*ask, "--response-format", "text", terminal=True).out.rstrip("\n") == piped.rstrip(
        "\n"
    )


@pytest.fixture
def files(server: Emulator) -> list[str]:
    """Ids of files that are there, oldest first."""
    with Client() as client:
        return [client.files.create(file=b"abc", purpose="user_data").id for _ in range(5)]


@pytest.mark.usefixtures("files")
def test_one_page_is_the_document() -> None:
    page = json.loads(run("files", "list", "--limit", "2").out)
    assert page["has_more"] is True
    assert len(page["data"]) == 2


def test_all_pages_are_lines(files: list[str]) -> None:
    lines = run("files", "list", "--limit", "2", "--order", "asc", "--all", terminal=True).out
    assert [json.loads(line)["id"] for line in lines.splitlines()] == files


@pytest.mark.usefixtures("files")
def test_items_have_the_format_that_is_asked_for() -> None:
    assert run("files", "list", "--all", "--format", "indented").out.count('\n  "id"') == 5


def test_a_stream_is_lines_in_a_pipe(server: Emulator) -> None:
    events = [json.loads(line) for line in run(*STREAM).out.splitlines()]
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]


def test_a_stream_is_text_in_a_terminal(server: Emulator) -> None:
    assert run(*STREAM, terminal=True).out == f"{ANSWER}\n"
    assert run(*STREAM, "--format", "text").out == ANSWER
    lines = run(*STREAM, "--format", "json", terminal=True).out.splitlines()
    assert json.loads(lines[-1])["type"] == "response.completed"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            (
                "chat",
                "completions",
                "create",
                "--model",
                "gpt-4o",
                "--messages",
                '[{"role":"user","content":"Hi"}]',
            ),
            ANSWER,
        ),
        (
            ("completions", "create", "--model", "gpt-3.5-turbo-instruct", "--prompt", "Hi"),
            ANSWER,
        ),
        (("beta", "responses", "create", "--model", "gpt-5", "--input", "Hi"), ANSWER),
        (("beta", "threads", "create-and-run", "--assistant-id", "asst_1"), ""),
    ],
    ids=["chat", "completions", "responses", "runs"],
)
def test_text_of_every_kind(arguments: tuple[str, ...], text: str, server: Emulator) -> None:
    shown = run(*arguments, "--stream", terminal=True)
    assert shown.code == 0, shown.err
    assert shown.out.strip()
    assert not shown.out.startswith("{")
    if text:
        assert shown.out == f"{text}\n"


def test_streams_without_text_are_lines(server: Emulator) -> None:
    draw = ("images", "generate", "--model", "gpt-image-1", "--prompt", "a", "--stream")
    lines = run(*draw, "--partial-images", "1", terminal=True).out.splitlines()
    assert json.loads(lines[-1])["type"] == "image_generation.completed"


def test_a_stream_in_which_no_text_comes_is_lines_in_the_end(server: Emulator) -> None:
    said = b'data: {"type":"response.completed","response":{"id":"resp_1"}}\n\n'
    server.script(Raw(stream(said)))
    ran = run(*STREAM, terminal=True)
    assert json.loads(ran.out)["type"] == "response.completed"


def test_every_type_with_a_text_is_one_of_the_api(server: Emulator) -> None:
    events = {str(getattr(each.events, "type", "")).rpartition(":")[2] for each in blueprints()}
    assert set(TEXTS) <= events


def test_what_a_terminal_would_obey_is_escaped(server: Emulator) -> None:
    said = (
        b'data: {"type":"response.output_text.delta","delta":"\\u001b]0;x\\u0007\\u009b"}\n\n'
        b'data: {"type":"response.completed","response":{"id":"resp_1"}}\n\n'
    )
    server.script(Raw(stream(said)))
    assert run(*STREAM, terminal=True).out == "\\x1b]0;x\\x07\\x9b\n"
    server.script(Raw(stream(said)))
    assert run(*STREAM, "--format", "text").out == "\x1b]0;x\x07\x9b"


def test_bytes_in_a_pipe_and_in_a_file(server: Emulator) -> None:
    sound = run(*SPEECH).bytes
    assert len(sound) > 100
    ran = run(*SPEECH, "--output", "hi.mp3", terminal=True)
    assert ran == (0, b"", "")
    assert Path("hi.mp3").read_bytes() == sound
    assert run(*SPEECH, "--output", "-", terminal=True).bytes == sound


def test_a_terminal_gets_no_bytes_unasked(server: Emulator) -> None:
    ran = run(*SPEECH, terminal=True)
    assert ran.code == 2
    assert "--output=FILE writes them to a file" in ran.err
    assert len(server.requests) == 0


def test_progress_of_an_upload(server: Emulator) -> None:
    Path("big.bin").write_bytes(bytes(3_000_000))
    upload = ("files", "create", "--purpose", "user_data", "--file", "big.bin")
    ran = run(*upload, seen=True)
    assert ran.code == 0
    assert json.loads(ran.out)["bytes"] == 3_000_000
    assert "MB of 3.0 MB" in ran.err
    assert ran.err.endswith("\r\x1b[K")
    assert run(*upload).err == ""
    both = Stream(terminal=True)
    with streams(b"", both, both):
        assert main(upload) == 0
    shown = both.memory.getvalue()
    assert b"MB\x1b[K\r\x1b[K{\n" in shown  # the line goes away before the answer
    assert shown.endswith(b"}\n")


def test_progress_of_a_download(server: Emulator) -> None:
    with Client() as client:
        made = client.files.create(file=bytes(1_000_000), purpose="user_data")
    ran = run("files", "content", made.id, "--output", "big.bin", seen=True)
    assert Path("big.bin").stat().st_size == 1_000_000
    assert " of 1.0 MB" in ran.err


def test_progress_is_written_ten_times_a_second(server: Emulator) -> None:
    times = iter([0.0, 0.0, 0.05, 0.11, 0.11])
    err = Stream()
    with streams(b"", Stream(), err):
        progress = Progress(lambda: next(times))
        progress.expect(4_000)
        for _ in range(3):
            progress.add(1_000)
    assert err.memory.getvalue() == b"\r1.0 kB of 4.0 kB\x1b[K\r3.0 kB of 4.0 kB\x1b[K"


def test_an_emulator_of_its_own() -> None:
    assert run(*STREAM, "--emulator", "--format", "text").out == ANSWER
    assert run(*MODEL, "--emulator").code == 0
    assert run("admin", "organization", "users", "list", "--emulator").code == 0


def test_an_answer_that_is_said(server: Emulator) -> None:
    server.script(Say("Bonjour"))
    assert run(*STREAM, terminal=True).out == "Bonjour\n"
