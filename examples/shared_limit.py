"""Workers that share one rate limit over Redis or Valkey, and what becomes of them without it.

python -m examples.shared_limit redis://localhost:6379

It needs such a server and the package `redis`; the API is the emulator, on loopback.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from api_openai import Client, PolicyRefusedError, RateLimit
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.policies import RedisLimits


def worker(redis: str, base_url: str) -> int:
    """Call five times, as another process or machine would; return how many calls went out."""
    state = RedisLimits.from_url(redis, "examples", when_lost="refuse", timeout=1.0)
    limit = RateLimit(requests=6, seconds=3600, when_full="refuse", state=state)
    sent = 0
    with Client(api_key="sk-test", base_url=base_url, rate_limit=limit) as client:
        for _ in range(5):
            try:
                client.models.list()
            except PolicyRefusedError as error:
                print(f"  {error}")
            else:
                sent += 1
    return sent


def main(redis: str) -> list[int]:
    """Run four workers at once; return how many calls each of them could make."""
    with serve_in_thread(Emulator()) as base_url, ThreadPoolExecutor(4) as workers:
        counts = list(workers.map(worker, [redis] * 4, [base_url] * 4))
    print(f"{sum(counts)} calls went out, of the 6 that all workers have together: {counts}")
    return counts


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "redis://localhost:6379")
