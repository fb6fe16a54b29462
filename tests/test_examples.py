"""The examples run, against the emulator, and give what they say."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from examples import (
    asyncio_service,
    bulk_reviews,
    demo,
    large_upload,
    own_auth,
    prometheus,
    realtime_own_loop,
    realtime_text,
    realtime_threads,
    realtime_trio,
    realtime_voice,
    resumed_stream,
    secret_sources,
    selectors_loop,
    shared_limit,
    streaming_events,
    structured_output,
    threads,
    webhook_receiver,
)

from .support.public_names import inner_imports, inner_names
from .support.redis_server import serving_redis

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.py")), ids=lambda each: each.stem
)
def test_public_names_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert inner_imports(ast.parse(text)) == []
    assert inner_names(text) == []


def test_demo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert demo.main() == 0
    said = capsys.readouterr().out
    assert "OPENAI_API_KEY is not set: talking to the emulator on http://127.0.0.1:" in said
    for part in ("\nblocking\n", "\nasyncio\n", "\ntrio\n"):
        assert part in said
    assert said.count("  streamed response  You said:") == 3
    assert said.count('  function call      get_weather({"city":"Oslo"})') == 3
    assert said.count("  upload             demo.jsonl, 73 bytes, file-") == 3
    assert said.count("  list               file-") == 3
    assert said.count("  realtime session   You said:") == 3
    assert said.count("first token after") == 6


def test_demo_talks_to_the_server_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from api_openai.emulator import Emulator, serve_in_thread

    emulator = Emulator()
    with serve_in_thread(emulator) as base_url:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        assert demo.main() == 0
    said = capsys.readouterr().out
    assert f"OPENAI_API_KEY is set: talking to {base_url}" in said
    assert "sk-of-the-environment" not in said
    assert len(emulator.requests) == 3 * 6


def test_a_loop_written_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    counts = selectors_loop.main(100)
    assert len(counts) == 100
    assert all(events > 5 and characters > 10 for events, characters in counts)
    assert "100 streams" in capsys.readouterr().out


def test_asyncio(capsys: pytest.CaptureFixture[str]) -> None:
    *answers, failed = asyncio_service.main()
    assert len(answers) == 8
    assert all(f"What is {n} squared?" in answer for n, answer in enumerate(answers))
    assert failed.startswith("NotFoundError: ")
    assert capsys.readouterr().out


def test_trio(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("trio")
    from examples import trio_service

    assert len(trio_service.main(12)) == 12
    assert capsys.readouterr().out


def test_threads(capsys: pytest.CaptureFixture[str]) -> None:
    assert threads.main() == [256] * 24
    assert capsys.readouterr().out


def test_structured_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert structured_output.main() == [
        "42 in 1 step(s)",
        "first wants LookUp(word='seven')",
        "does not fit: answer: expected str, got int",
        "The answer does not fit its type: answer: expected str, got int",
    ]
    assert capsys.readouterr().out


def test_a_receiver_of_webhooks(capsys: pytest.CaptureFixture[str]) -> None:
    assert webhook_receiver.main() == [200, 200, 200, 401, 401]
    said = capsys.readouterr().out
    for line in ("response resp_1 is ready", "batch batch_1: batch.failed", "for model.retired"):
        assert line in said


def test_a_large_upload_that_breaks_off(capsys: pytest.CaptureFixture[str]) -> None:
    file, size = large_upload.main()
    assert file.startswith("file-")
    assert size == 18 * 1024 * 1024
    said = capsys.readouterr().out
    assert "has 2 of its 5 parts" in said
    assert said.count("APIConnectionError") == 1


def test_a_conversation_in_text() -> None:
    first, second = realtime_text.main()
    assert first.startswith('You said: "What is a tide?"')
    assert second.startswith('You said: "And a neap tide?"')


def test_a_voice_file_in_and_a_voice_file_out(capsys: pytest.CaptureFixture[str]) -> None:
    said, size = realtime_voice.main()
    assert said
    assert size > 10_000
    assert "answer.wav" in capsys.readouterr().out


def test_sessions_under_trio() -> None:
    answers = realtime_trio.main()
    assert {topic: f"Explain {topic}." in text for topic, text in answers.items()} == {
        "tides": True,
        "bees": True,
        "clouds": True,
    }


def test_two_threads_on_one_session() -> None:
    said, seen = realtime_threads.main()
    assert said
    assert (seen[0], seen[-1]) == ("session.created", "response.done")


def test_sessions_in_a_loop_of_ones_own() -> None:
    texts = realtime_own_loop.main(5)
    assert [f"Count to {number}." in text for number, text in enumerate(texts)] == [True] * 5


def test_a_users_own_tests() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [*command, "examples/own_tests.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_every_example_is_run_here() -> None:
    files = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"__init__"}
    assert files == {
        "asyncio_service",
        "bulk_reviews",
        "demo",
        "large_upload",
        "realtime_own_loop",
        "realtime_text",
        "realtime_threads",
        "realtime_trio",
        "realtime_voice",
        "secret_sources",
        "own_auth",
        "own_tests",
        "prometheus",
        "selectors_loop",
        "shared_limit",
        "resumed_stream",
        "streaming_events",
        "structured_output",
        "threads",
        "trio_service",
        "webhook_receiver",
    }


def test_keys_that_are_rotated(capsys: pytest.CaptureFixture[str]) -> None:
    told = secret_sources.main()
    assert [each.count for each in told] == [1, 2, 1]
    assert len({each.fingerprint for each in told}) == 2
    assert {each.caller.rpartition(" ")[2] for each in told} == {"rotate"}
    said = capsys.readouterr().out
    assert "secrets.sh:1 the quote that begins here does not end" in said
    assert "sk-" not in said


def test_workers_that_share_a_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_redis(tmp_path) as redis:
        counts = shared_limit.main(redis.url)
    assert sum(counts) == 6
    assert capsys.readouterr().out.count("requests used up: 6 in 3600 s, shared") == 14


def test_resumed_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert resumed_stream.main() == [
        "Tyger Tyger, burning bright,\n",
        "In the forests of the night;\n",
    ]
    assert "3 requests" in capsys.readouterr().out


def test_streaming_events(capsys: pytest.CaptureFixture[str]) -> None:
    weather, call, text = streaming_events.main()
    assert weather == "Oslo: clear"
    assert call == "LookUp: LookUp(city='Oslo')"
    assert text == "one two three"
    assert "so far {'city': 'Oslo'}" in capsys.readouterr().out


def test_own_auth(capsys: pytest.CaptureFixture[str]) -> None:
    assert own_auth.main() == ["signature", "token"]
    assert "known by its token" in capsys.readouterr().out


def test_metrics_as_prometheus_reads_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from api_openai.emulator import Emulator, serve_in_thread

    prometheus.metrics.reset()
    with serve_in_thread(Emulator()) as base_url:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setattr("sys.argv", ["prometheus.py"])
        prometheus.main()
    said = capsys.readouterr().out
    labels = f'operation="responses.create",model="gpt-5",origin="{base_url.removesuffix("/v1")}"'
    assert f"openai_calls_total{{{labels}}} 2\n" in said
    assert "openai_calls_under_way{} 0\n" in said
    assert f'openai_call_seconds_bucket{{{labels},le="+Inf"}} 2\n' in said
    assert f'openai_tokens_total{{{labels},type="output"}}' in said
    assert f"openai_first_token_seconds_count{{{labels}}} 1\n" in said
    parser = pytest.importorskip("prometheus_client.parser")
    families = {each.name: each.type for each in parser.text_string_to_metric_families(said)}
    assert families["openai_calls"] == "counter"
    assert families["openai_call_seconds"] == "histogram"
    assert len(families) == 13


def test_bulk_reviews(tmp_path: Path) -> None:
    summary = bulk_reviews.main(tmp_path)
    assert (summary.done, summary.failed, summary.requests) == (24, 0, 24)
    guests = bulk_reviews.REVIEWS.read_text("utf-8").splitlines()
    verdicts = (tmp_path / "verdicts.csv").read_text("utf-8").splitlines()
    assert verdicts[0] == "guest,topic,stars,why,error"
    assert [line.split(",")[0] for line in verdicts[1:]] == [g.split(",")[0] for g in guests[1:]]
    plot = (tmp_path / "latency.svg").read_text("utf-8")
    assert plot.count("<circle") == 24
    ElementTree.fromstring(plot)
    again = bulk_reviews.main(tmp_path)
    assert (again.done, again.skipped, again.requests) == (0, 24, 0)
