"""Who calls: the mode of a resource decides what its methods return."""


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
