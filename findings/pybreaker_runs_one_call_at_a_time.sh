#!/bin/sh
# pybreaker 1.4.1: calls of threads through one breaker run one after the other.
#
# `CircuitBreaker.call` holds the breaker's lock while the guarded function runs, not only while it decides.
# The documentation says that breakers are thread-safe and should be shared by the whole program; who does
# so around a call over the network makes the program's threads wait for each other.
#
# Seen: eight threads whose function takes a tenth of a second are never two at once in it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet pybreaker==1.4.1
"$work/venv/bin/python" - <<'PROGRAM'
import threading
import time

import pybreaker

THREADS, SECONDS = 8, 0.1


def most_at_once(around):
    """Run a function in many threads; how many were in it at once at the most, and how long it took."""
    lock, inside, most = threading.Lock(), 0, 0

    def work():
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(SECONDS)
        with lock:
            inside -= 1

    guarded = around(work)
    threads = [threading.Thread(target=guarded) for _ in range(THREADS)]
    begun = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return most, time.monotonic() - begun


alone, short = most_at_once(lambda function: function)
guarded, long = most_at_once(pybreaker.CircuitBreaker())
print("pybreaker 1.4.1")
print(f"without a breaker: {alone} of {THREADS} threads at once")
print(f"with a breaker:    {guarded} of {THREADS} threads at once")
assert alone > 1
assert guarded == 1
assert long >= THREADS * SECONDS > short
PROGRAM
