"""What the tests of the whole API share."""

import pytest

from ..support.official import Official
from ..support.recorder import Wire


@pytest.fixture(scope="session")
def wire() -> Wire:
    """A client whose requests are kept and refused."""
    return Wire()


@pytest.fixture(scope="module")
def official() -> Official:
    """The official client, whose requests are kept and refused; skips without it."""
    return Official()
