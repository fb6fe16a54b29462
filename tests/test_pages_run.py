"""Pages that newcomers read first: their code runs, and their tables say what the code says."""

import gc
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from api_openai import Client, OpenAIError, Retry, TraceEvent, Unknown
from api_openai.audio import audio_of, wav_bytes
from api_openai.client.listeners.trace_logger import LEVELS
from api_openai.core.call.trace import Kind
from api_openai.core.websocket.events import Binary, Close, Ping, Pong, Text
from api_openai.core.websocket.machine import RECEIVING, SENDING
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Fault, Reset, Status, Truncate
from api_openai.tracing import Metrics, TracedCall, Usage

ROOT: Final = Path(__file__).parent.parent
FENCE: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN: Final = (
    "audio",
    "bulk",
    "errors",
    "network",
    "realtime",
    "secrets",
    "tracing",
    "logging",
    "metrics",
    "opentelemetry",
    "event-loops",
    "streaming",
    "switching",
)
SOUND: Final = bytes(range(256)) * 50
ROWS: Final = """
def rows():
    for number in range(3):
        body = {"model": "gpt-5-mini", "input": str(number)}
        yield {"custom_id": str(number), "method": "POST", "url": "/v1/responses", "body": body}
"""
BLOCKS: Final = [
    pytest.param(found[1], id=f"{page}-{number}")
    for page in RUN
    for number, found in enumerate(
        FENCE.finditer((ROOT / "docs" / f"{page}.md").read_text("utf-8")), 1
    )
]


STATES: Final = {
    "text, binary": (Text, Binary),
    "ping, pong": (Ping, Pong),
    "close": (Close,),
}


