"""A limit for each test, or for each case of a campaign: one that takes longer has hung, and is shown with what its threads do.

The run ends there, for nothing can stop a thread that waits in the kernel. `TEST_LIMIT` sets the
seconds, 0 none at all.
"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Generator
from math import inf
from typing import Final

import pytest

LIMIT: Final = float(os.environ.get("TEST_LIMIT") or 300)
"""Seconds: several times what the slowest test takes on a busy machine."""

GRACE: Final = 10
"""Further seconds, after which a test that lets no other thread run is ended from below."""

_STDERR: Final = os.fdopen(os.dup(sys.__stderr__.fileno()), "w") if sys.__stderr__ else sys.stderr
"""Where it is told: pytest captures the usual place."""


class Watch:
    """Ends the process when what has begun does not end within `limit` seconds.

    There is one thread for all, since tests count threads.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._running: tuple[str, float] | None = None
        self._thread = threading.Thread(target=self._look, name="limit of tests", daemon=True)

    def begin(self, name: str) -> None:
        self._running = (name, time.monotonic() + self._limit)
        faulthandler.dump_traceback_later(self._limit + GRACE, exit=True, file=_STDERR)
        if self._thread.ident is None:
            self._thread.start()

    def end(self) -> None:
        self._running = None
        faulthandler.cancel_dump_traceback_later()

    def _look(self) -> None:
        while True:
            name, due = self._running or ("", inf)
            left = due - time.monotonic()
            if left <= 0:
                print(f"\n{name} hangs: it has not ended within {self._limit:g} s", file=_STDERR)
                _STDERR.flush()
                faulthandler.dump_traceback(_STDERR)
                os._exit(1)
            time.sleep(min(left, self._limit))


_watch: Final = Watch(LIMIT)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test with its fixtures under the limit."""
    if not LIMIT:
        return (yield)
    _watch.begin(item.nodeid)
    try:
        return (yield)
    finally:
        _watch.end()
