"""One resource tree for every kind of caller: each resource knows its sender and its view."""

from typing import TYPE_CHECKING, Generic, TypeVar

from ..sending.modes import Mode, View

if TYPE_CHECKING:
    from ..sending.sender import Sender

M = TypeVar("M", bound=Mode)


class Resource(Generic[M]):
    """A part of the API: methods, and further resources below it."""

    __slots__ = ("sender", "view")

    sender: "Sender"
    """Who sends the operations of this resource: the client."""
    view: View
    """Which form of answer its methods give."""

    def __init__(self, sender: "Sender", view: View = "plain") -> None:
        self.sender = sender
        self.view = view

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.sender!r}>"
