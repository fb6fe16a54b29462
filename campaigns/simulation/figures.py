"""Runs, and the figures that come of them: all of it repeats by the seed."""

from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.support.shapes import CHAT, RETRIEVE

from api_openai.core.call.call import call
from api_openai.core.call.settings import Settings
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, PolicyRefusedError

from .servers import ILL, Server, ServerWire, Spare
from .stacks import MAIN, STACKS
from .time import Time

if TYPE_CHECKING:
    from api_openai.core.call.policy import Policies

SEED: Final = 13
CALLS: Final = 2500
"""Of one run; a stack makes as many against each server, ten thousand in all."""
A_SECOND: Final = 10.0
"""Calls that begin in a second, on average."""
PATIENCE: Final = 10.0
"""Seconds that a call may take."""
OPERATIONS: Final[tuple[Operation[Any, Any], ...]] = (
    CHAT({"model": "m"}),
    RETRIEVE({}, "i1"),
)
"""Every other call may be sent twice without harm."""
IN_A_ROW: Final = 10
"""Calls that have to be answered one after the other for a recovery."""


@dataclass
class Ended:
    """What became of a call."""

    began: float
    ended: float
    answered: bool
    attempts: int
    """Those that were sent."""
    waited: float
    """Seconds that policies let it wait."""
    refused: bool
    """Whether a policy ended it unsent."""


@dataclass
class Run:
    """One stack against one server."""

    server: type[Server]
    stack: str
    calls: list[Ended] = field(default_factory=list[Ended])
    while_ill: int = 0
    """Requests that the server got while it was ill."""

    @property
    def answered(self) -> int:
        return sum(each.answered for each in self.calls)

    @property
    def attempts(self) -> int:
        return sum(each.attempts for each in self.calls)

    @property
    def refused(self) -> int:
        return sum(each.refused for each in self.calls)

    @property
    def waited(self) -> float:
        return sum(each.waited for each in self.calls)

    @property
    def slowest(self) -> float:
        """Seconds within which 99 of 100 of the answers came."""
        took = sorted(each.ended - each.began for each in self.calls if each.answered)
        return took[int(0.99 * len(took))]

    @property
    def recovery(self) -> float:
        """Seconds from the end of an illness until ten calls in a row are answered, on average."""
        found: list[float] = []
        for _, end in self.server.phases:
            after = [each for each in self.calls if each.began >= end]
            for at in range(len(after) - IN_A_ROW + 1):
                if all(each.answered for each in after[at : at + IN_A_ROW]):
                    found.append(after[at].began - end)
                    break
        return sum(found) / len(found) if found else inf

    def goodput(self, seconds: float) -> list[float]:
        """Of the calls that begin in each stretch of time, the share that is answered."""
        last = max(each.began for each in self.calls)
        parts = [[0, 0] for _ in range(int(last // seconds) + 1)]
        for each in self.calls:
            part = parts[int(each.began // seconds)]
            part[0] += 1
            part[1] += each.answered
        return [good / every if every else 1.0 for every, good in parts]


def simulate(server: type[Server], stack: str, seed: int = SEED, calls: int = CALLS) -> Run:
    """Run one stack against one server."""
    run = Run(server, stack)
    arrivals = Random(f"{seed} {server.name}")
    time = Time(Random(f"{seed} {server.name} {stack}"))
    ill, spare = server(Random(f"{seed} ill")), Spare(Random(f"{seed} spare"))
    wire = ServerWire(time, {"main": ill, "spare": spare})
    policies: Policies = STACKS[stack][1]()
    settings = Settings(endpoint=MAIN, policies=policies, timeout=Timeout(total=PATIENCE))
    at = 0.0
    for number in range(calls):
        at += arrivals.expovariate(A_SECOND)
        operation = OPERATIONS[number % len(OPERATIONS)]
        time.begin(_one(run, wire, settings, operation, time), at)
    time.run()
    run.calls.sort(key=lambda each: each.began)
    run.while_ill = ill.while_ill
    return run


async def _one(
    run: Run, wire: ServerWire, settings: Settings, operation: Operation[Any, Any], time: Time
) -> None:
    began, refused = time.now(), False
    try:
        reply = await call(wire, settings, operation, whole=True)
    except (APIStatusError, APIConnectionError) as error:
        attempts, answered = error.attempts, False
        refused = isinstance(error, PolicyRefusedError)
    else:
        attempts, answered = reply.attempts, True
    run.calls.append(
        Ended(
            began,
            time.now(),
            answered,
            sum(each.endpoint != "" for each in attempts),
            sum(each.held + (each.waits or 0.0) for each in attempts),
            refused,
        )
    )


def every(seed: int = SEED, calls: int = CALLS) -> list[Run]:
    """Run every stack against every server."""
    return [simulate(server, stack, seed, calls) for server in ILL for stack in STACKS]
