"""What secrets ask of the process: its environment, its files, random bytes, and who calls."""

import os
import stat
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from threading import Lock
from types import FrameType
from typing import Final

from ...core.terms.secret import Audit, Secret, SecretExposure, SecretSource
from ...core.terms.secret_errors import SecretPermissionsWarning
from ...core.terms.secret_loading import (
    LONGEST_FILE,
    FoundFile,
    from_environment,
    from_file,
    from_somewhere,
)

__all__ = ["PROCESS", "Process"]

COUNTED: Final = 1024
"""Secrets whose reveals are counted: one that was not revealed for that many others begins anew."""
_HERE: Final = __name__.partition(".")[0]
_CARRIERS: Final = frozenset({_HERE, "asyncio", "trio", "anyio", "threading", "concurrent"})
"""Packages whose frames stand between a caller and what happens for him."""
_TELLING: Final[ContextVar[bool]] = ContextVar("an audit is being told", default=False)


_LOADERS: Final[Mapping[str, Callable[..., Secret]]] = {
    "load_from_env": from_environment,
    "load_from_file": from_file,
    "load_with_fallbacks": from_somewhere,
}


class Process:
    """This process, as secrets see it."""

    def __init__(self) -> None:
        self.salt = os.urandom(16)

    def load_from_env(self, name: str, *, checked: bool) -> Secret:
        return self.load(SecretSource("load_from_env", {"name": name}, checked))

    def load_from_file(self, path: str, name: str | None, *, checked: bool) -> Secret:
        return self.load(SecretSource("load_from_file", {"path": path, "name": name}, checked))

    def load_with_fallbacks(self, name: str, folder: str, *, checked: bool) -> Secret:
        return self.load(
            SecretSource("load_with_fallbacks", {"name": name, "folder": folder}, checked)
        )

    def load(self, source: SecretSource) -> Secret:
        """Load a secret that remembers its source."""
        load = _LOADERS[source.method]
        found = load(self, **source.where, checked=source.checked)
        return Secret(found.unaudited(), source=source)

    def audit(self, told: Audit) -> Callable[[Secret], None]:
        return _Teller(told).tell

    def variable(self, name: str) -> Secret | None:
        text = os.environ.get(name)
        return None if text is None else Secret(text)

    def file(self, path: str) -> FoundFile:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(LONGEST_FILE + 1)
        mode = stat.S_IMODE(found.st_mode)
        wide = os.name != "nt" and stat.S_ISREG(found.st_mode) and mode & 0o077
        text = Secret(data.decode("utf-8-sig", "surrogateescape"))
        return FoundFile(text, len(data), f"{mode:04o}" if wide else None)

    def join(self, folder: str, name: str) -> str:
        return os.path.join(folder, *name.split("/"))

    def warn(self, message: str) -> None:
        warnings.warn(message, SecretPermissionsWarning, stacklevel=_callers_frame()[0])


class _Teller:
    """Counts reveals, and tells an audit of each."""

    def __init__(self, told: Audit) -> None:
        self.told = told
        self.counts: OrderedDict[str, int] = OrderedDict()
        self.lock = Lock()

    def tell(self, secret: Secret) -> None:
        if _TELLING.get():
            return
        fingerprint = secret.fingerprint()
        exposure = SecretExposure(self.count(fingerprint), fingerprint, _caller())
        token = _TELLING.set(True)
        try:
            self.told(exposure)
        finally:
            _TELLING.reset(token)

    def count(self, fingerprint: str) -> int:
        with self.lock:
            count = self.counts[fingerprint] = self.counts.pop(fingerprint, 0) + 1
            if len(self.counts) > COUNTED:
                self.counts.popitem(last=False)
        return count


def _callers_frame() -> tuple[int, FrameType | None]:
    """The nearest frame that is no carrier's, and how far it is from who asks (who is 1)."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] (there is no other way)
    depth = 1
    while frame is not None and _package(frame) in _CARRIERS:
        frame, depth = frame.f_back, depth + 1
    return depth, frame


def _caller() -> str:
    frame = _callers_frame()[1]
    if frame is None:
        return "a thread of the library's own"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


PROCESS: Final = Process()


def _renew() -> None:
    PROCESS.salt = os.urandom(16)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
