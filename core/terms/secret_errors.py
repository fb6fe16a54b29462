"""What can be wrong with a secret: its error, and the warning about a file that others may read."""

from .base_errors import OpenAIError

__all__ = ["SecretError", "SecretPermissionsWarning"]


class SecretError(OpenAIError, ValueError):
    """A secret is not where it was looked for, or is malformed there; its text is never shown."""

    def __init__(self, source: str, reason: str, *, found: bool = True) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        """Where it was looked for: an argument, a variable of the environment, a file and its line."""
        self.reason = reason
        self.found = found
        """Whether there was a value; `False` where nothing has the name."""


class SecretPermissionsWarning(UserWarning):
    """A file that holds a secret can be read or written by others than its owner."""
