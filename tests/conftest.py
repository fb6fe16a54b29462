"""What holds for all tests."""

import gc

import hypothesis as hypothesis  # its plugins look for referrers, and find none once all is frozen


def pytest_collection_finish() -> None:
    """Leave the thousands of collected tests out of every `gc.collect` that a test asks for."""
    gc.collect()
    gc.freeze()
