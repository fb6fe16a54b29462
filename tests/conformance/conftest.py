"""What all scenarios share."""

import pytest

from ..support.certificates import Certificates, load


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """An authority for the whole run."""
    return load()
