"""The stacks of policies that are compared, made anew for each run."""

from collections.abc import Callable
from typing import Final

from api_openai.core.call.policy import NO_POLICIES, Policies
from api_openai.core.policies.budget import Budget
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.failover import Failover
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.core.request.endpoint import Endpoint

MAIN: Final = Endpoint("http://main/v1")
SPARE: Final = Endpoint("http://spare/v1")


def _breaker() -> CircuitBreaker:
    return CircuitBreaker(failures=5, open_seconds=5, rate_limited=False)


def _limit() -> RateLimit:
    return RateLimit(concurrency=16, learns=True, longest_wait=4.0)


def _failover() -> Failover:
    return Failover([MAIN, SPARE], cooldown=10.0, maybe_executed=True)


STACKS: Final[dict[str, tuple[str, Callable[[], Policies]]]] = {
    "none": ("no policy", lambda: NO_POLICIES),
    "retry": ("`Retry(3)`", lambda: Policies(retry=Retry(3))),
    "budget": (
        "`Retry(3, budget=Budget(0.1, 20))`",
        lambda: Policies(retry=Retry(3, budget=Budget(0.1, 20))),
    ),
    "breaker": (
        "`CircuitBreaker(failures=5, open_seconds=5)`",
        lambda: Policies(circuit_breaker=_breaker()),
    ),
    "limit": (
        "`RateLimit(concurrency=16, learns=True, longest_wait=4)`",
        lambda: Policies(rate_limit=_limit()),
    ),
    "hedge": (
        "`Hedge(after=1, budget=Budget(0.2, 20))`",
        lambda: Policies(hedge=Hedge(after=1.0, budget=Budget(0.2, 20))),
    ),
    "failover": (
        "`Failover([main, spare], cooldown=10, maybe_executed=True)`",
        lambda: Policies(failover=_failover()),
    ),
    "all": (
        "all of these at once",
        lambda: Policies(
            retry=Retry(3, budget=Budget(0.1, 20)),
            circuit_breaker=_breaker(),
            rate_limit=_limit(),
            failover=_failover(),
            hedge=Hedge(after=1.0, budget=Budget(0.2, 20)),
        ),
    ),
}
"""By their names: as one writes them, and how they are made."""
