"""Settings of policies that are refused, by names and with what was expected."""

from math import inf, nan
from typing import Any

import pytest

from api_openai.core.policies.budget import Budget
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.failover import Failover
from api_openai.core.policies.health import Health
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry

from ...support.outcomes import ENDPOINTS, POST

CLASSES: dict[str, Any] = {
    each.__name__: each
    for each in (Budget, CircuitBreaker, Failover, Health, Hedge, RateLimit, Retry)
}
NEEDED: dict[str, dict[str, Any]] = {
    "Failover": {"endpoints": ENDPOINTS},
    "Hedge": {"after": 1.0},
    "RateLimit": {"requests": 5},
}
"""What they have to be given."""


def made(policy: str, **given: Any) -> Any:
    """A policy with these settings, and those that it needs."""
    return CLASSES[policy](**{**NEEDED.get(policy, {}), **given})


NO_NUMBERS = (-1, nan, inf, "1", True, [1])
NO_COUNTS = (-1, 1.5, "1", True, None)
NO_SHARES = (-0.1, 1.1, nan, "half", True)
REFUSED: dict[str, dict[str, tuple[Any, ...]]] = {
    "Budget": {"ratio": NO_SHARES, "burst": (*NO_NUMBERS, 0.5, 0)},
    "CircuitBreaker": {
        "failures": (0, *NO_COUNTS[:-1]),
        "ratio": NO_SHARES,
        "window": (0, *NO_NUMBERS),
        "open_seconds": (0, *NO_NUMBERS),
        "minimum": (0, *NO_COUNTS),
        "probes": (0, *NO_COUNTS),
        "successes": (0, *NO_COUNTS),
        "rate_limited": (1, "yes", None),
        "per": ("server", 1, None),
    },
    "Failover": {
        "endpoints": ([], ["http://one.test"], [None]),
        "strategy": ("first", 1, None),
        "cooldown": NO_NUMBERS,
        "statuses": (429, ["429"], [42], [True], [1000]),
        "server_errors": (1, None),
        "maybe_executed": ("yes", None),
    },
    "Health": {
        "operation": (POST, "models.list"),
        "unhealthy_after": (0, *NO_COUNTS),
        "healthy_after": (0, *NO_COUNTS),
        "slow": (0, *NO_NUMBERS),
        "stale": (0, *NO_NUMBERS),
    },
    "Hedge": {
        "after": NO_NUMBERS,
        "quantile": NO_SHARES,
        "least": (0, *NO_COUNTS),
        "budget": (0.1,),
    },
    "RateLimit": {
        "requests": (0, 0.5, *NO_NUMBERS),
        "tokens": (0, *NO_NUMBERS),
        "seconds": (0, *NO_NUMBERS),
        "concurrency": (0, *NO_COUNTS[:-1]),
        "algorithm": ("leaky", None),
        "burst": (*NO_SHARES, 0.1, 0),
        "when_full": ("raise", None),
        "longest_wait": (-1, nan, "1", True),
        "learns": (1, None),
        "cost": (5, None, "tokens"),
        "scope": (5, "model"),
    },
    "Retry": {
        "retries": NO_COUNTS,
        "initial": NO_NUMBERS,
        "factor": (0.5, *NO_NUMBERS),
        "longest": NO_NUMBERS,
        "longest_asked": NO_NUMBERS,
        "jitter": NO_SHARES,
        "statuses": (429, ["429"], [42], [True], None),
        "server_errors": (1, None),
        "maybe_executed": ("yes",),
        "obey": (0, None),
        "budget": (0.1, "10%"),
    },
}
CASES = [
    pytest.param(policy, name, value, id=f"{policy}-{name}-{value!r}"[:60])
    for policy, settings in REFUSED.items()
    for name, values in settings.items()
    for value in values
]


@pytest.mark.parametrize(("policy", "name", "value"), CASES)
def test_refused(policy: str, name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"^{policy} {name}\b.*expected"):
        made(policy, **{name: value})


@pytest.mark.parametrize("policy", REFUSED)
def test_every_setting_is_in_the_table(policy: str) -> None:
    """But for states, which are made by the policies themselves."""
    names = {*getattr(made(policy), "__struct_fields__", ("ratio", "burst"))}
    assert names - {*REFUSED[policy]} <= {"circuits", "orders", "slots", "state"}


@pytest.mark.parametrize(
    ("policy", "given"),
    [
        (CircuitBreaker, {"failures": None}),
        (Hedge, {}),
        (RateLimit, {}),
    ],
)
def test_a_policy_that_would_do_nothing(policy: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected one of them"):
        policy(**given)


@pytest.mark.parametrize(
    ("policy", "given"),
    [
        ("Retry", {"retries": 0, "initial": 0, "longest": 0, "jitter": 0, "statuses": ()}),
        ("Retry", {"factor": 1, "longest_asked": 0}),
        ("CircuitBreaker", {"failures": 1, "ratio": 0, "minimum": 1}),
        ("RateLimit", {"requests": 1, "burst": 1, "longest_wait": inf}),
        ("RateLimit", {"requests": None, "learns": True}),
        ("Failover", {"endpoints": ENDPOINTS[:1], "cooldown": 0}),
        ("Hedge", {"after": 0}),
        ("Health", {"slow": 0.001}),
    ],
)
def test_edges_that_are_allowed(policy: str, given: dict[str, Any]) -> None:
    made(policy, **given)
