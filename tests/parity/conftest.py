"""What the tests of the whole API share."""

import pytest

from ..support.recorder import Wire


@pytest.fixture(scope="session")
def wire() -> Wire:
    """A client whose requests are kept and refused."""
    return Wire()
