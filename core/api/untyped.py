"""Operations on paths that no method names: `client.post("/path", cast_to=..., body=...)`."""

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Protocol,
    TypedDict,
    TypeVar,
    cast,
    get_args,
    get_origin,
    overload,
)

import msgspec

from ..request.answer_kinds import (
    Answer,
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    JsonAnswer,
    TextAnswer,
)
from ..request.blueprint import Blueprint
from ..request.operation import Operation
from ..request.options import Options
from ..request.timeout import Timeout
from ..terms.omit import Omit, is_omitted, not_omitted
from ..terms.secret import Secret

if TYPE_CHECKING:
    from typing import Unpack

    from ..http.body import Body

T = TypeVar("T")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def request(
    method: str,
    path: str,
    *,
    cast_to: Any = Any,
    body: Any = None,
    files: Mapping[str, Any] | None = None,
    query: Mapping[str, object] | None = None,
    **options: "Unpack[Options]",
) -> Operation[Any, Any]:
    """Build an operation from its parts.

    `path` is below the base URL and begins with `/`; it is sent as given, so quote what is in it.
    `cast_to` is the type to decode into: a model, any type msgspec knows, or by default (and with
    `object`) plain dicts and lists. `BinaryContent` or `bytes` gives `BinaryContent`, `str` text, `None` drops the
    answer, `httpx.Response` is a value with status, header fields and bytes, `Stream[X]` (`AsyncStream[X]`) a stream of events decoded into `X`. `body` is sent as
    JSON, or as form fields beside `files`. Raises `ValueError` for a path that is none.
    """
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"path={path!r}: expected a path below the base URL, beginning with '/'")
    if "#" in path or " " in path or not (path.isascii() and path.isprintable()):
        raise ValueError(f"path={path!r}: expected percent-encoded ASCII without a fragment")
    blueprint = Blueprint(
        name="request",
        method=method.upper(),
        path=path,
        answer=answer_for(cast_to),
        safe=method.upper() in _SAFE,
    )
    params: dict[str, Any] = {**not_omitted(options)}
    if query:
        params["extra_query"] = {**query, **(params.get("extra_query") or {})}
    extra = params.pop("extra_body", None)
    if extra is not None:
        body = {**dict[str, Any](body or {}), **extra}
    return msgspec.structs.replace(
        blueprint(params), name=f"{method.upper()} {path}", body=_body(body, files)
    )


def answer_for(cast_to: Any) -> Answer:
    """Say how an answer is read that is to become a `cast_to`."""
    from ..answers.binary import BinaryContent
    from ..answers.stream import AsyncStream, Stream

    if get_origin(cast_to) in (Stream, AsyncStream):
        return EventsAnswer(get_args(cast_to)[0], may_just_end=True)
    if cast_to is None or cast_to is type(None):
        return EmptyAnswer()
    if cast_to in (bytes, BinaryContent):
        return BytesAnswer()
    if _is_response(cast_to):
        return BytesAnswer(with_head=True)
    return TextAnswer() if cast_to is str else JsonAnswer(Any if cast_to is object else cast_to)


def _is_response(cast_to: Any) -> bool:
    """Whether it is the response of an HTTP library, which the official SDK answers with."""
    library = str(getattr(cast_to, "__module__", "")).partition(".")[0]
    return library in ("httpx", "httpx2") and cast_to.__name__ == "Response"


def _body(body: Any, files: Mapping[str, Any] | None) -> "Body | None":
    if is_omitted(body):
        body = None
    if files is not None and not is_omitted(files):
        from ..http.multipart import MultipartBody

        if body is not None and not isinstance(body, Mapping):
            raise TypeError(f"body={body!r}: expected a mapping of form fields beside files")
        # A mapping, as was checked; of what, its form fields will say.
        return MultipartBody.of(cast("Mapping[str, object]", body or {}), files)
    if body is None:
        return None
    from ..http.body import Body, JsonBody

    return body if isinstance(body, Body) else JsonBody.of(body)


