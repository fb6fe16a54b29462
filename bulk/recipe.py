"""`Recipe`: how another process makes its client. It is made of plain values, and never has a key."""

import os
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from ..client.secrets.secret import Secret
from ..core.policies import checks
from ..core.policies.rate_limit import RateLimit
from ..core.request.credentials import is_harmless_param, may_show_field

if TYPE_CHECKING:
    from ..client.client import AsyncClient

__all__ = ["Recipe", "SharedLimit"]

_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_KEY: Final = re.compile(
    r"\b(?:sk|rk|pk|ek|key|gsk|xai|hf)[-_][\w-]{16,}"
    r"|\b[0-9a-fA-F]{32,}\b|\bBearer\s|\beyJ[\w-]{8,}\.|//[^/\s]*@"
)
"""What keys look like, a header field with one, a web token, a URL with a password."""
_KEYS: Final = ("api_key", "admin_api_key", "webhook_secret")
_OPEN: Final = ("transport", "http_client")


class SharedLimit:
    """A `RateLimit` that all processes share, on a Redis or Valkey server, made in each of them.

    `url_from` is the name of the variable that has the server's URL, for that may have a password in
    it. The other arguments are those of `RateLimit` and of `RedisLimits.from_url`.
    """

    def __init__(
        self,
        name: str,
        *,
        when_lost: Literal["refuse", "go on", "wait"],
        requests: float | None = None,
        tokens: float | None = None,
        seconds: float = 60.0,
        burst: float = 1.0,
        algorithm: Literal["token bucket", "sliding window"] = "token bucket",
        learns: bool = False,
        url_from: str = "REDIS_URL",
        timeout: float = 1.0,
        lease: int = 1,
        lease_seconds: float = 1.0,
    ) -> None:
        from ..client.limits.redis_limits import WHEN_LOST

        _check_variable("SharedLimit", "url_from", url_from)
        checks.one_of("SharedLimit", "when_lost", when_lost, WHEN_LOST)
        self._url_from = url_from
        self._limit: dict[str, Any] = {
            "requests": requests,
            "tokens": tokens,
            "seconds": seconds,
            "burst": burst,
            "algorithm": algorithm,
            "learns": learns,
        }
        self._state: dict[str, Any] = {
            "name": name,
            "when_lost": when_lost,
            "timeout": timeout,
            "lease": lease,
            "lease_seconds": lease_seconds,
        }
        RateLimit(**self._limit)  # says what is wrong, here and not in a worker

    def make(self) -> RateLimit:
        """Connect this process. `OSError` where the variable is not set."""
        from ..client.limits.redis_limits import RedisLimits

        url = os.environ.get(self._url_from)
        if not url:
            raise OSError(f"SharedLimit: {self._url_from} is not set in this process; {_WORKERS}")
        return RateLimit(**self._limit, state=RedisLimits.from_url(url, **self._state))


