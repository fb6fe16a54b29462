"""Clients of Redis and Valkey: how one is made, which are of use, and which of their errors mean no answer."""

from collections.abc import Sequence
from importlib import import_module
from inspect import iscoroutine, iscoroutinefunction
from typing import Any, Protocol

__all__ = ["RedisClient", "RedisScript", "check", "connected", "is_lost", "text_of"]


class RedisScript(Protocol):
    """A script that a client has registered."""

    def __call__(self, keys: Sequence[str], args: Sequence[str]) -> Any: ...


class RedisClient(Protocol):
    """What is needed of a client of `redis` or `valkey`: the blocking one, for one server or a cluster."""

    def register_script(self, script: Any, /) -> Any: ...


def connected(url: str, timeout: float) -> Any:
    """Make a client that sends nothing again, by the package that the URL names."""
    name = "valkey" if url.startswith("valkey") else "redis"
    library: Any = import_module(name)
    retry: Any = import_module(f"{name}.retry")
    backoff: Any = import_module(f"{name}.backoff")
    connect = library.Valkey if name == "valkey" else library.Redis
    return connect.from_url(
        url,
        retry=retry.Retry(backoff.NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
    )


def check(client: Any) -> None:
    """Raise `TypeError` for what is no blocking client, and `ValueError` for one that sends again.

    It would send a command again whose answer was lost, and take as much again.
    """
    if not callable(getattr(client, "register_script", None)):
        kind = type(client).__name__
        raise TypeError(f"{_EXPECTED}, and it is of type {kind}")
    if iscoroutinefunction(getattr(client, "execute_command", None)):
        kind = f"{type(client).__module__}.{type(client).__qualname__}"
        raise TypeError(
            f"{_EXPECTED}, and it is a {kind}; an AsyncClient asks the blocking one in a worker thread"
        )
    retry: Any = client.get_retry() if hasattr(client, "get_retry") else None
    counts = (
        getattr(retry, "_retries", 0),
        getattr(getattr(client, "retry", None), "_retries", 0),  # of a cluster
        getattr(client, "cluster_error_retry_attempts", 0),
    )
    if count := next(filter(None, counts), 0):
        raise ValueError(
            f"RedisLimits client: it sends a command up to {count} times again when its answer is "
            "lost, and would take as much again; expected one made with "
            "retry=Retry(NoBackoff(), 0), or RedisLimits.from_url(...)"
        )


def text_of(answer: Any) -> str:
    """Return the text that the script has answered; `TypeError` where a client gives something else."""
    if isinstance(answer, bytes):
        return answer.decode()
    if isinstance(answer, str):
        return answer
    if iscoroutine(answer):
        answer.close()
    kind = type(answer).__name__
    raise TypeError(f"{_EXPECTED}, and the answer to a script is of type {kind}")


def is_lost(error: Exception) -> bool:
    """Whether an error is one of a client's, or of the network; those of clusters have no base."""
    roots = {each.__module__.partition(".")[0] for each in type(error).__mro__}
    return isinstance(error, OSError) or bool(roots & {"redis", "valkey"})


_EXPECTED = "RedisLimits client: expected a blocking client of redis or valkey"
