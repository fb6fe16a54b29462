"""`Secret`, a credential that shows itself in one place only: where header bytes are rendered."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol, runtime_checkable

MASK: Final = "***"

_TRAVEL: Final[ContextVar[bool]] = ContextVar("credentials in pickles", default=False)


@runtime_checkable
class SecretValue(Protocol):
    """A secret of another library: pydantic's `SecretStr` and `SecretBytes`."""

    def get_secret_value(self) -> str | bytes: ...


class Secret:
    """Text that shows as `***` in `repr`, `str`, `format`, f-strings, logs and pickles.

    `reveal()` returns the text. Two secrets are equal when their texts are. What a pickle brings
    back is a secret whose text is `***`: credentials do not travel with the objects that use them,
    unless they are pickled within `with Secret.in_pickles():`.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    @classmethod
    def of(cls, value: object, name: str) -> "Secret":
        """Make one of what callers have for the argument `name`: text, bytes, another's secret.

        A line end after it is dropped: files that hold secrets end in one. `TypeError` for a value
        of another type, which is named and not shown.
        """
        if isinstance(value, Secret):
            return value
        text = value.get_secret_value() if isinstance(value, SecretValue) else value
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        if not isinstance(text, str):
            kind = type(value).__name__
            raise TypeError(f"{name}: expected text, bytes or a Secret, got {kind}")
        return cls(text.rstrip("\r\n"))

    def reveal(self) -> str:
        """Return the text itself."""
        return self.__text

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.__text == self.__text

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce__(self) -> "tuple[type[Secret], tuple[str]]":
        return Secret, (self.__text if self.travels() else MASK,)

    @staticmethod
    @contextmanager
    def in_pickles() -> Generator[None]:
        """Within it pickles hold credentials: of secrets, endpoints, operations and clients.

        It is for who sends them to a process of their own; it counts in this thread or task only.
        """
        token = _TRAVEL.set(True)
        try:
            yield
        finally:
            _TRAVEL.reset(token)

    @staticmethod
    def travels() -> bool:
        """Whether a pickle that is being made holds credentials."""
        return _TRAVEL.get()

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self