class Recipe:
    """How each process of an engine makes its `AsyncClient`: by keywords, or by a function.

    `Recipe(base_url=..., timeout=60)` takes what `AsyncClient` takes, as plain values. `api_key` is the
    *name* of the variable of the environment that has the key there, `None` where there is none;
    `limit` a `SharedLimit`. `Recipe("my_project.clients:make")`, or the function itself, calls a
    function of a module that the workers can import too: for keys from elsewhere and for settings
    that do not pickle.

    Raises `ValueError` for a text that looks like a key: it would be in pickles, and readable by all
    tasks of a cluster.
    """

    def __init__(
        self,
        make: "str | Callable[[], AsyncClient] | None" = None,
        /,
        *,
        api_key: str | None = "OPENAI_API_KEY",
        limit: SharedLimit | None = None,
        **settings: Any,
    ) -> None:
        if make is not None and (settings or limit is not None or api_key != "OPENAI_API_KEY"):
            raise TypeError("Recipe: expected a function or keywords, and got both")
        self._make = None if make is None else _place_of(make)
        if api_key is not None:
            _check_variable("Recipe", "api_key", api_key)
        checks.instance("Recipe", "limit", limit, SharedLimit, type(None))
        self._api_key = api_key
        self._limit = limit
        self._settings = settings
        if make is None:
            self._check()

    def client(self) -> "AsyncClient":
        """Make a client in this process; raises what its parts do where something is missing."""
        if self._make is not None:
            module, _, name = self._make.partition(":")
            made = getattr(import_module(module), name)()
            if not getattr(made, "asynchronous", False):
                kind = type(made).__name__
                raise TypeError(f"Recipe {self._make}: expected an AsyncClient, and it made {kind}")
            return cast("AsyncClient", made)
        settings = dict(self._settings)
        if self._limit is not None:
            settings["rate_limit"] = self._limit.make()
        return self._of(None if self._api_key is None else _key_from(self._api_key), settings)

    def _of(self, key: Secret | None, settings: Mapping[str, Any]) -> "AsyncClient":
        from ..client.client import AsyncClient

        return AsyncClient(api_key="" if key is None else key, **settings)

    def _check(self) -> None:
        """Refuse, where it is made, what a worker could not use or should not see."""
        for name in (*_KEYS, *_OPEN):
            if name in self._settings:
                what = "name where a function makes it" if name in _OPEN else "it may be a secret"
                raise ValueError(
                    f"Recipe {name}: {what}; expected Recipe('module:function') for it"
                )
        for name, value in self._settings.items():
            _refuse_keys(name, value)
        if self._limit is not None and "rate_limit" in self._settings:
            raise TypeError("Recipe limit, rate_limit: expected one of them")
        try:
            pickle.dumps(self._settings)
        except Exception as error:
            raise TypeError(
                f"Recipe: its settings do not go into a pickle ({error}); "
                "expected Recipe('module:function') for these"
            ) from None
        self._of(Secret("any"), self._settings)

    def __repr__(self) -> str:
        if self._make is not None:
            return f"Recipe({self._make!r})"
        shown = {"api_key": self._api_key, "limit": self._limit, **self._settings}
        return f"Recipe({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


_WORKERS: Final = "set it where the workers are started"


def _key_from(variable: str) -> Secret:
    if not os.environ.get(variable):
        raise OSError(f"Recipe api_key: {variable} is not set in this process; {_WORKERS}")
    return Secret.load_from_env(variable, checked=False)


def _check_variable(owner: str, name: str, value: object) -> None:
    """Refuse what is no name of a variable. It is not shown: it may be what the variable should have."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError(
            f"{owner} {name}: expected the name of a variable of the environment, in capitals, "
            "and never what is in it"
        )


def _place_of(make: object) -> str:
    """Where a function is, as `module:name`; `ValueError` for one that others cannot import."""
    place = make
    if not isinstance(make, str):
        place = f"{getattr(make, '__module__', None)}:{getattr(make, '__qualname__', None)}"
    if not isinstance(place, str) or not re.fullmatch(r"[\w.]+:\w+", place):
        raise ValueError(f"Recipe {place!r}: expected 'module:function', or a function of a module")
    module, _, name = place.partition(":")
    if module == "__main__":
        raise ValueError(
            f"Recipe {place!r}: the main script is another one in a worker; "
            "put the function into a module that workers can import"
        )
    found = getattr(import_module(module), name, None)
    if not callable(found) or not (isinstance(make, str) or found is make):
        raise ValueError(f"Recipe {place!r}: there is no such function")
    return place


def _refuse_keys(name: str, value: object) -> None:
    """Raise `ValueError` for what may be a credential, wherever it is in a setting."""
    if isinstance(value, Secret):
        raise ValueError(f"Recipe {name}: a secret does not travel; {_INSTEAD}")
    if isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value.decode("latin-1")
        if _KEY.search(text):
            raise ValueError(f"Recipe {name}: it looks as if it had a key in it; {_INSTEAD}")
    elif isinstance(value, Mapping):
        may_show = is_harmless_param if "query" in name else may_show_field
        for key, each in cast("Mapping[object, object]", value).items():
            if ("headers" in name or "query" in name) and not may_show(str(key)):
                raise ValueError(f"Recipe {name}: {key} may be a credential; {_INSTEAD}")
            _refuse_keys(name, each)
    elif isinstance(value, Sequence):
        for each in cast("Sequence[object]", value):
            _refuse_keys(name, each)


_INSTEAD: Final = "expected a Recipe('module:function') whose function sets it"
