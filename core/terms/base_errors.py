"""`OpenAIError`, the base of all errors, and `LocalProtocolError`, about our side of a protocol."""

from typing import Any

__all__ = ["LocalProtocolError", "OpenAIError"]


class OpenAIError(Exception):
    """Base of all errors of this library."""

    progress: Any = None
    """What a method of several calls had done when it failed, so that nothing is lost: its page in
    the documentation says what it leaves here."""

    @property
    def retry_after(self) -> float | None:
        """Seconds from the failure after which the same may work, where somebody has said so."""
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__.copy())

    def __copy__(self) -> "OpenAIError":
        return _restore(type(self), self.args, self.__dict__.copy())


def _restore(cls: type[OpenAIError], args: tuple[Any, ...], state: dict[str, Any]) -> OpenAIError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class LocalProtocolError(OpenAIError):
    """Our side was asked for something that the protocol does not allow; no whole request was sent."""
