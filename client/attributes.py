"""What of a client reads and is set like an attribute: a setting that is set counts from the next call."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeGuard, TypeVar

from ..core.request.credentials import ORGANIZATION, PROJECT
from ..core.terms.version import __version__
from .binding.resource import Replaceable
from .configuration import DEFAULT_MAX_RETRIES
from .reconfiguring import Reconfigurable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.request.endpoint import Endpoint
    from ..core.request.timeout import Timeout
    from ..core.terms.omit import Omit
    from ..core.terms.secret import SecretValue
    from .secrets.secret import Secret

K = TypeVar("K")

_PACKAGE: Final = __name__.partition(".")[0]
_CARRIED: Final = frozenset({"_transport", "_network", "_closed"})
"""Attributes that clients made of one another have in common."""
_OWN: Final = _CARRIED | {"_configuration", "_listeners", "replaced"}


class Attributes(Reconfigurable[K], Generic[K]):
    """Settings as attributes; to set one is to `reconfigure` it."""

    @property
    def api_key(self) -> str:
        """The key, as text; empty where there is none, or where a function has not been asked yet."""
        key = self.endpoint.api_key
        return "" if key is None else key.reveal()

    @api_key.setter
    def api_key(self, key: str | bytes | Secret | SecretValue | K) -> None:
        self.reconfigure(api_key=_there("api_key", key))

    @property
    def admin_api_key(self) -> str | None:
        """The key of admin endpoints, as text."""
        key = self.endpoint.admin_key
        return None if key is None else key.reveal()

    @admin_api_key.setter
    def admin_api_key(self, key: str | bytes | Secret | SecretValue | None) -> None:
        self.reconfigure(admin_api_key=key)

    @property
    def webhook_secret(self) -> Secret | None:
        """What webhooks are signed with; it never leaves the client."""
        return self._configuration.webhook_secret

    @webhook_secret.setter
    def webhook_secret(self, secret: str | bytes | Secret | SecretValue | None) -> None:
        self.reconfigure(webhook_secret=secret)

    @property
    def organization(self) -> str | None:
        """For which organization calls are."""
        return self._field(ORGANIZATION)

    @organization.setter
    def organization(self, organization: str | None) -> None:
        self.reconfigure(organization=organization)

    @property
    def project(self) -> str | None:
        """For which project calls are."""
        return self._field(PROJECT)

    @project.setter
    def project(self, project: str | None) -> None:
        self.reconfigure(project=project)

    @property
    def base_url(self) -> str:
        """The URL below which all paths are; to another server credentials are not taken along."""
        return self.endpoint.base_url

    @base_url.setter
    def base_url(self, base_url: str) -> None:
        self.reconfigure(base_url=_there("base_url", base_url))

    _base_url = base_url

    @property
    def websocket_base_url(self) -> str | None:
        """The URL below which sessions are opened; `None` where it is `base_url`."""
        return self.endpoint.websocket_base_url

    @websocket_base_url.setter
    def websocket_base_url(self, base_url: str | None) -> None:
        self.reconfigure(websocket_base_url=base_url)

    @property
    def timeout(self) -> Timeout:
        """The limits of calls that state none of their own."""
        return self._configuration.settings.timeout

    @timeout.setter
    def timeout(self, timeout: float | Timeout | None) -> None:
        self.reconfigure(timeout=timeout)

    @property
    def max_retries(self) -> int:
        """How often a call is tried again; `AttributeError` where a policy of your own decides that."""
        retry: Any = self._configuration.settings.policies.retry
        return DEFAULT_MAX_RETRIES if retry is None else int(retry.retries)

    @max_retries.setter
    def max_retries(self, max_retries: int) -> None:
        self.reconfigure(max_retries=_there("max_retries", max_retries))

    @property
    def default_headers(self) -> Mapping[str, str | Secret | Omit | None]:
        """The header fields of each call, credentials of the client's not among them."""
        fields = {"User-Agent": f"{_PACKAGE}/{__version__}", **self.endpoint.headers}
        return MappingProxyType(fields)

    @property
    def default_query(self) -> Mapping[str, object]:
        """The query parameters of each call."""
        return MappingProxyType(self.endpoint.query)

    @property
    def endpoint(self) -> Endpoint:
        """The server that calls go to: base URL, credentials, default header fields and query."""
        return self._configuration.settings.endpoint

    @property
    def strict(self) -> bool:
        """Whether an answer that does not fit its type is an error."""
        return self._configuration.settings.strict

    def _field(self, name: str) -> str | None:
        for field, value in self.endpoint.headers.items():
            if field.lower() == name.lower() and isinstance(value, str):
                return value
        return None

    if not TYPE_CHECKING:  # checkers would let any name be set

        def __setattr__(self, name: str, value: object) -> None:
            """Set what can be set, or replace a method or resource; `AttributeError` for all else.

            A class of the user's own has what attributes it wants, under names that are free.
            """
            if name not in _OWN:
                found = _found(type(self), name)
                free = found is None and type(self).__module__.partition(".")[0] != _PACKAGE
                if not (free or _settable(found)):
                    raise AttributeError(_refusal(type(self), name), name=name, obj=self)
            object.__setattr__(self, name, value)


def own_attributes(client: object) -> dict[str, Any]:
    """The attributes that a subclass has given a client; methods that were replaced are none."""
    kind = type(client)
    free = vars(client).items()
    return {name: each for name, each in free if name not in _OWN and _found(kind, name) is None}


def kept(client: object) -> dict[str, Any]:
    """What another client, over the same connections, takes over."""
    carried = {name: vars(client)[name] for name in _CARRIED}
    return carried | own_attributes(client)


def _found(kind: type, name: str) -> object:
    return next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)


def _settable(found: object) -> bool:
    """Whether it is a setting that can be set, or a method or resource that another may stand for."""
    if _is_setting(found):
        return found.fset is not None
    return hasattr(type(found), "__get__")


def _is_setting(found: object) -> TypeGuard[property]:
    return isinstance(found, property) and not isinstance(found, Replaceable)


def _refusal(kind: type, name: str) -> str:
    names = [each for each in dir(kind) if each[0] != "_" and _settable(_found(kind, each))]
    settings = [each for each in names if _is_setting(_found(kind, each))]
    if name in dir(kind):
        return (
            f"{kind.__name__}.{name} cannot be set; what can be is {', '.join(settings)}, and "
            f"methods and resources can be replaced"
        )
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    hint = f"; the nearest known one is {near[0]!r}" if near else ""
    return f"{kind.__name__} has no attribute {name!r} that could be set{hint}"


def _there(name: str, value: Any) -> Any:
    """What was given; `TypeError` for `None`, which `reconfigure` would take for nothing."""
    if value is None:
        raise TypeError(f"{name}=None: expected a value, for this setting cannot be taken away")
    return value
