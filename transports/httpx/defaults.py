"""Clients of httpx2, or else of httpx, that add nothing to what this library does by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

__all__ = ["DefaultAsyncHttpxClient", "DefaultHttpxClient"]


def DefaultHttpxClient(**settings: Any) -> httpx2.Client:
    """Make an `httpx2.Client`, or without httpx2 an `httpx.Client`, for `http_client=`.

    Settings are the client's. What is left out is as it is without one: no timeouts beside those
    of the calls, no bounds to the pool, and redirects are not followed.
    """
    client: httpx2.Client = _package().Client(**_defaults(settings))
    return client


def DefaultAsyncHttpxClient(**settings: Any) -> httpx2.AsyncClient:
    """Make one for async clients; as `DefaultHttpxClient`."""
    client: httpx2.AsyncClient = _package().AsyncClient(**_defaults(settings))
    return client


def _package() -> Any:
    try:
        import httpx2
    except ImportError:
        import httpx

        return httpx
    return httpx2


def _defaults(settings: dict[str, Any]) -> dict[str, Any]:
    unbounded = _package().Limits(max_connections=None, max_keepalive_connections=None)
    return {"timeout": None, "limits": unbounded, "follow_redirects": False, **settings}
