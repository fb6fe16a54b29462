"""`vertex`: the endpoint of Google's Vertex AI, with a token of the caller's or of google-auth."""

import os
import re
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from ...core.request.auth import Auth, AuthContext, BearerAuth, Fields, UnsignedRequest
from ...core.request.endpoint import Endpoint
from ...core.request.url import shown_url
from ...core.terms.errors import OpenAIError

__all__ = ["GoogleAuth", "vertex"]

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
SECONDS: Final = 10.0
"""How long google-auth may wait for a server of tokens, each time."""

_PROJECT: Final = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9_.:-]*").fullmatch
_LOCATION: Final = re.compile(r"[a-z0-9-]+").fullmatch


def vertex(
    *,
    project: str | None = None,
    location: str | None = None,
    base_url: str | None = None,
    token_provider: Callable[[], Any] | None = None,
    credentials: object = None,
) -> Endpoint:
    """Return the endpoint of Vertex AI, for `Client(provider=...)` or a policy.

    `project` and `location` come from `GOOGLE_CLOUD_PROJECT` and `GOOGLE_CLOUD_LOCATION` where they
    are left out; `base_url` takes their place. `token_provider` is asked for each attempt. Without
    it google-auth signs (`pip install api-openai[vertex]`), with its `credentials` or those that it
    finds. `OpenAIError` says what is missing or too much.
    """
    if token_provider is not None and credentials is not None:
        raise OpenAIError("token_provider and credentials: expected one of them")
    url = _url(project, location) if base_url is None else str(base_url)
    host = url.partition("://")[2].partition("/")[0].partition(":")[0].rstrip(".")
    if not url.startswith("https://") and f".{host}".endswith(".googleapis.com"):
        raise OpenAIError(
            f"base_url={shown_url(url)!r}: expected https, for it is one of Google's own"
        )
    auth: Auth = GoogleAuth(credentials) if token_provider is None else BearerAuth(token_provider)
    return Endpoint(url, auth=auth)


def _url(project: str | None, location: str | None) -> str:
    project = project or os.environ.get("GOOGLE_CLOUD_PROJECT")
    location = location or os.environ.get("GOOGLE_CLOUD_LOCATION")
    if not project or _PROJECT(project) is None:
        raise OpenAIError(
            f"project={project!r}: expected the id of a project, or GOOGLE_CLOUD_PROJECT"
        )
    if not location or _LOCATION(location) is None:
        raise OpenAIError(
            f"location={location!r}: expected one as 'us-central1', or GOOGLE_CLOUD_LOCATION"
        )
    host = "" if location == "global" else f"{location}-"
    return (
        f"https://{host}aiplatform.googleapis.com/v1/projects/{project}/locations/{location}"
        f"/publishers/openai/v1"
    )


class GoogleAuth:
    """Signs with credentials of google-auth: given, or found as Google's own libraries find them.

    They are asked in a worker thread, one at a time; google-auth keeps a token until it ends. A
    pickle holds none that were given.
    """

    field = "authorization"

    def __init__(self, credentials: object = None) -> None:
        self._given = credentials
        self._lock = threading.Lock()
        self._found: Any = None

    async def sign(self, request: UnsignedRequest, context: AuthContext, /) -> Fields:
        """Return the header fields of google-auth."""
        return await context.in_worker(partial(self._fields, request.method, request.url))

    def _fields(self, method: str, url: str) -> Fields:
        try:
            library: Any = import_module("google.auth")
            import_module("google.auth.credentials")
            transport: Any = import_module("google.auth.transport.requests")
            requests: Any = import_module("requests")
        except ImportError:
            raise OpenAIError(
                "credentials of Google are read by google-auth, which is not installed: "
                "pip install api-openai[vertex], or give a token_provider"
            ) from None
        headers: dict[str, str] = {}
        with self._lock, requests.Session() as session:
            send = partial(transport.Request(session), timeout=SECONDS)
            try:
                if self._found is None and self._given is None:
                    self._found, _ = library.default(scopes=SCOPES, request=send)
                elif self._found is None:
                    scoped = library.credentials.with_scopes_if_required
                    self._found = scoped(self._given, scopes=SCOPES)
                self._found.before_request(send, method, url, headers)
            except Exception as error:
                # Its text may be an answer, or a part of a key.
                failure = type(error).__name__
            else:
                return headers
        raise OpenAIError(
            f"Google gave no token ({failure}): see its credentials and their project"
        )

    def __reduce__(self) -> tuple[type["GoogleAuth"], tuple[()]]:
        if self._given is not None:
            raise TypeError("GoogleAuth: credentials that were given do not go into a pickle")
        return GoogleAuth, ()

    def __repr__(self) -> str:
        return "<GoogleAuth>"
