"""The faces of a background response whose events are read on after a cut."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import structs

from ...core.answers.stream import AsyncStream, Stream
from ...core.programs.resume import Resume
from ...core.programs.resumed_events import (
    Endpoints,
    ResumedEvents,
    cancel_response,
    open_events,
)
from ...core.request.options import for_each_call
from ...core.structured.format_request import told_again
from ...core.terms.omit import Omit, is_omitted, omit
from ..sending.context_managers import AsyncManager, Manager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Unpack

    from ...core.api.types.responses import Response
    from ...core.request.operation import Operation
    from ...core.request.options import Options
    from ..sending.sender import Sender

__all__ = ["AsyncResumingStream", "ResumingStream", "follow", "resuming"]

T = TypeVar("T")


class _Resuming:
    """What both faces have."""

    __slots__ = ()

    _resumed: ResumedEvents[Any]

    @property
    def response_id(self) -> str | None:
        """The id of the response, once it is known."""
        return self._resumed.response_id

    @property
    def last_sequence_number(self) -> int | None:
        """The number of the last event that was handed out: where another program could go on."""
        return self._resumed.last_sequence_number


class ResumingStream(_Resuming, Stream[T], Generic[T]):
    """The events of a background response, each once, over as many connections as it takes.

    Errors are those of `Stream`; `StreamTruncatedError` says that it could not be resumed,
    `StreamSequenceError` that events are missing. `response` is that of the latest connection.
    """

    __slots__ = ("_resumed", "_sender")

    def __init__(self, source: ResumedEvents[T], sender: Sender) -> None:
        super().__init__(source, sender.run)
        self._resumed = source
        self._sender = sender

    def cancel_response(self, **options: Unpack[Options]) -> Response:
        """Cancel the stream, and the response at the server: `POST /responses/{id}/cancel`.

        Any thread may call it. `RuntimeError` before the first event has told the id.
        """
        response: Response = self._sender.run(
            cancel_response(self._sender, self._resumed, **options)
        )
        return response


class AsyncResumingStream(_Resuming, AsyncStream[T], Generic[T]):
    """`ResumingStream` for an async client."""

    __slots__ = ("_resumed", "_sender")

    def __init__(self, source: ResumedEvents[T], sender: Sender) -> None:
        super().__init__(source)
        self._resumed = source
        self._sender = sender

    async def cancel_response(self, **options: Unpack[Options]) -> Response:
        """Cancel the stream, and the response at the server; any task may call it."""
        response: Response = await cancel_response(self._sender, self._resumed, **options)
        return response


def resuming(
    sender: Sender,
    operation: Operation[Any, Any],
    params: Mapping[str, Any],
    resume: object,
    operations: ModuleType,
    *,
    response_id: str | None = None,
    starting_after: int | None = None,
) -> Callable[[], Any]:
    """Return what sends `operation`, whose parameters are `params`; async callers await that.

    `operations` is the module of its endpoints. Raises `TypeError` for what cannot be resumed.
    """
    if not isinstance(resume, Resume):
        raise TypeError(f"resume={resume!r}: expected a Resume")
    if response_id is None and params.get("background", omit) is not True:
        raise TypeError("background: expected True, for no other response can be resumed")
    each = for_each_call(params)
    endpoints = Endpoints(operations.retrieve, operations.cancel, each, **_streamed(params))

    async def opened() -> Any:
        source = await open_events(
            sender,
            operation,
            endpoints,
            resume,
            response_id=response_id,
            starting_after=starting_after,
        )
        return (AsyncResumingStream if sender.asynchronous else ResumingStream)(source, sender)

    return lambda: sender.run(opened())


def _streamed(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that say which events are told, and how, as `retrieve` has them."""
    found = {name: params[name] for name in ("include", "include_obfuscation") if name in params}
    options = params.get("stream_options", omit)
    if isinstance(options, dict) and "include_obfuscation" in options:
        found["include_obfuscation"] = options["include_obfuscation"]
    return found


def follow(
    sender: Sender,
    name: str,
    operations: ModuleType,
    response_id: str | Omit,
    starting_after: int | Omit,
    resume: object,
    params: Mapping[str, Any],
) -> Any:
    """The manager of the events of a response, new or old, that are read on after a cut."""
    params = told_again(params)
    if "stream" in params:
        raise TypeError("stream: follow() always streams; leave it out")
    after = None if is_omitted(starting_after) else index(starting_after)
    if is_omitted(response_id):
        if after is not None:
            raise TypeError("starting_after: only for a response that there is (response_id)")
        operation, known = operations.create_stream(stream=True, **params), None
    else:
        known = response_id
        from_there = {} if after is None else {"starting_after": after}
        operation = operations.retrieve_stream(known, stream=True, **from_there, **params)
    operation = structs.replace(operation, name=name)
    streams = resuming(
        sender,
        operation,
        params,
        Resume() if is_omitted(resume) else resume,
        operations,
        response_id=known,
        starting_after=after,
    )
    return (AsyncManager if sender.asynchronous else Manager)(streams)
