"""Ten thousand calls of each stack of policies, under a clock of numbers: the figures, to the last call."""

from typing import Final

import pytest
from campaigns.simulation.drawing import COLOURS, picture
from campaigns.simulation.figures import CALLS, Run, every, simulate
from campaigns.simulation.page import PAGE, PICTURE, page
from campaigns.simulation.servers import ILL, Flapping, HalfDead, Server
from campaigns.simulation.stacks import STACKS

FIGURES: Final[dict[str, dict[str, tuple[int, int, int, int, int]]]] = {
    "flapping": {
        "none": (1724, 2500, 776, 0, 0),
        "retry": (1937, 4703, 2766, 0, 2186),
        "budget": (1728, 2735, 1007, 0, 133),
        "breaker": (1608, 1677, 69, 823, 0),
        "limit": (1724, 2500, 776, 0, 0),
        "hedge": (1724, 2500, 776, 0, 0),
        "failover": (2500, 2529, 29, 0, 0),
        "all": (2500, 2788, 63, 0, 3),
    },
    "slow": {
        "none": (2059, 2500, 782, 0, 0),
        "retry": (2059, 2500, 782, 0, 0),
        "budget": (2059, 2500, 782, 0, 0),
        "breaker": (2002, 2228, 669, 272, 0),
        "limit": (2365, 2365, 582, 135, 2343),
        "hedge": (1527, 2814, 929, 0, 0),
        "failover": (2278, 2500, 663, 0, 0),
        "all": (2364, 2497, 579, 136, 2682),
    },
    "rate limited": {
        "none": (2225, 2500, 774, 0, 0),
        "retry": (2305, 3664, 1860, 0, 2328),
        "budget": (2230, 2610, 879, 0, 220),
        "breaker": (2225, 2500, 774, 0, 0),
        "limit": (2266, 2402, 598, 98, 1856),
        "hedge": (2225, 2500, 774, 0, 0),
        "failover": (2500, 2633, 581, 0, 0),
        "all": (2306, 2436, 577, 138, 2413),
    },
    "half dead": {
        "none": (2126, 2500, 770, 0, 0),
        "retry": (2256, 2755, 1020, 0, 147),
        "budget": (2183, 2612, 880, 0, 55),
        "breaker": (1912, 2140, 460, 360, 0),
        "limit": (2122, 2432, 646, 68, 2106),
        "hedge": (2182, 2612, 880, 0, 0),
        "failover": (2486, 2529, 91, 0, 0),
        "all": (2482, 2699, 222, 0, 42),
    },
}
RECOVERY: Final[dict[str, dict[str, float]]] = {
    "flapping": {
        "none": 0.07,
        "retry": 0.07,
        "budget": 0.07,
        "breaker": 1.52,
        "limit": 0.07,
        "hedge": 0.07,
        "failover": 0.07,
        "all": 0.07,
    },
    "slow": {
        "none": 8.58,
        "retry": 8.58,
        "budget": 8.58,
        "breaker": 6.37,
        "limit": 0.11,
        "hedge": 24.04,
        "failover": 2.65,
        "all": 0.11,
    },
    "rate limited": {
        "none": 0.14,
        "retry": 0.14,
        "budget": 0.14,
        "breaker": 0.14,
        "limit": 0.14,
        "hedge": 0.14,
        "failover": 0.14,
        "all": 0.14,
    },
    "half dead": {
        "none": 0.05,
        "retry": 0.05,
        "budget": 0.05,
        "breaker": 2.6,
        "limit": 0.05,
        "hedge": 0.05,
        "failover": 0.05,
        "all": 0.05,
    },
}


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return every()


def of(runs: list[Run], server: str, stack: str) -> Run:
    [found] = [run for run in runs if (run.server.name, run.stack) == (server, stack)]
    return found


@pytest.mark.parametrize("server", ILL, ids=lambda server: server.name)
def test_the_figures(runs: list[Run], server: type[Server]) -> None:
    found = {run.stack: run for run in runs if run.server is server}
    assert {
        stack: (run.answered, run.attempts, run.while_ill, run.refused, round(run.waited))
        for stack, run in found.items()
    } == FIGURES[server.name]
    recoveries = {stack: round(run.recovery, 2) for stack, run in found.items()}
    assert recoveries == RECOVERY[server.name]


def test_every_call_ends_and_none_after_its_deadline(runs: list[Run]) -> None:
    for run in runs:
        assert len(run.calls) == CALLS
        assert max(each.ended - each.began for each in run.calls) <= 10.0 + 1e-6
        assert all(each.attempts or each.refused for each in run.calls)
    assert sum(len(run.calls) for run in runs if run.stack == "all") == 10_000


def test_without_policies_a_call_is_one_request_at_once(runs: list[Run]) -> None:
    for run in runs:
        if run.stack == "none":
            assert {each.attempts for each in run.calls} == {1}
            assert (run.waited, run.refused) == (0, 0)


def test_a_budget_is_kept(runs: list[Run]) -> None:
    for run in runs:
        if run.stack == "budget":
            assert run.attempts - CALLS <= 20 + CALLS * 0.1
        if run.stack == "hedge":
            assert run.attempts - CALLS <= 20 + CALLS * 0.2
        if run.stack in ("none", "breaker", "limit"):
            assert run.attempts <= CALLS


def test_a_breaker_spares_a_server_that_is_down(runs: list[Run]) -> None:
    bare, spared = of(runs, "flapping", "none"), of(runs, "flapping", "breaker")
    assert spared.while_ill < bare.while_ill / 10
    assert spared.recovery <= 5.0, "it is asked again after open_seconds"


def test_a_seed_repeats_a_run() -> None:
    def ends(seed: int) -> list[tuple[float, bool]]:
        return [(each.ended, each.answered) for each in simulate(HalfDead, "all", seed, 300).calls]

    assert ends(1) == ends(1) != ends(2)


def test_another_seed_tells_the_same_story() -> None:
    """What the page says in words is no accident of its seed."""
    for seed in (1, 2):
        runs = {name: simulate(Flapping, name, seed, 900) for name in STACKS}
        bare = runs["none"]
        assert runs["failover"].answered == runs["all"].answered == 900 > bare.answered
        assert runs["retry"].while_ill > 2 * bare.while_ill
        assert runs["breaker"].while_ill < bare.while_ill / 5


def test_the_page_and_its_picture_are_of_these_runs(runs: list[Run]) -> None:
    text = PAGE.read_text("utf-8")
    assert page(text, runs) == text
    assert PICTURE.read_text("utf-8") == picture(runs)
    assert COLOURS.keys() <= STACKS.keys()
