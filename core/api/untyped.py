"""Operations on paths that no method names: `client.post("/path", cast_to=..., body=...)`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, get_args, get_origin, overload

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
from ..terms.omit import is_omitted, not_omitted

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
    `cast_to` is the type to decode into: a model, any type msgspec knows, or by default plain
    dicts and lists. `BinaryContent` or `bytes` gives `BinaryContent`, `str` text, `None` drops the
    answer, `Stream[X]` (`AsyncStream[X]`) a stream of events decoded into `X`. `body` is sent as
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
    return TextAnswer() if cast_to is str else JsonAnswer(cast_to)


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
    files: Mapping[str, Any] | None
    query: Mapping[str, object] | None


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


def _verb(method: str) -> Verb:
    def build(path: str, **keywords: Any) -> Operation[Any, Any]:
        return request(method, path, **keywords)

    build.__name__ = build.__qualname__ = method.lower()
    build.__doc__ = f"Send a {method} request to any path; see `core.api.untyped.request`."
    return build


get = _verb("GET")
post = _verb("POST")
put = _verb("PUT")
patch = _verb("PATCH")
delete = _verb("DELETE")
