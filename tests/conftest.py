"""What holds for all tests."""

import gc

import hypothesis as hypothesis  # its plugins look for referrers, and find none once all is frozen
import pytest

from .support.limit import pytest_runtest_protocol as pytest_runtest_protocol


@pytest.fixture(scope="module", autouse=True)
def only_its_own_garbage() -> None:
    """Leave what was there before a module of tests out of every `gc.collect` that they ask for."""
    gc.collect()
    gc.freeze()
