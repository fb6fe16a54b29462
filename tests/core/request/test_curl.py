"""Operations as curl commands: what a shell makes of them, what curl sends, what they do not tell."""

import io
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.http.body import Body, BytesBody, JsonBody, as_body
from api_openai.core.http.multipart import MultipartBody
from api_openai.core.request.answer_kinds import EventsAnswer, JsonAnswer
from api_openai.core.request.curl import ARGUMENT, to_curl
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import LocalProtocolError

from ...support.forms import Got, parse

BASE = "https://api.example/v1"
KEY = "sk-the-key"
SHELL = shutil.which("sh")
CURL = shutil.which("curl")
needs_shell = pytest.mark.skipif(SHELL is None, reason="there is no POSIX shell (sh)")
needs_curl = pytest.mark.skipif(None in (SHELL, CURL), reason="there is no curl, or no sh")


def operation(body: Body | None = None, **fields: Any) -> Operation[Any, Any]:
    defaults: dict[str, Any] = {
        "name": "x",
        "method": "GET" if body is None else "POST",
        "path": "/responses",
        "answer": JsonAnswer(dict),
        "body": body,
    }
    return Operation(**defaults | fields)


def shell(command: str, cwd: Path | None = None, stdin: bytes = b"") -> bytes:
    assert SHELL is not None
    done = subprocess.run(
        [SHELL, "-c", command],
        input=stdin,
        capture_output=True,
        check=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": KEY, "OPENAI_ADMIN_KEY": "sk-admin"},
    )
    return done.stdout


def arguments(command: str) -> list[str]:
    """Return what the shell gives to curl."""
    said = shell(f"curl() {{ printf '%s\\0' \"$@\"; }}\n{command}")
    return said.decode().split("\0")[:-1]


