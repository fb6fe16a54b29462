"""Actions that the machine of a connection asks for: bytes to send, pauses, ends."""

from typing import NamedTuple


class SendBytes(NamedTuple):
    """Send these bytes."""

    data: bytes


class Pause(NamedTuple):
    """Do nothing for so many seconds; `math.inf` is for ever."""

    seconds: float


class CloseConnection(NamedTuple):
    """End the connection: FIN, after what was sent so far.

    With `linger`, the peer is still sending: take what comes and throw it away until it ends, or
    else the operating system answers with a reset that can destroy what was just sent.
    """

    linger: bool = False


class ResetConnection(NamedTuple):
    """Break the connection: RST, at once."""


Action = SendBytes | Pause | CloseConnection | ResetConnection
