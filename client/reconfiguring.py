"""Clients whose settings are replaced while calls are under way."""

from collections.abc import Callable
from threading import Lock
from typing import Any, ClassVar, Final, Generic, TypeVar, Unpack

import msgspec

from .binding.resource import spelled
from .configuration import Changes, Configuration

K = TypeVar("K")

_LOCK: Final = Lock()
"""Held while a configuration is replaced: two threads that do so both count."""


class ConfigurationChanged(msgspec.Struct, frozen=True):
    """A client has another configuration."""

    version: int
    """Of the new configuration, counted from 1."""
    changed: tuple[str, ...]
    """The arguments that were replaced, in the order of the alphabet; never their values."""


Listener = Callable[[ConfigurationChanged], object]


class Reconfigurable(Generic[K]):
    """Holds a configuration, which each call takes whole when it begins."""

    _configuration: Configuration[K]
    _listeners: tuple[Listener, ...] = ()
    _keywords: ClassVar[type[Changes[Any]]] = Changes
    """The keywords of `reconfigure` and `with_options`."""

    @property
    def version(self) -> int:
        """Which configuration is in force, counted from 1."""
        return self._configuration.version

    @spelled("_keywords")
    def reconfigure(self, **changes: Unpack[Changes[K]]) -> int:
        """Replace settings for all calls that begin from now on, and return the new version.

        Keywords as `with_options`; all of them take effect at once. Calls under way, their retries
        and their streams keep what they began with. Threads may do so at any time. A client that was
        made by `with_options` before is one of its own, and stays as it is. Errors as the constructor
        raises them; then nothing has changed. What a listener raises is raised when all were told;
        the change stands.
        """
        with _LOCK:
            old = self._configuration
            new = self._changed(changes, old.version + 1, "reconfigure")
            self._configuration = new
            listeners = self._listeners
        event = ConfigurationChanged(new.version, tuple(sorted(changes)))
        raised: Exception | None = None
        for listener in listeners:
            try:
                listener(event)
            except Exception as error:
                raised = raised or error
        if raised is not None:
            try:
                raise raised
            finally:
                del raised  # else the frame and the error would keep each other alive
        return new.version

    def _changed(self, changes: Changes[K], version: int, by: str) -> Configuration[K]:
        """Another configuration; classes with settings of their own say here what these mean."""
        return self._configuration.changed(changes, version, by, self._keywords)

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called after each `reconfigure`, in its thread; return what ends that.

        Of two changes at once, or one within a listener, the later may be told first: the version says.
        """
        if not callable(listener):
            raise TypeError(f"listener={listener!r}: expected a function of the change")

        def told(
            event: ConfigurationChanged,
        ) -> object:  # one of its own each time, to be taken out
            return listener(event)

        with _LOCK:
            self._listeners = (*self._listeners, told)

        def end() -> None:
            with _LOCK:
                self._listeners = tuple(each for each in self._listeners if each is not told)

        return end