def test_how_it_looks() -> None:
    made = to_curl(
        operation(JsonBody(b'{"input":"it\'s"}'), query=(("include[]", "a b"),)), f"{BASE}/"
    )
    assert made == (
        "curl -X POST 'https://api.example/v1/responses?include%5B%5D=a%20b' \\\n"
        '  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        """  --data-raw '{"input":"it'"'"'s"}'"""
    )


def test_a_get() -> None:
    assert operation(path="/models").to_curl() == (
        'curl https://api.openai.com/v1/models \\\n  -H "Authorization: Bearer $OPENAI_API_KEY"'
    )


@pytest.mark.parametrize(
    ("made", "start"),
    [
        (operation(answer=EventsAnswer(dict)), "curl -N https"),
        (operation(method="DELETE"), "curl -X DELETE https"),
        (operation(method="HEAD"), "curl -I https"),
        (operation(BytesBody(b""), method="GET"), "curl -X GET https"),
        (operation(path="/files/{x}"), "curl -g 'https"),
    ],
)
def test_options(made: Operation[Any, Any], start: str) -> None:
    assert to_curl(made, BASE).startswith(start)


def test_query_joins_the_one_in_the_path() -> None:
    made = to_curl(operation(path="/x?beta=true", query=(("limit", "b"),)), BASE)
    assert f"'{BASE}/x?beta=true&limit=b'" in made


@needs_shell
@pytest.mark.parametrize(("admin", "key"), [(False, KEY), (True, "sk-admin")])
def test_the_shell_fills_in_the_key(admin: bool, key: str) -> None:
    made = to_curl(operation(admin=admin), BASE)
    assert arguments(made)[1:] == ["-H", f"Authorization: Bearer {key}"]


def test_credentials_are_not_shown() -> None:
    secret = "hunter2"
    names = "Authorization api-key X-Api-Key Cookie proxy-authorization x-amz-security-token"
    made = to_curl(
        operation(
            headers=tuple((name, secret) for name in names.split()),
            query=(("api_key", secret), ("sig", secret), ("after", "item"), ("page_token", "p")),
        ),
        f"https://user:{secret}@api.example/v1",
    )
    assert secret not in made
    assert (
        "'https://***@api.example/v1/responses?api_key=***&sig=***&after=item&page_token=p'" in made
    )
    assert "-H 'authorization: ***'" in made
    assert "$OPENAI_API_KEY" not in made
    assert "# header x-api-key is redacted\n" in made


@pytest.mark.parametrize(
    "name", ["openai-organization", "openai-beta", "idempotency-key", "accept", "user-agent"]
)
def test_other_headers_are_shown(name: str) -> None:
    assert f"-H '{name}: value'" in to_curl(operation(headers=((name, "value"),)), BASE)


def test_headers_taken_away_and_empty() -> None:
    fields = (("Authorization", None), ("OpenAI-Beta", None), ("x-empty", ""))
    made = to_curl(operation(headers=fields), BASE)
    assert made == "curl https://api.example/v1/responses \\\n  -H 'x-empty;'"


def test_headers_that_cannot_be_sent() -> None:
    with pytest.raises(LocalProtocolError):
        to_curl(operation(headers=(("x", "a\nb"),)), BASE)


def test_content_type_of_the_callers_wins() -> None:
    fields = (("Content-Type", "application/merge-patch+json"),)
    made = to_curl(operation(JsonBody(b"{}"), headers=fields), BASE)
    assert made.lower().count("content-type") == 1
    assert "merge-patch" in made


def test_what_a_command_cannot_hold_is_said(tmp_path: Path) -> None:
    path = tmp_path / "it's.bin"
    path.write_bytes(b"0123")
    with path.open("rb") as moved:
        moved.seek(2)
        bodies = [b"\0\1\2", iter([b"x"]), io.BytesIO(b"xx"), moved]
        comments = [to_curl(operation(as_body(body, "b")), BASE).split("\n")[0] for body in bodies]
    assert comments == [
        "# body: 3 bytes that are in memory; give it on standard input",
        "# body: what the IterableBody of the program gives; give it on standard input",
        "# body: what the FileBody of the program gives; give it on standard input",
        "curl -X POST https://api.example/v1/responses \\",
    ]


def test_comments_are_one_line() -> None:
    evil = "x\nrm -rf /\n"
    form = MultipartBody.of({f"{evil}=": "1"}, {evil: b"\0"})
    made = to_curl(operation(form), BASE)
    assert not any(line.startswith("rm") for line in made.partition("\ncurl")[0].split("\n"))


SHELL_TEXT = 'it\'s "$HOME" `id` $(id) \\n \\\\ ! !! #~ * ? [a] {b,c} ; & | < > \t\r\n ü 😀 %s\n'


@needs_shell
@pytest.mark.parametrize("text", [SHELL_TEXT, "@name", "-x", "", "'", "''", "\n\n", "\\"])
def test_the_shell_gives_back_any_text(text: str) -> None:
    assert arguments(to_curl(operation(BytesBody(text.encode())), BASE))[-1] == text
    form = MultipartBody.of({"field": text}, {})
    assert arguments(to_curl(operation(form), BASE))[-1] == f"field={text}"


@needs_shell
@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_the_shell_gives_back_all_text(text: str) -> None:
    made = operation(
        BytesBody(text.encode()),
        path="/x",
        query=(("filter", text),),
        headers=(("x-title", text.encode().hex()),),
    )
    said = arguments(to_curl(made, BASE))
    assert said[:2] == ["-X", "POST"]
    assert said[-2:] == ["--data-raw", text]
    assert f"x-title: {text.encode().hex()}" in said or not text


class Received(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[Received]]]:
    received: list[Received] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(Received(self.command, self.path, headers, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/v1", received
        finally:
            listening.shutdown()
            thread.join()


Server = tuple[str, list[Received]]


def send(
    server: Server, made: Operation[Any, Any], cwd: Path | None = None, stdin: bytes = b""
) -> Received:
    base_url, received = server
    command = to_curl(made, base_url).replace("curl ", "curl -sSf ", 1)
    shell(command.replace("\ncurl ", "\ncurl -sSf "), cwd, stdin)
    return received.pop()


@needs_curl
def test_curl_sends_json(server: Server) -> None:
    body = JsonBody.of({"input": SHELL_TEXT})
    fields = (("OpenAI-Beta", "a=v1"), ("x-empty", ""))
    got = send(server, operation(body, query=(("metadata[b]", "ü &"),), headers=fields))
    assert (got.method, got.target) == ("POST", "/v1/responses?metadata%5Bb%5D=%C3%BC%20%26")
    assert got.headers["authorization"] == f"Bearer {KEY}"
    assert got.headers["content-type"] == "application/json"
    assert (got.headers["openai-beta"], got.headers["x-empty"]) == ("a=v1", "")
    assert got.body == body.whole()


@needs_curl
def test_curl_sends_json_that_is_no_argument(server: Server) -> None:
    body = JsonBody.of({"input": [SHELL_TEXT, "\nEND\n", "x" * ARGUMENT]})
    assert send(server, operation(body)).body == body.data + b"\n"


@needs_curl
def test_a_here_document_ends_at_its_end(server: Server) -> None:
    body = JsonBody(b'["%s"\nEND\nEND_\n]' % (b"x" * ARGUMENT))
    assert send(server, operation(body)).body == body.data + b"\n"


@needs_curl
def test_curl_sends_files(server: Server, tmp_path: Path) -> None:
    path = tmp_path / 'it\'s; "a" $file.bin'
    path.write_bytes(b"\0\r\n\xff")
    got = send(server, operation(as_body(path, "b", "audio/wav")))
    assert (got.body, got.headers["content-type"]) == (path.read_bytes(), "audio/wav")
    with path.open("rb") as file:
        got = send(server, operation(as_body(file, "b")))
    assert got.body == path.read_bytes()
    assert "content-type" not in got.headers


@needs_curl
def test_curl_sends_what_it_is_given(server: Server) -> None:
    got = send(server, operation(as_body(iter([b"x"]), "b")), stdin=b"\0\r\n\xff")
    assert got.body == b"\0\r\n\xff"


@needs_curl
def test_curl_sends_forms(server: Server, tmp_path: Path) -> None:
    path = tmp_path / 'it\'s; "a" \\ $file.csv'
    path.write_bytes(b"1,2")
    (tmp_path / "part4.bin").write_bytes(b"in memory")
    form = MultipartBody.of(
        {"purpose": "@not-a-file;type=x", "prompt": "<a>\n\"b'; $c", "n": 1},
        {
            "image": [("a b.png", b"in memory"), path],
            "raw": (None, path, "x/y; charset=z"),
            "more": ("ü\"'\\;,.txt", path, "text/x", {"X-Id": 'a"; b'}),
        },
    )
    made = to_curl(operation(form), server[0])
    assert "# form field 'image[]': 9 bytes that are in memory; save it as part4.bin first" in made
    got = send(server, operation(form), tmp_path)
    assert b'x-id: a"; b\r\n' in got.body
    # curl may write a backslash in a file name as two (before 7.81, quotes with one, too).
    assert parse(got.body.replace(b"\\\\", b"\\"), got.headers["content-type"]) == [
        Got("purpose", b"@not-a-file;type=x"),
        Got("prompt", b"<a>\n\"b'; $c"),
        Got("n", b"1"),
        Got("image[]", b"in memory", "a b.png", "image/png"),
        Got("image[]", b"1,2", "it's; %22a%22 \\ $file.csv", "text/csv"),
        Got("raw", b"1,2", None, "x/y; charset=z"),
        Got("more", b"1,2", "ü%22'\\;,.txt", "text/x"),
    ]


@needs_curl
def test_curl_gets(server: Server) -> None:
    got = send(server, operation(path="/files/{a}[1]", headers=(("Authorization", None),)))
    assert (got.method, got.target) == ("GET", "/v1/files/{a}[1]")
    assert "authorization" not in got.headers
