"""Every scenario on every transport and route; what is left out says why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from . import (
    answers,
    calls,
    deadlines,
    framing,
    handshakes,
    policies,
    session_events,
    session_reconnecting,
    session_sending,
    signing,
    stream_control,
    streaming,
    uploads,
)
from .sessions import NO_SOCKETS
from .stage import ROUTES, SCENARIOS, Scenario, Stage, play, why_not
from .ways import WAYS, Route, WayName

if TYPE_CHECKING:
    from ..support.certificates import Certificates

NO_HTTPX = {(way, why) for ways, why in NO_SOCKETS.items() for way in ways}
MODULES = (
    framing,
    streaming,
    stream_control,
    answers,
    deadlines,
    uploads,
    calls,
    policies,
    handshakes,
    session_events,
    session_reconnecting,
    session_sending,
    signing,
)
"""Importing them makes the list."""


def matrix() -> Iterator[tuple[Scenario, WayName, Route, str]]:
    for scenario in SCENARIOS.values():
        for way in WAYS:
            for route in ROUTES:
                yield scenario, way, route, why_not(scenario, way, route)


PLAYED = [
    pytest.param(scenario, way, route, id=f"{scenario.name}-{way}-{route}")
    for scenario, way, route, why in matrix()
    if not why
]


@pytest.mark.parametrize(("scenario", "way", "route"), PLAYED)
def test_scenario(
    scenario: Scenario,
    way: WayName,
    route: Route,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificates: Certificates | None = None
    if route.tls:
        certificates = request.getfixturevalue("certificates")
    play(scenario, Stage(WAYS[way](), route, certificates, tmp_path_factory, monkeypatch))


def test_the_matrix_is_complete() -> None:
    """Whatever is not played says why; our own sockets play all of it but what is about others."""
    assert len(SCENARIOS) >= 40
    assert {way.name for way in map(WAYS.__getitem__, WAYS)} == set(WAYS)
    for scenario, way, route, why in matrix():
        played = not why
        assert played or len(why) > 20, f"{scenario.name} on {way}, {route}: the reason is short"
    sessions_only = "httpx_carries_no_session_and_says_what_to_do"
    others = {sessions_only, "a_transport_without_races_says_so"}
    for name in ("asyncio", "trio"):
        assert left_out(name) == {"an_async_iterator_in_a_blocking_client", *others}
    tls = "a_body_until_close_that_is_cut_is_not_whole"
    races = {
        "a_second_attempt_wins_and_the_first_is_closed",
        "a_first_attempt_in_time_has_no_second",
        "two_attempts_that_fail_are_both_listed",
        "a_stream_that_wins_is_read_when_the_race_is_over",
        "a_second_attempt_goes_to_another_endpoint",
    }
    iterator = "an_async_iterator_in_a_blocking_client"
    assert left_out("stepper") == {iterator, tls, sessions_only, *races}
    assert left_out("blocking") == {"upload_of_an_async_iterator", *others}
    sessions = {each.name for each in SCENARIOS.values() if each.without.items() >= NO_HTTPX}
    assert len(left_out("httpx-asyncio") - sessions) <= 17


def left_out(way: str) -> set[str]:
    """The scenarios that a way does not play."""
    return {each.name for each in SCENARIOS.values() for left in each.without if left == way}


def test_every_scenario_is_played_on_every_route_somewhere() -> None:
    for scenario in SCENARIOS.values():
        for route in scenario.routes:
            ways = [way for way in WAYS if not why_not(scenario, way, route)]
            assert ways, f"{scenario.name} is played nowhere on {route}"
