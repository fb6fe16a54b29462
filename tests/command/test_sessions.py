"""Sessions over a WebSocket from the command line: lines in, lines out."""

import json
from typing import Any

import pytest

from api_openai.command.declared import SESSIONS
from api_openai.core.realtime.kinds import KINDS
from api_openai.emulator import Emulator
from api_openai.emulator.faults import SocketClose, Status

from ..support.shell import run

CONNECT = ("realtime", "connect", "--model", "gpt-realtime")
SAID: list[Any] = [
    {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}},
    {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hi"}],
        },
    },
    {"type": "response.create"},
]
LINES = "\n".join(map(json.dumps, SAID)).encode() + b"\n\n"


@pytest.mark.parametrize("own", [False, True], ids=["server", "--emulator"])
def test_what_is_said_is_answered(own: bool, server: Emulator) -> None:
    more = ("--emulator",) if own else ()
    ran = run(*CONNECT, "--until", "response.done", *more, stdin=LINES)
    assert (ran.code, ran.err) == (0, "")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert events[0]["type"] == "session.created"
    assert events[-1]["type"] == "response.done"
    words = [each["delta"] for each in events if each["type"] == "response.output_text.delta"]
    assert "".join(words).startswith('You said: "Hi"')


def test_every_kind_of_session_can_be_opened(server: Emulator) -> None:
    assert SESSIONS.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        place = ["sess_1"] if "{" in kind.blueprint.path else []
        needed = [f"--{each}=gpt-realtime" for each in kind.blueprint.required]
        server.script(SocketClose(code=1011, reason="enough", at=0))
        ran = run(*name.split("."), *place, *needed, stdin=b'{"type":"nonsense"}')
        assert "enough" in ran.err, name
        assert "opens a session" in run(*name.split("."), "--help").out


def test_a_session_that_the_server_ends(server: Emulator) -> None:
    server.script(SocketClose(code=1011, reason="enough", at=0))
    ran = run(*CONNECT, stdin=LINES)
    assert ran.code == 10
    assert ran.err.startswith("api-openai: WebSocketConnectionClosedError: ")
    assert "enough" in ran.err


def test_a_session_that_is_refused(server: Emulator) -> None:
    server.script(Status(401))
    assert run(*CONNECT).code == 32


@pytest.mark.parametrize(
    ("stdin", "arguments", "said"),
    [
        (b"{", (), "standard input, line 1: it is no JSON"),
        (b"\n[]", (), "standard input, line 2: expected a JSON object, an event"),
        (b"", ("--all",), "--all: a session has no use for it"),
        (b"", ("--curl",), "--curl: a session has no use for it"),
        (b"", ("--voice", "alloy"), "has no such option"),
        (b"", ("--extra-header", "a b: c"), "a b"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("keys")
def test_what_is_wrong_is_said(stdin: bytes, arguments: tuple[str, ...], said: str) -> None:
    ran = run(*CONNECT, *arguments, stdin=stdin)
    assert ran.code == 2
    assert said in ran.err
