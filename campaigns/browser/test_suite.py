"""The suite itself under Pyodide, which is CPython 3.14.

A test that asks for what is not there (threads, processes, sockets, an event loop of its own, a
package) is skipped there, with that as the reason: `inside/refusals.py` knows how each is refused.
"""

from collections.abc import Generator
from typing import Final

import pytest

from .host import Host
from .programs import WHEELS, running
from .views import Job

CLIENT: Final = """
    listeners/test_genai_messages listeners/test_metrics listeners/test_trace_logger
    test_agent_files test_assistant_failures test_assistants test_attributes test_audio test_azure
    test_borders test_copies test_endpoints test_own_policies test_parse test_polling
    test_reconfigure test_replaced_methods test_stream_cancellation test_stream_end test_streams
    test_travels test_webhooks
"""
"""Modules whose tests have the emulator in memory, or no server; the others' have sockets."""

BULK: Final = "test_journals test_places test_recipe test_results test_rows test_seen test_sources"
"""Those that run no job, for which a thread is needed, and lock no file, which has no effect there."""

SUITES: Final = {
    "tests/core/terms": 260,
    "tests/core/json": 2000,
    "tests/core/http": 440,
    "tests/core/websocket": 1100,
    "tests/core/request": 160,
    "tests/core/call": 300,
    "tests/core/auth": 80,
    "tests/core/policies": 400,
    "tests/core/answers": 400,
    "tests/core/api": 10_500,
    "tests/core/realtime": 270,
    "tests/core/structured": 115,
    "tests/core/accumulate": 130,
    "tests/core/programs": 70,
    "tests/core/agents": 45,
    "tests/emulator": 1800,
    "tests/client": 800,
    "tests/bulk": 160,
    "tests/command": 1200,
}
"""What is run, and how many tests pass at least."""

_SOME: Final = {"tests/client": CLIENT, "tests/bulk": BULK}


@pytest.fixture(scope="module")
def program() -> Generator[Host]:
    if not [*WHEELS.glob("hypothesis-*-none-any.whl")]:
        pytest.skip("no hypothesis in Python alone (below 6.150) among the wheels")
    with running("node") as host:
        if not host.do(Job("about", "", "")).value["can_run_sync"]:
            pytest.skip("no stack switching here, by which async tests are run (Node 24 has)")
        yield host


@pytest.mark.parametrize("suite", SUITES)
def test_suite(program: Host, suite: str) -> None:
    places = [f"{suite}/{name}.py" for name in _SOME.get(suite, "").split()] or [suite]
    outcome = program.do(Job("suite", " ".join(places), ""), 280)
    assert not outcome.failure, outcome.failure
    assert outcome.value.failed == []
    assert outcome.value.passed >= SUITES[suite], outcome.value.skipped
