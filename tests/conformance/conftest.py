"""Scenarios are no test modules: pytest is told to show what their assertions saw."""

import pytest

from ..support.certificates import Certificates, make

pytest.register_assert_rewrite(
    *(
        f"{__package__}.{module}"
        for module in ("answers", "calls", "deadlines", "framing", "stage", "streaming", "uploads")
    )
)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority for the whole run."""
    return make(tmp_path_factory.mktemp("certificates"))
