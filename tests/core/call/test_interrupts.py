"""Ctrl-C between any two lines of a call: no place in the pool is lost, and the next call is right."""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from api_openai.core.call.network import Network
from api_openai.core.call.settings import Settings
from api_openai.core.request.timeout import Timeout

from ...support.calls import ENDPOINT, OK, carry_out
from ...support.port import ASKED, Asked, ScriptedPort, run

INSIDE = ("/core/call/", "/transports/common/pooled_backend.py")


def interrupted(program: Callable[[], object], at: int) -> bool:
    """Run a program with a `KeyboardInterrupt` before its `at`-th line; False if it has fewer."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        if not any(part in frame.f_code.co_filename for part in INSIDE):
            return None
        if event == "line" and frame.f_code.co_name != "__del__":
            count += 1
            if count == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        program()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("reused", [False, True])
def test_an_interrupt_between_any_two_lines_loses_no_place(reused: bool) -> None:
    settings = Settings(endpoint=ENDPOINT, timeout=Timeout(total=100))
    at = 0
    while True:
        at += 1
        first: list[Asked | bytes] = [ASKED, OK] * (2 if reused else 1)
        port = ScriptedPort(first, [ASKED, OK], network=Network(max_connections=1))
        if reused:
            carry_out(port, settings=settings)
        if not interrupted(lambda: bare(port, settings), at):  # noqa: B023  # it is run at once
            break
        gc.collect()
        assert port.pool.in_use == 0, at
        assert port.pool.in_use + port.pool.idle <= 1
        assert not port.pool.waiting, at
        port._script.appendleft([ASKED, OK])  # pyright: ignore[reportPrivateUsage]  # one more
        assert run(carry_out(port, settings=settings, whole=False).read()) == b'{"id": "r1"}'
    assert at > 100


def bare(port: ScriptedPort, settings: Settings) -> None:
    """One call, without a look at the pool."""
    carry_out(port, settings=settings, whole=False).abort()
