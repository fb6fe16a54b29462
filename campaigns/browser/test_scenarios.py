"""The scenarios of conformance over `fetch` and `WebSocket`, in Node and in a page."""

from collections.abc import Generator

import pytest
from tests.conformance.stage import SCENARIOS
from tests.conformance.test_matrix import MODULES

from .host import Host
from .programs import running
from .unfit import UNFIT, UNFIT_IN_A_PAGE
from .views import Job

assert len(MODULES) > 10  # importing them makes the list
FITTING = [name for name in SCENARIOS if name not in UNFIT]


@pytest.fixture(scope="module", params=["node", "page"])
def program(request: pytest.FixtureRequest) -> Generator[tuple[str, Host]]:
    """A program in which Pyodide runs."""
    kind = str(request.param)
    with running(kind) as host:
        about = host.do(Job("about", "", "")).value
        if not about["can_run_sync"]:
            pytest.skip(
                "no stack switching here, with which scenarios wait for servers (Node 24 has)"
            )
        yield kind, host


def test_what_does_not_fit_is_a_scenario() -> None:
    assert {*UNFIT, *UNFIT_IN_A_PAGE} <= {*SCENARIOS}
    assert len(FITTING) > 180


@pytest.mark.parametrize("name", FITTING)
def test_scenario(program: tuple[str, Host], name: str) -> None:
    kind, host = program
    if kind == "page" and name in UNFIT_IN_A_PAGE:
        pytest.skip(UNFIT_IN_A_PAGE[name])
    failure = host.do(Job("scenario", name, "")).failure
    if failure:  # a connection to spare may have taken a server's script: that happens, not twice
        failure = host.do(Job("scenario", name, "")).failure
    if failure:
        pytest.fail(failure, pytrace=False)
