"""What a page has to be able to do, against the emulator: in Node, a page and a worker."""

from collections.abc import Generator

import pytest

from api_openai.emulator import Emulator, serve_in_thread

from .host import Host
from .programs import KINDS, running
from .views import Job

CHECKS = (
    "answers",
    "streams",
    "cuts",
    "deadlines",
    "cancellation",
    "errors",
    "uploads_and_downloads",
    "a_session",
    "blocking",
    "emulator_in_memory",
    "nesting",
    "a_field_that_hides_its_type",
    "nothing_is_left",
)
BLOCKING = {"blocking"}


@pytest.fixture(scope="module", params=KINDS)
def program(request: pytest.FixtureRequest) -> Generator[Host]:
    with running(str(request.param)) as host:
        yield host


@pytest.mark.parametrize("name", CHECKS)
def test_check(program: Host, name: str) -> None:
    with serve_in_thread(Emulator(cors="*", pace=0.002)) as base_url:
        outcome = program.do(Job("check", name, base_url))
    if outcome.failure:
        pytest.fail(outcome.failure, pytrace=False)
