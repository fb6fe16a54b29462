"""Scenarios are no test modules: pytest is told to show what their assertions saw."""

import pytest

from ..support.certificates import Certificates, load

pytest.register_assert_rewrite(
    *(
        f"{__package__}.{module}"
        for module in ("answers", "calls", "deadlines", "framing", "stage", "streaming", "uploads")
    )
)


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """An authority for the whole run."""
    return load()
