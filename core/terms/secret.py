"""`Secret`, a credential that shows itself in one place only: where header bytes are rendered."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Final, Literal, Protocol, runtime_checkable

import msgspec

from .secret_errors import SecretError

MASK: Final = "***"

MASKED: Final = (
    f"{MASK} stands for a text that is not there: it did not come along in a pickle, or was taken from "
    f"where it is masked. Load it by name where it is made (Secret.load_from_env, load_from_file), or "
    f"pickle within Secret.in_pickles()"
)
"""Why a mask is not sent."""

_TRAVEL: Final[ContextVar[bool]] = ContextVar("credentials in pickles", default=False)


@runtime_checkable
class SecretValue(Protocol):
    """A secret of another library: pydantic's `SecretStr` and `SecretBytes`."""

    def get_secret_value(self) -> str | bytes: ...


class PathObject(Protocol):
    """A `pathlib.Path`, or another object that names a file."""

    def __fspath__(self) -> str: ...


class SecretExposure(msgspec.Struct, frozen=True):
    """One `reveal()` of a secret, as the audit is told of it."""

    count: int
    """How often this text has been revealed since the audit began, this time included."""
    fingerprint: str
    """What `secret.fingerprint()` says, here and in this process alone."""
    caller: str
    """The frame outside of this library that it happened for, as `file:line function`."""


Audit = Callable[[SecretExposure], object]


class SecretHost(Protocol):
    """What secrets ask of the process that they live in; its methods are those of `Secret`."""

    salt: bytes
    """Random bytes, others in each process."""

    def load_from_env(self, name: str, *, checked: bool) -> "Secret": ...

    def load_from_file(self, path: str, name: str | None, *, checked: bool) -> "Secret": ...

    def load_with_fallbacks(self, name: str, folder: str, *, checked: bool) -> "Secret": ...

    def audit(self, told: Audit) -> "Callable[[Secret], None]":
        """Return what is called before a text is handed out."""
        ...


class SecretSource(msgspec.Struct, frozen=True):
    """Where a secret was loaded from: what of it goes into a pickle."""

    method: Literal["load_from_env", "load_from_file", "load_with_fallbacks"]
    where: dict[str, str | None]
    """Its keywords."""
    checked: bool

    def load(self) -> "Secret":
        """Load it, as this process has it."""
        load: Callable[..., Secret] = getattr(Secret, self.method)
        return load(**self.where, checked=self.checked)


class FindHost(Protocol):
    """Finds the host, which is not made before a secret needs it."""

    def __call__(self) -> SecretHost: ...


