#!/bin/sh
# pybreaker 1.4.1: the decorator takes an `async def` function, and counts every call of it as a success.
#
# `@breaker` calls the function under the breaker's rules. An `async def` function returns a coroutine at once
# and fails later, when that is awaited: the breaker has counted a success by then. Nothing warns of it, and
# the circuit never opens. `call_async` is for Tornado.
#
# Seen: ten failures through a breaker that opens after two leave it closed, with no failure counted.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet pybreaker==1.4.1
"$work/venv/bin/python" -W error - <<'PROGRAM'
import asyncio

import pybreaker

FAILURES = 10


def blocking():
    raise ConnectionError


async def asynchronous():
    raise ConnectionError


async def main():
    breakers = {"def": pybreaker.CircuitBreaker(fail_max=2)}
    breakers["async def"] = pybreaker.CircuitBreaker(fail_max=2)
    for _ in range(FAILURES):
        try:
            breakers["def"](blocking)()
        except (ConnectionError, pybreaker.CircuitBreakerError):
            pass
        try:
            await breakers["async def"](asynchronous)()
        except ConnectionError:
            pass
    return breakers


breakers = asyncio.run(main())
print("pybreaker 1.4.1, after", FAILURES, "failures, with fail_max=2")
for kind, breaker in breakers.items():
    print(f"{kind + ':':<10} {breaker.current_state}, {breaker.fail_counter} failures counted")
assert breakers["def"].current_state == "open"
assert breakers["async def"].current_state == "closed"
assert breakers["async def"].fail_counter == 0
PROGRAM
