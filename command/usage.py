"""What is wrong about a command line, and the codes with which the command ends."""

from typing import Final

__all__ = [
    "BAD_USAGE",
    "CODES",
    "DONE",
    "INTERRUPTED",
    "NOT_WRITTEN",
    "PIPE_CLOSED",
    "UsageError",
    "code_of",
    "near",
]

DONE: Final = 0
BAD_USAGE: Final = 2
NOT_WRITTEN: Final = 4
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

CODES: Final = {
    "OpenAIError": (1, "any other error of the library"),
    "UsageError": (
        BAD_USAGE,
        "the command line: a name, a value, a file to be read that is not there; nothing was sent",
    ),
    "SecretError": (3, "no key was found, or a malformed one"),
    "OSError": (NOT_WRITTEN, "the output cannot be written, or reading an upload failed midway"),
    "APIConnectionError": (10, "no complete answer came"),
    "APITimeoutError": (11, "a deadline passed"),
    "RemoteProtocolError": (12, "the server broke the rules of HTTP or of events"),
    "StreamTruncatedError": (13, "a stream ended before its end"),
    "PolicyRefusedError": (14, "a policy did not let the call through"),
    "APIError": (20, "the server reports an error in a stream, or in an answer of status 200"),
    "ResponseDecodeError": (21, "a success that cannot be read"),
    "APIStatusError": (30, "an error status without a line of its own"),
    "BadRequestError": (31, "400"),
    "AuthenticationError": (32, "401"),
    "PermissionDeniedError": (33, "403"),
    "NotFoundError": (34, "404"),
    "ConflictError": (35, "409"),
    "UnprocessableEntityError": (36, "422"),
    "RateLimitError": (37, "429"),
    "InternalServerError": (38, "5xx"),
    "KeyboardInterrupt": (INTERRUPTED, "Ctrl-C"),
    "BrokenPipeError": (PIPE_CLOSED, "nobody reads what is written any more, as with `| head`"),
}
"""By class of error: the code, and when. A class that is not here has the code of its base."""


class UsageError(Exception):
    """A command line that cannot be carried out; nothing was sent."""


def code_of(error: BaseException) -> int | None:
    """The code with which an error ends the command; `None` for one that is a fault of ours."""
    for kind in type(error).__mro__:
        if kind.__name__ in CODES:
            return CODES[kind.__name__][0]
    return None


def near(given: str, known: "list[str]") -> str:
    """Words about the nearest of the names there are, where one is near."""
    from difflib import get_close_matches

    found = get_close_matches(given, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
