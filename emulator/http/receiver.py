"""The protocol `Receiver`: whoever answers the requests of a connection."""

from collections.abc import Iterator
from typing import Protocol

from .actions import Action
from .response import HttpResponse


class Receiver(Protocol):
    """One request from its head to its answer."""

    @property
    def early(self) -> HttpResponse | Action | None:
        """What happens at once, before the body is read; `None`: the body is wanted."""
        ...

    def receive_data(self, data: bytes) -> HttpResponse | None:
        """Take the next bytes of the body; a response ends the request before the body does."""
        ...

    def response(self) -> HttpResponse:
        """Answer the request, whose body has ended."""
        ...

    def wire(self, actions: Iterator[Action]) -> Iterator[Action]:
        """Return what is really done for the answer that `actions` would be."""
        ...
