"""Effects: what a call that is driven by hand waits for. Its loop performs them and answers."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket

C = TypeVar("C")
R = TypeVar("R")


class Effect(Generic[R]):
    """What a call waits for; `R` is what `Steps.resume` has to be given."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Connect(Effect[C]):
    """Open a TCP connection and answer with it."""

    address: Address
    deadline: float


@dataclass(frozen=True, slots=True)
class StartTls(Effect[C]):
    """Go through a TLS handshake for `host` and answer with the connection to use from now.

    When that fails `conn` is aborted. `api_openai.transports.Tls` is the client's side of TLS as a
    machine.
    """

    conn: C
    host: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Send(Effect[None], Generic[C]):
    """Send all of `data`."""

    conn: C
    data: bytes | memoryview
    deadline: float


@dataclass(frozen=True, slots=True)
class SendWatching(Effect[int], Generic[C]):
    """Send `data`, stop when the peer has something to say, and answer how much was sent."""

    conn: C
    data: bytes | memoryview
    deadline: float


@dataclass(frozen=True, slots=True)
class SendPart(Effect[int], Generic[C]):
    """Send as much of `data` as goes at once, at least a byte, and answer how much was sent.

    The loop waits first and sends afterwards, so that a call that is given up has sent nothing more.
    """

    conn: C
    data: bytes | memoryview
    deadline: float


@dataclass(frozen=True, slots=True)
class Receive(Effect[bytes], Generic[C]):
    """Answer with the next bytes, at most 256 KiB; `b""` is the end."""

    conn: C
    deadline: float


@dataclass(frozen=True, slots=True)
class Sleep(Effect[None]):
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Park(Effect[None], Generic[C]):
    """Wait until `wake` is called with `ticket`."""

    ticket: Ticket[C]
    deadline: float


@dataclass(frozen=True, slots=True)
class InWorker(Effect[R]):
    """Call `function`, which may block, and answer with what it returns."""

    function: Callable[[], R]


@dataclass(frozen=True, slots=True)
class OpenFile(Effect[tuple[BinaryIO, int | None]]):
    """Open a file for reading; answer with it and its size (`None` for a pipe)."""

    path: str


@dataclass(frozen=True, slots=True)
class ReadFile(Effect[bytes]):
    """Answer with the next bytes of a file, at most `size`; `b""` is the end."""

    file: BinaryIO
    size: int


@types.coroutine
def perform(effect: Effect[R]) -> Generator[Effect[R], R, R]:
    """Wait until the loop has done what `effect` says, and return its answer."""
    return (yield effect)
