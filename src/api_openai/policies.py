"""What reliability policies are made of: the protocols they fit, and what they are told and say.

    from api_openai import Client, Policies
    from api_openai.policies import Again, AttemptOutcome, Stop

    class Twice:
        def judge(
            self, outcome: AttemptOutcome, attempt: int, now: float, deadline: float, chance: float
        ) -> Again | Stop:
            return Again(0.5 * chance) if attempt < 2 and outcome.replayable else Stop()

    client = Client(policies=Policies(retry=Twice()))

`RateLimit` and `CircuitBreaker` answer `Wait` or `Denied`, `Retry` answers `Again` or `Stop`, and
`Failover` an `Endpoint`. Each is off unless given.
"""

from .core.call.policy import (
    Again,
    AttemptOutcome,
    CircuitBreaker,
    Denied,
    Failover,
    Policies,
    RateLimit,
    Retry,
    Stop,
    Wait,
)

__all__ = [
    "Again",
    "AttemptOutcome",
    "CircuitBreaker",
    "Denied",
    "Failover",
    "Policies",
    "RateLimit",
    "Retry",
    "Stop",
    "Wait",
]