class Parts(Options, total=False):
    """Keywords of `request` besides `cast_to`."""

    body: object
    content: bytes | None
    files: Mapping[str, Any] | None
    query: Mapping[str, object] | None
    options: "RequestOptions | None"


class Verb(Protocol):
    """`request` with its method given."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> Operation[Any, Any]: ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> Operation[T, T]: ...
    @overload
    def __call__(
        self, path: str, *, cast_to: None, **parts: "Unpack[Parts]"
    ) -> Operation[None, None]: ...


class RequestOptions(TypedDict, total=False):
    """Options of one request under the names that the official SDK has for them."""

    headers: Mapping[str, str | Secret | Omit | None]
    params: Mapping[str, object]
    extra_json: Mapping[str, object]
    timeout: float | Timeout | None
    idempotency_key: str


_OPTIONS: Final = {
    "headers": "extra_headers",
    "params": "extra_query",
    "extra_json": "extra_body",
    "timeout": "timeout",
}


def _verb(method: str) -> Verb:
    def build(
        path: str,
        *,
        cast_to: Any = Any,
        body: Any = None,
        content: bytes | None = None,
        files: Mapping[str, Any] | None = None,
        query: Mapping[str, object] | None = None,
        options: RequestOptions | None = None,
        stream: bool = False,
        stream_cls: Any = None,
        **more: "Unpack[Options]",
    ) -> Operation[Any, Any]:
        if stream:
            cast_to = _stream_of(cast_to, stream_cls)
        elif stream_cls is not None:
            raise TypeError("stream_cls: only with stream=True")
        if content is not None:
            body = _content(content, body, files)
        given: dict[str, Any] = {**_renamed(options or {}), **more}
        return request(method, path, cast_to=cast_to, body=body, files=files, query=query, **given)

    build.__name__ = build.__qualname__ = method.lower()
    build.__doc__ = (
        f"Send a {method} request to any path; see `core.api.untyped.request`.\n\n"
        "`content` is a body of bytes. `options` are `headers`, `params`, `extra_json`, `timeout` and\n"
        "`idempotency_key`. With `stream=True` the answer is a stream: a `stream_cls`, as\n"
        "`Stream[X]`, or one of `cast_to`."
    )
    return cast("Verb", build)


def _stream_of(cast_to: Any, stream_cls: Any) -> Any:
    from ..answers.stream import AsyncStream, Stream

    if stream_cls is None or stream_cls in (Stream, AsyncStream):
        return cast_to if get_origin(cast_to) in (Stream, AsyncStream) else Stream[cast_to]
    if get_origin(stream_cls) not in (Stream, AsyncStream):
        raise TypeError(f"stream_cls={stream_cls!r}: expected Stream[X] or AsyncStream[X]")
    return stream_cls


def _content(content: bytes, body: object, files: object) -> "Body":
    from ..http.body import BytesBody

    if body is not None or files is not None:
        raise TypeError("content: it is the whole body, and stands beside neither body nor files")
    return BytesBody(bytes(content))


def _renamed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a request under the names of keywords; `TypeError` for one that is none."""
    if unknown := options.keys() - {*_OPTIONS, "idempotency_key"}:
        from ..terms.keywords import unknown_keyword

        words = unknown_keyword("options", min(unknown), {*_OPTIONS, "idempotency_key"})
        hint = "; client.with_options(max_retries=...) has it" if "max_retries" in unknown else ""
        raise TypeError(words + hint)
    found = {_OPTIONS[name]: value for name, value in options.items() if name in _OPTIONS}
    if (key := options.get("idempotency_key")) is not None:
        found["extra_headers"] = {**(found.get("extra_headers") or {}), "Idempotency-Key": key}
    return found


get = _verb("GET")
post = _verb("POST")
put = _verb("PUT")
patch = _verb("PATCH")
delete = _verb("DELETE")
