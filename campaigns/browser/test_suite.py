"""Modules of the suite itself under Pyodide, which is CPython 3.14: of the pure core, and of the emulator.

Those with threads, sockets or processes cannot run there, and what nests deeply ends the interpreter.
"""

from collections.abc import Generator

import pytest

from .host import Host
from .programs import WHEELS, running
from .views import Job

SUITES = {
    "tests/core/terms": 200,
    "tests/core/websocket": 1000,
    "tests/core/accumulate": 100,
    "tests/emulator/test_responses.py": 20,
    "tests/emulator/test_cors.py": 10,
}
"""What is run, and how many tests there are at least."""


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
    outcome = program.do(Job("suite", suite, ""), 280)
    assert not outcome.failure, outcome.failure
    passed, failed = outcome.value
    assert failed == []
    assert passed >= SUITES[suite]