def page(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that clients of the environment talk to."""
    emulator = Emulator()
    with serve_in_thread(emulator) as base_url:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-pages")
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("GATEWAY_KEY", "key-of-a-gateway")
        yield emulator


class Connection:
    """Keeps the events that it is sent, and answers in audio."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, event: object) -> None:
        self.sent.append(event)

    def __iter__(self) -> Iterator[object]:
        yield Unknown("response.output_audio.delta", {"delta": b64encode(SOUND).decode()})
        yield Unknown("response.done", {})
        raise AssertionError("nobody asks for more")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("code", BLOCKS)
def test_blocks_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "httpx" in code:
        pytest.importorskip("httpx")
    for module in ("httpx2", "openai", "pydantic"):
        if f"import {module}\n" in code or f"from {module} import" in code:
            pytest.importorskip(module)
    if "OpenTelemetry" in code:
        pytest.importorskip("opentelemetry")
    monkeypatch.chdir(tmp_path)
    Path("question.wav").write_bytes(wav_bytes(SOUND))
    Path("bulk_rows.py").write_text(ROWS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    connection = Connection()
    names: dict[str, Any] = {
        "__name__": "page",
        "client": Client(),
        "connection": connection,
        "microphone": [SOUND[:99], SOUND[99:]],
    }
    exec(compile(code, "page", "exec"), names)
    for value in names.values():
        if isinstance(value, Client):
            value.close()
    if "connection.send" in code:
        assert b"".join(map(audio_of, connection.sent)) == SOUND
    if "answer.wav" in code:
        assert Path("answer.wav").read_bytes() == wav_bytes(SOUND)


def test_the_blocks_are_found() -> None:
    assert len(BLOCKS) >= 10


def test_the_index_has_every_page() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {each for each in pages if f"({each})" not in page("docs/README.md")} == set()


def test_files_of_the_glossary_exist() -> None:
    files = re.findall(r"`([a-z_]+/[\w/.]+)`", page("docs/glossary.md"))
    assert len(files) > 30
    assert [each for each in files if not (ROOT / each).exists()] == []


def test_files_of_the_language_of_tests_exist() -> None:
    files = re.findall(r"`((?:\w+/)*\w+\.py)`", page("tests/README.md"))
    places = [ROOT, *(ROOT / "tests" / each for each in ("", "support", "conformance"))]
    assert len(files) > 10
    assert [name for name in files if not any((place / name).exists() for place in places)] == []


def test_every_kind_of_trace_event_is_on_its_page() -> None:
    table = page("docs/tracing.md").partition("## The kinds")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+\.\w+)`", "".join(rows))) == sorted(get_args(Kind))


def _rows(name: str, title: str) -> list[list[str]]:
    """The cells of a table: what is behind its line of dashes."""
    table = page(f"docs/{name}.md").partition(title)[2].partition("|---")[2]
    lines = table.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_fields_of_trace_events_are_on_their_page() -> None:
    said = [name for cells in _rows("tracing", "## The fields") for name in cells[0].split("`, `")]
    assert said == sorted(TraceEvent.__struct_fields__, key=said.index)
    about = page("docs/tracing.md").partition("| of `event.traced`")[2].partition("\n\n")[0]
    for name in re.findall(r"`(\w+)`(?:,| \|)", about):
        assert hasattr(TracedCall, name) or name in {*Usage.__struct_fields__}


def test_the_levels_of_records_are_on_their_page() -> None:
    said = {
        kind: getattr(logging, level)
        for level, kinds in _rows("logging", "## Levels")[:-1]
        for kind in kinds.split("`, `")
    }
    assert said == LEVELS
    assert {*said} <= {*get_args(Kind)}


def test_the_metrics_are_on_their_page() -> None:
    said = [tuple(cells) for cells in _rows("metrics", "## What there is")]
    assert said == [(each.name, each.kind, each.help) for each in Metrics().collect()]


def _retrieve(client: Client) -> None:
    client.models.retrieve("gpt-5")


def _pooled(client: Client) -> None:
    client.with_options(trace=None).models.retrieve("gpt-5")
    client.models.retrieve("gpt-5")


def _stream(client: Client) -> None:
    for _ in client.responses.create(model="gpt-5", input="Hi", stream=True):
        pass


def _given_up(client: Client) -> None:
    with client.responses.create(model="gpt-5", input="Hi", stream=True):
        pass


def _dropped(client: Client) -> None:
    stream = client.responses.create(model="gpt-5", input="Hi", stream=True)
    del stream
    gc.collect()


def _in_parts(client: Client) -> None:
    with client.models.with_streaming_response.retrieve("gpt-5") as response:
        response.read()


def _unreachable(client: Client) -> None:
    client.with_options(base_url="http://127.0.0.1:1/v1").models.retrieve("gpt-5")


def _twice(client: Client) -> None:
    client.with_options(retry=Retry(1, initial=0)).models.retrieve("gpt-5")


PLAYED: Final[dict[str, tuple[Callable[[Client], None], tuple[Fault, ...]]]] = {
    "on a new connection": (_retrieve, ()),
    "on a pooled connection": (_pooled, ()),
    "a stream, read to its end": (_stream, ()),
    "a stream, given up": (_given_up, ()),
    "a stream, dropped": (_dropped, ()),
    "a stream that breaks off": (_stream, (Truncate(1),)),
    "a body in parts": (_in_parts, ()),
    "an error status": (_retrieve, (Status(503),)),
    "a connection that breaks": (_retrieve, (Reset(),)),
    "a server that cannot be reached": (_unreachable, ()),
    "two attempts, by a policy": (_twice, (Status(503),)),
    "over `http_client=`": (_retrieve, ()),
}


def orders() -> dict[str, list[str]]:
    table = page("docs/tracing.md").partition("## In order")[2]
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]+) \|$", table, re.MULTILINE)
    return {call: re.findall(r"`([\w.]+)`", kinds) for call, kinds in rows}


@pytest.mark.parametrize("call", orders())
def test_events_come_in_the_order_of_the_page(call: str, server: Emulator) -> None:
    play, faults = PLAYED[call]
    if faults:
        server.script(*faults)
    kinds: list[str] = []
    last: list[bool] = []

    def told(event: TraceEvent) -> None:
        kinds.append(event.kind)
        last.append(event.last)

    carrier = None
    if "http_client" in call:
        carrier = pytest.importorskip("httpx").Client()
    with Client(trace=told, http_client=carrier) as client:
        try:
            play(client)
        except OpenAIError:
            assert kinds[-1] in ("call.failed", "stream.end")
    if carrier is not None:
        carrier.close()
    assert kinds == orders()[call]
    assert last == [*[False] * (len(kinds) - 1), True]


def test_all_orders_are_played() -> None:
    assert set(orders()) == set(PLAYED)


def test_the_states_of_a_websocket_are_those_of_its_tables() -> None:
    rows = ["| state of a side | " + " | ".join(STATES) + " |", "|---|---|---|---|"]
    for state, after in RECEIVING.items():
        own = SENDING.get(state)
        assert own in (None, after)
        cells: list[str] = []
        for kinds in STATES.values():
            (found,) = {after.get(kind) for kind in kinds}
            cells.append(f" `{found}` |" if found else " |")
        name = f"`{state}`" if own is not None else f"`{state}` (the peer's only)"
        rows.append(f"| {name} |{''.join(cells)}")
    assert "\n".join(rows) in page("docs/realtime.md")
