"""Fixtures for the tests of transports."""

import pytest

from ..support.certificates import Certificates, make


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority for the whole run."""
    return make(tmp_path_factory.mktemp("certificates"))
