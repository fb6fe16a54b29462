"""Reliability policies: what is sent again, held back, refused, sent elsewhere, or sent twice.

    from api_openai import Client
    from api_openai.policies import CircuitBreaker, RateLimit, Retry

    client = Client(
        retry=Retry(3),
        circuit_breaker=CircuitBreaker(failures=5, open_seconds=30),
        rate_limit=RateLimit(requests=500, tokens=200_000, seconds=60),
    )

Each is off unless given, and an object that may be shared by clients, looked at (`stats`), pickled, or
replaced by one of your own that has the same methods. Those are in the protocols (`RetryPolicy`, ...):

    from api_openai.policies import Again, Asked, AttemptOutcome, Stop

    class Twice:
        def judge(self, outcome: AttemptOutcome, asked: Asked) -> Again | Stop:
            return Again(0.5 * asked.chance) if outcome.number < 2 else Stop()

        def record(self, outcome: AttemptOutcome, now: float) -> None:
            pass

    client = Client(retry=Twice())
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .core.call.policy import (
    Again,
    Asked,
    AttemptOutcome,
    Condition,
    Denied,
    Elsewhere,
    Place,
    Route,
    Stop,
    Wait,
)
from .core.call.policy import CircuitBreaker as CircuitBreakerPolicy
from .core.call.policy import Failover as FailoverPolicy
from .core.call.policy import Health as HealthPolicy
from .core.call.policy import Hedge as HedgePolicy
from .core.call.policy import RateLimit as RateLimitPolicy
from .core.call.policy import Retry as RetryPolicy
from .core.policies.budget import Budget
from .core.policies.circuit_breaker import CircuitBreaker, Circuits, CircuitStats
from .core.policies.failover import EndpointStats, Failover, FailoverState
from .core.policies.health import Health, HealthReport, HealthState, Probe
from .core.policies.hedge import Hedge, HedgeState, HedgeStats
from .core.policies.limit_state import Amounts, LimitState, LimitStats, LocalLimits, NotYet
from .core.policies.rate_limit import RateLimit
from .core.policies.retry import Retry

if TYPE_CHECKING:
    from .client.limits.redis_limits import RedisLimits

__all__ = [
    "Again",
    "Amounts",
    "Asked",
    "AttemptOutcome",
    "Budget",
    "CircuitBreaker",
    "CircuitBreakerPolicy",
    "CircuitStats",
    "Circuits",
    "Condition",
    "Denied",
    "Elsewhere",
    "EndpointStats",
    "Failover",
    "FailoverPolicy",
    "FailoverState",
    "Health",
    "HealthPolicy",
    "HealthReport",
    "HealthState",
    "Hedge",
    "HedgePolicy",
    "HedgeState",
    "HedgeStats",
    "LimitState",
    "LimitStats",
    "LocalLimits",
    "NotYet",
    "Place",
    "Probe",
    "RateLimit",
    "RateLimitPolicy",
    "RedisLimits",
    "Retry",
    "RetryPolicy",
    "Route",
    "Stop",
    "Wait",
]

if not TYPE_CHECKING:  # loaded by who shares limits alone

    def __getattr__(name: str) -> object:
        if name != "RedisLimits":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        value = import_module(".client.limits.redis_limits", __package__).RedisLimits
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
