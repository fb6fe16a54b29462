"""Who calls: the mode of a resource decides what its methods return."""

from typing import Literal

View = Literal["plain", "raw", "streaming"]
"""A mode at run time, where blocking and async clients differ already: the form of the answers."""


class Mode:
    """Base of the modes; they are names for type checkers and are never instantiated."""


class Sync(Mode):
    """A blocking client: methods return values."""


class Async(Mode):
    """An async client: methods return coroutines."""


class RawSync(Mode):
    """`with_raw_response` of a blocking client: methods return an `APIResponse`."""


class RawAsync(Mode):
    """`with_raw_response` of an async client: methods return coroutines of an `APIResponse`."""


class StreamingSync(Mode):
    """`with_streaming_response` of a blocking client: methods return a context manager."""


class StreamingAsync(Mode):
    """`with_streaming_response` of an async client: methods return an async context manager."""
