"""One of many processes under a shared limit: it calls, and says when it was let and when it sent.

Arguments: kind of client, URL of the API, URL of Redis, the limit and the state as JSON, calls.
"""

import asyncio
import json
import sys
import time
from math import inf
from typing import Any

from msgspec import structs

from api_openai import AsyncClient, Client, RateLimit, TraceEvent
from api_openai.client.limits.redis_limits import Granted, RedisLimits
from api_openai.core.call.policy import Asked
from api_openai.policies import Amounts, Denied, Elsewhere, Wait


class Noting(RedisLimits):
    """Notes the moments that were granted."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.moments: list[float] = []

    def reserve(
        self, limit: Amounts, scope: str, tokens: float, now: float, latest: float, /
    ) -> Any:
        return self.noted(super().reserve(limit, scope, tokens, now, latest))

    def noted(self, answer: Wait | Denied | Elsewhere) -> Any:
        if isinstance(answer, Elsewhere):
            ask = answer.ask
            return Elsewhere(lambda: self.noted(ask()), answer.place)
        if isinstance(answer, Wait) and answer.then is not None:
            then = answer.then

            def noting(asked: Asked) -> Any:
                return self.noted(then(asked))

            return structs.replace(answer, then=noting)
        assert isinstance(answer, Granted), answer
        self.moments.append(float(answer.moment))
        return answer


def main(kind: str, api: str, redis: str, limit: str, options: str, count: str) -> None:
    state: Any = Noting.from_url(redis, "shared", when_lost="refuse", **json.loads(options))
    calls = int(count)
    sent: list[float] = []

    def told(event: TraceEvent) -> None:
        if event.kind == "request.sent":
            sent.append(time.time())

    policy = RateLimit(**json.loads(limit), longest_wait=inf, state=state)
    given: dict[str, Any] = {"api_key": "k", "base_url": api, "rate_limit": policy, "trace": told}
    print("ready", flush=True)
    sys.stdin.readline()
    if kind == "blocking":
        with Client(**given) as client:
            for _ in range(calls):
                client.models.retrieve("gpt-4o")
    else:

        async def program() -> None:
            async with AsyncClient(**given) as client:
                if kind == "asyncio":
                    await asyncio.gather(*(client.models.retrieve("gpt-4o") for _ in range(calls)))
                    return
                for _ in range(calls):
                    await client.models.retrieve("gpt-4o")

        if kind == "asyncio":
            asyncio.run(program())
        else:
            import trio

            trio.run(program)
    state.close()
    print(json.dumps([state.moments, sent]))


if __name__ == "__main__":
    main(*sys.argv[1:])
