"""The protocol `Receiver`: whoever answers the requests of a connection."""

from collections.abc import Iterator
from typing import Protocol

from ...core.terms.http_message import RawHeaders
from ...core.terms.sentinels import NeedData
from .actions import Action
from .response import HttpResponse


class OtherProtocol(Protocol):
    """What a connection speaks after a 101: bytes in, actions out."""

    def receive_data(self, data: bytes, /) -> None: ...
    def next_action(self) -> Action | NeedData: ...
    @property
    def wants_data(self) -> bool:
        """Whether to go on reading; false while much is to be sent that was not taken yet."""
        ...


class Upgrade(Protocol):
    """A request for another protocol that is granted: the fields of the 101, and who goes on."""

    @property
    def fields(self) -> RawHeaders: ...
    @property
    def peer(self) -> OtherProtocol: ...


class Receiver(Protocol):
    """One request from its head to its answer."""

    @property
    def early(self) -> HttpResponse | Action | None:
        """What happens at once, before the body is read; `None`: the body is wanted."""
        ...

    def receive_data(self, data: bytes) -> HttpResponse | None:
        """Take the next bytes of the body; a response ends the request before the body does."""
        ...

    def upgrade(self) -> Upgrade | None:
        """Grant another protocol to the request, whose body has ended; `None` where it is refused."""
        ...

    def response(self) -> HttpResponse:
        """Answer the request, whose body has ended."""
        ...

    def wire(self, actions: Iterator[Action | NeedData]) -> Iterator[Action | NeedData]:
        """Return what is really done for the answer, or the session, that `actions` would be.

        A session has `NEED_DATA` among them, where it waits for the client.
        """
        ...
