"""What resources ask of the client; named in annotations only, so nothing loads it."""

from collections.abc import Coroutine
from typing import Any, Protocol

from ...core.programs.caller import Caller
from ...core.realtime.connector import Opener
from ...core.request.operation import Operation
from ...core.terms.secret import Secret
from .modes import View


class Sender(Caller, Opener, Protocol):
    """Sends operations in the three views, runs programs, opens sessions; the client is one."""

    replaced: dict[tuple[type, View, str], Any] | None
    """What stands for methods of resources, by class, view and name; `None` while nothing does."""

    def deliver(self, operation: Operation[Any, Any], view: View, /) -> Any:
        """Send, and return what the caller of this view gets."""
        ...

    def run(self, program: Coroutine[Any, Any, Any], /, *, numbered: bool = False) -> Any:
        """Run a program to its end, or return it for the caller to await.

        `numbered` is for a method of several calls, whose trace events have a number in common.
        """
        ...

    @property
    def asynchronous(self) -> bool:
        """Whether what it returns is awaited."""
        ...

    @property
    def webhook_secret(self) -> Secret | None:
        """What webhooks are signed with, where the client was told."""
        ...

    @property
    def strict(self) -> bool:
        """Whether what does not fit its type is an error."""
        ...
