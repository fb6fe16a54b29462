"""The settings that a client gives to each of its calls.

They stand apart from the program of a call, so that making a client does not load it.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from ..request.answer_kinds import StreamEnd
from ..request.endpoint import Endpoint
from ..request.limits import Limits
from ..request.timeout import Timeout
from .policy import NO_POLICIES, Policies

if TYPE_CHECKING:
    from ..request.operation import Operation
    from .trace import Trace


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a client puts under each of its calls."""

    endpoint: Endpoint
    timeout: Timeout = Timeout()
    policies: Policies = NO_POLICIES
    trace: "Trace | None" = None
    strict: bool = False
    """Raise `APIResponseValidationError` for an answer that does not fit its type."""
    limits: Limits = Limits()
    stream_end: StreamEnd = "announced"
    """Whether a stream may end with its body, too."""

    def timeout_of(self, operation: "Operation[Any, Any]") -> Timeout:
        """Return the limits of a call: its own, if it has any."""
        own = operation.timeout
        return self.timeout if own is msgspec.UNSET else own
