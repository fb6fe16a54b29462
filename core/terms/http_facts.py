"""What errors and answers say of a request and its response: values, named as HTTP libraries do.

They are also made of an HTTP library's own objects, of which nothing but values is kept.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from .http_message import Headers, header_name, header_value
from .in_memory import InMemory
from .secret import MASK

__all__ = ["RequestFacts", "ResponseFacts", "request_of", "response_of"]

_SHOWN: Final = frozenset(
    b"accept content-length content-type host idempotency-key user-agent x-request-id".split()
)
"""Header fields of a caller's request that are no credentials."""


class RequestFacts(msgspec.Struct, frozen=True):
    """A request as it was sent, without its body; credentials in it are masked."""

    method: str
    url: str
    headers: Headers = Headers()
    """Those that client and caller set."""

    def __repr__(self) -> str:
        return f"<RequestFacts {self.method} {self.url}>"


class ResponseFacts(InMemory, msgspec.Struct, frozen=True):
    """An answer, and the body as far as it is in memory."""

    status_code: int
    headers: Headers = Headers()
    content: bytes = b""
    """Content coding undone. Of an error: keys in it masked, nothing where the status is none."""
    request: RequestFacts | None = None

    @property
    def url(self) -> str | None:
        """Where it came from."""
        return None if self.request is None else self.request.url

    @property
    def reason_phrase(self) -> str:
        """The usual words for the status; empty for one that has none."""
        from http import HTTPStatus

        known = HTTPStatus.__members__.values()
        return next((each.phrase for each in known if each == self.status_code), "")

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code < 300

    @property
    def is_error(self) -> bool:
        """Whether the status is 4xx or 5xx."""
        return 400 <= self.status_code < 600

    def __repr__(self) -> str:
        return f"<ResponseFacts {self.status_code}, {len(self.content)} bytes>"


def request_of(request: object) -> RequestFacts | None:
    """Take the values of an HTTP library's request; `TypeError` for what is none."""
    if request is None or isinstance(request, RequestFacts):
        return request
    method, url = getattr(request, "method", None), getattr(request, "url", None)
    if method is None or url is None:
        raise TypeError(f"request={request!r}: expected a request, with method, url and headers")
    fields = [
        (name, value if name in _SHOWN else MASK.encode())
        for name, value in _fields(getattr(request, "headers", None))
    ]
    return RequestFacts(str(method), _without_password(str(url)), Headers(fields))


def response_of(response: object, status: int | None = None) -> ResponseFacts:
    """Take the values of an HTTP library's response; `TypeError` for what is none.

    `status` is the one of an error class, for a stand-in that has none.
    """
    if isinstance(response, ResponseFacts):
        return response
    code = getattr(response, "status_code", None)
    if code is None:
        raise TypeError(
            f"response={response!r}: expected a response, with status_code, headers and content"
        )
    code = code if isinstance(code, int) else status
    if code is None:
        raise TypeError(f"response.status_code={response!r}: expected a whole number")
    headers = getattr(response, "headers", None)
    content = _known(response, "content")
    request = _known(response, "request")
    return ResponseFacts(
        code,
        headers if isinstance(headers, Headers) else Headers(_fields(headers)),
        content if isinstance(content, bytes) else b"",
        request_of(request) if hasattr(request, "url") else None,
    )


def _known(response: object, name: str) -> object:
    """An attribute of a response; httpx raises about a body not read, and a request not known."""
    try:
        return getattr(response, name, None)
    except RuntimeError:
        return None


def _fields(headers: object) -> list[tuple[bytes, bytes]]:
    """Header fields of a mapping; nothing of a stand-in that is none."""
    if not isinstance(headers, Mapping):
        return []
    fields = cast("Mapping[object, object]", headers)
    multi: Any = getattr(fields, "multi_items", None)  # httpx has repeated fields apart there
    pairs = fields.items() if multi is None else multi()
    return [(header_name(str(name)), header_value(str(name), str(value))) for name, value in pairs]


def _without_password(url: str) -> str:
    """A URL without user, password and values in its query: they may be credentials."""
    rest, _, query = url.partition("?")
    scheme, found, place = rest.partition("://")
    authority, slash, path = place.partition("/")
    if found and "@" in authority:
        rest = f"{scheme}://{MASK}@{authority.rpartition('@')[2]}{slash}{path}"
    if not query:
        return rest
    names = (pair.partition("=")[0] for pair in query.split("&"))
    return f"{rest}?{'&'.join(f'{name}={MASK}' for name in names)}"
