"""Answers of a machine that has no event: members of one enum, so that type checkers narrow."""

from enum import Enum
from typing import Final, Literal


class Sentinel(Enum):
    """Answers of `next_event` that are not events."""

    NEED_DATA = "NEED_DATA"
    PAUSED = "PAUSED"
    END = "END"

    def __repr__(self) -> str:
        return self.value


NEED_DATA: Final = Sentinel.NEED_DATA
"""No further event until `receive_data` has been called with more bytes."""

PAUSED: Final = Sentinel.PAUSED
"""The machine is finished with this exchange; bytes after its end are in `trailing_data`."""

END: Final = Sentinel.END
"""The sequence of events has come to its proper end."""

NeedData = Literal[Sentinel.NEED_DATA]
Paused = Literal[Sentinel.PAUSED]
End = Literal[Sentinel.END]