class Secret:
    """Text that shows as `***` in `repr`, `str`, `format`, f-strings, logs and pickles.

    `reveal()` returns the text. Two secrets are equal when their texts are.

    A pickle has no text, unless it is made within `with Secret.in_pickles():`. One that was loaded
    is loaded again where the pickle is read, from the same variable or file there. Any other comes
    back as a secret that refuses to be revealed.
    """

    __slots__ = ("__fault", "__source", "__text")

    host: ClassVar[FindHost | None] = None
    """Set by the module that `api_openai.Secret` comes from."""
    _audit: ClassVar[Audit | None] = None
    _exposed: ClassVar["Callable[[Secret], None] | None"] = None

    def __init__(self, text: str, *, source: SecretSource | None = None) -> None:
        self.__text = text
        self.__source = source
        self.__fault: str | None = None

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
            del value, text  # so that no traceback shows them
            raise TypeError(f"{name}: expected text, bytes or a Secret, got {kind}")
        return cls(text.rstrip("\r\n"))

    @classmethod
    def new(cls, text: str) -> "Secret":
        """Make one of a key of the API; `SecretError` for a text that does not look like one.

        A key is `sk-` and more, of 20 to 512 characters, all of them letters, digits, `-` and `_`.
        """
        made = cls._made(text)
        del text  # so that no traceback shows it
        if isinstance(made, TypeError):
            raise made
        return made.checked("text")

    @classmethod
    def unchecked(cls, text: str) -> "Secret":
        """Make one of any text: keys of other servers, tokens, passwords."""
        made = cls._made(text)
        del text
        if isinstance(made, TypeError):
            raise made
        return made

    @classmethod
    def _made(cls, text: object) -> "Secret | TypeError":
        if isinstance(text, str):
            return cls(text)
        return TypeError(f"text: expected str, got {type(text).__name__}")

    @classmethod
    def load_from_env(cls, name: str, *, checked: bool = True) -> "Secret":
        """Load a variable of the environment, which has to look like a key of the API.

        `checked=False` takes any text but none. Raises `SecretError` where the variable is not set,
        empty or malformed.
        """
        return cls._host().load_from_env(name, checked=checked)

    @classmethod
    def load_from_file(
        cls, path: str | PathObject, name: str | None = None, *, checked: bool = True
    ) -> "Secret":
        """Load a file that holds the secret and nothing else, or with `name` one of `NAME=value`.

        In a file whose name ends in `.sh` the lines are those of a shell (`export NAME=value`), in
        another one those of a `.env` file; no shell is run. Raises `SecretError`, with file and
        line, for what is malformed or not there, and `OSError` for a file that cannot be read.
        Gives a `SecretPermissionsWarning` for one that others than its owner may use.
        """
        text = path if isinstance(path, str) else path.__fspath__()
        return cls._host().load_from_file(text, name, checked=checked)

    @classmethod
    def load_with_fallbacks(
        cls, name: str, *, folder: str | PathObject = ".", checked: bool = True
    ) -> "Secret":
        """Load a secret from the first of four places that has one of this name.

        They are `secret/-secrets.sh` below `folder`, the environment, and `secrets.sh` and `.env` in
        `folder`. A place that has the name with a malformed value, or a file that cannot be read to
        its end, raises `SecretError`, and no other place is asked then.
        """
        text = folder if isinstance(folder, str) else folder.__fspath__()
        return cls._host().load_with_fallbacks(name, text, checked=checked)

    @classmethod
    def audit(cls, told: Audit | None) -> Audit | None:
        """From now on call `told` before any secret of the process reveals its text.

        It is called in the thread or task of who asks, and what it raises reaches him instead of the
        text. What it does itself is not told. `None` ends it. Returns the function before.
        """
        if told is not None and not callable(told):
            raise TypeError(f"told: expected a function or None, got {type(told).__name__}")
        before = Secret._audit
        Secret._exposed = None if told is None else cls._host().audit(told)
        Secret._audit = told
        return before

    @classmethod
    def _host(cls) -> SecretHost:
        if Secret.host is None:
            raise RuntimeError(
                "Secret: import it from api_openai, which knows files and environment"
            )
        return Secret.host()

    def checked(self, source: str, *, as_key: bool = True) -> "Secret":
        """Return the secret; `SecretError` that names `source` if it is no key of the API.

        Not `as_key`, any text will do that is not empty and was UTF-8.
        """
        from .key_shape import key_fault, text_fault

        fault = (key_fault if as_key else text_fault)(self.__text)
        if fault is not None:
            raise SecretError(source, fault)
        return self

    def reveal(self) -> str:
        """Return the text itself; `SecretError` where it is the mask that stands for a text."""
        if self.__text == MASK:
            raise SecretError("secret", self.__fault or MASKED, found=False)
        if Secret._exposed is not None:
            Secret._exposed(self)
        return self.__text

    @classmethod
    def is_audited(cls) -> bool:
        """Say whether somebody is told of each `reveal()`."""
        return Secret._audit is not None

    def is_mask(self) -> bool:
        """Whether it has no text, for a pickle or whatever showed it had none."""
        return self.__text == MASK

    def goes_along(self) -> bool:
        """Whether who reads a pickle that is made now gets the text, or a way to it."""
        return not self.__text or self.__source is not None or self.travels()

    def unaudited(self) -> str:
        """Return the text for work that shows it to nobody: masking, checking; no audit is told."""
        return self.__text

    def fingerprint(self) -> str:
        """Return 16 digits that tell secrets apart within this process, and say nothing of the text.

        They are salted: another process has others for the same text.
        """
        from hashlib import blake2b

        data = self.__text.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._host().salt, digest_size=8).hexdigest()

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

    def __reduce__(self) -> "tuple[Any, ...]":
        if not self.__text or self.travels():
            return Secret, (self.__text,)
        if self.__source is None:
            return Secret, (MASK,)
        return _again, (self.__source, Secret.host)

    @classmethod
    def _faulty(cls, fault: str, source: SecretSource) -> "Secret":
        made = cls(MASK, source=source)
        made.__fault = fault
        return made

    @staticmethod
    @contextmanager
    def in_pickles() -> Generator[None]:
        """Within it pickles hold the text of credentials: of secrets, endpoints, operations and clients.

        It is for who sends them to a process of their own; it counts in this thread or task only.
        """
        token = _TRAVEL.set(True)
        try:
            yield
        finally:
            _TRAVEL.reset(token)

    @staticmethod
    def travels() -> bool:
        """Whether a pickle that is being made holds the text of credentials."""
        return _TRAVEL.get()

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self


def _again(source: SecretSource, host: FindHost) -> Secret:
    """Load a secret where a pickle is read; what is wrong is told when it is used.

    The host comes along so that its module is imported there.
    """
    try:
        return source.load()
    except (SecretError, OSError) as error:
        fault = f"{error} (it was loaded from there before it was pickled)"
        return Secret._faulty(fault, source)  # pyright: ignore[reportPrivateUsage]  # of this module
