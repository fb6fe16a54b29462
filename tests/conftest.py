"""What holds for all tests."""

import gc
import signal
from typing import Final

import hypothesis  # here, for its plugins look for referrers, and find none once all is frozen
import pytest

from .support.limit import pytest_runtest_protocol as pytest_runtest_protocol

SCENARIOS: Final = (
    "answers",
    "calls",
    "deadlines",
    "framing",
    "handshakes",
    "policies",
    "session_events",
    "session_reconnecting",
    "session_sending",
    "sessions",
    "signing",
    "stage",
    "streaming",
    "uploads",
)
"""Modules of `conformance` that are no test modules: pytest is to show what their assertions saw."""

# Here, because the tests of campaigns import them before those of conformance are looked at.
pytest.register_assert_rewrite(*(f"tests.conformance.{name}" for name in SCENARIOS))


# An example takes as long as the machine is busy.
hypothesis.settings.register_profile("api_openai", deadline=None)
hypothesis.settings.load_profile("api_openai")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a shell runs with `&`
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def only_its_own_garbage() -> None:
    """Leave what was there before a module of tests out of every `gc.collect` that they ask for."""
    gc.collect()
    gc.freeze()
