"""Helpers of `responses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from ....core.terms.omit import is_omitted, omit
from ...binding.helpers import Helpers
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from ....core.accumulate.response_events import ResponsePolledEvent
    from ....core.api.params.responses import ResponseCreateParams
    from ....core.api.types.responses_events import ResponseStreamEvent
    from ....core.programs.resume import Resume
    from ....core.structured.output_format import OutputFormat
    from ....core.structured.parsed_responses import ParsedResponse
    from ....core.terms.omit import Omit
    from ...answers.resuming import ResumingStream
    from ...answers.streams import ResponseStream
    from ...realtime.connect import ReconnectingOptions
    from ...sending.context_managers import Manager
    from ...sending.modes import Sync
    from ..sockets.responses import ResponsesConnectionManager

F = TypeVar("F")


class ResponsesHelpers(Helpers[M]):
    """What `Responses` offers beyond its endpoints."""

    __slots__ = ()

    @overload
    def parse(
        self,
        *,
        text_format: type[F] | OutputFormat[F],
        parse_as: Omit = omit,
        verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> ParsedResponse[F]: ...
    @overload
    def parse(
        self,
        *,
        text_format: type[Any] | OutputFormat[Any] | Mapping[str, Any] | Omit = omit,
        parse_as: type[F] | OutputFormat[F],
        verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> ParsedResponse[F]: ...
    @overload
    def parse(
        self,
        *,
        text_format: type[Any] | OutputFormat[Any] | Mapping[str, Any] | Omit = omit,
        parse_as: Mapping[str, Any] | Omit | None = omit,
        verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
        stream: Literal[False] | Omit | None = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> ParsedResponse[Any]: ...
    def parse(
        self: Resource[Any],
        *,
        text_format: Any = omit,
        parse_as: Any = omit,
        verbosity: Any = omit,
        **params: Any,
    ) -> Any:
        """Create a response and read its text as a type: `POST /responses`.

        `text_format` is a msgspec Struct, a dataclass, a `TypedDict`, an attrs class, a pydantic
        model, a JSON schema with a `title`, or an `OutputFormat`; its schema is sent as
        `text.format`. The value is `output_parsed`, and arguments of calls of
        `response_function_tool(...)` are read too. `parse_as` is another type to read the text as,
        which is not sent, or `None` to leave it unread; `verbosity` is sent as `text.verbosity`.
        The other keywords are those of `create`. Messages that are commentary are not read.

        A refusal, a stop before the end or a text that does not fit raises nothing: `outcome` says
        what came, and `value` gives the value or raises `StructuredOutputError`. A type that cannot
        be a format is a `TypeError` before anything is sent.
        """
        from ....core.structured.parse_operations import responses_parse

        operation = responses_parse(
            text_format=text_format, parse_as=parse_as, verbosity=verbosity, **params
        )
        return self.sender.deliver(operation, self.view)

    @overload
    def stream(
        self: Resource[Sync],
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        text_format: type[F] | OutputFormat[F],
        resume: Resume | Omit = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> Manager[ResponseStream[F]]: ...
    @overload
    def stream(
        self: Resource[Sync],
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        text_format: Mapping[str, Any] | Omit = omit,
        resume: Resume | Omit = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> Manager[ResponseStream[Any]]: ...
    def stream(
        self: Resource[Any],
        *,
        response_id: Any = omit,
        starting_after: Any = omit,
        text_format: Any = omit,
        resume: Any = omit,
        **params: Any,
    ) -> Any:
        """Create a response as a stream that adds up, or read one from its beginning.

        `POST /responses`, or with `response_id` `GET /responses/{response_id}`. Returns a context
        manager that sends on entering and gives a `ResponseStream`: an iterator of the events of
        the API, some with `snapshot` or `parsed` besides, with `get_final_response()` and
        `current_response_snapshot`. Keywords are those of `create`, and `text_format` as in
        `parse`; with `response_id`, they are `tools` (how its calls are read, not sent), `include`,
        and `starting_after`: events up to this sequence number are read, because the response is
        made of them, and not handed out. With `resume` the stream of a background response is read
        on after a cut, as `follow` does it.

        Leaving the block gives up what has not been read. A stream cut short raises
        `StreamTruncatedError`; a response that fails, a refusal or a text that does not fit raises
        nothing (see `outcome` of the response). There is no raw view of it.
        """
        from ....core.structured.format_request import response_request, stored_response
        from ...answers.streams import open_response, open_stored_response
        from ...binding.program_method import plain

        sender = plain(self, "responses.stream")
        if not is_omitted(response_id):
            wanted = stored_response(text_format, params)
            return open_stored_response(sender, response_id, starting_after, wanted, resume)
        if not is_omitted(starting_after):
            raise TypeError("starting_after: only for a response that there is (response_id)")
        wanted = response_request(text_format, omit, omit, params, method="stream")
        return open_response(sender, wanted, resume)

    def follow(
        self: Resource[Sync],
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        resume: Resume | Omit = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> Manager[ResumingStream[ResponseStreamEvent | ResponsePolledEvent]]:
        """The events of a background response, read on after each cut from where they had come to.

        `POST /responses` with the keywords of `create`, `background=True` among them, or with
        `response_id` `GET /responses/{response_id}`: its events after `starting_after`, and then
        `include` and `include_obfuscation` are the other keywords. Returns a context manager that
        sends on entering and gives a `ResumingStream`. `resume` says how often and when the rest is
        asked for; each event is handed out once. A server that will not tell the rest is polled, and
        a `ResponsePolledEvent` stands for what it did not tell.

        `StreamTruncatedError` says that it could not be resumed, `StreamSequenceError` that events
        are missing. There is no raw view of it.
        """
        from ....core.api.operations import responses
        from ...answers.resuming import follow
        from ...binding.program_method import plain

        name = "responses.follow"
        made: Manager[ResumingStream[ResponseStreamEvent | ResponsePolledEvent]] = follow(
            plain(self, name), name, responses, response_id, starting_after, resume, params
        )
        return made

    def connect(
        self: Resource[Sync],
        **options: Unpack[ReconnectingOptions],
    ) -> ResponsesConnectionManager:
        """Create responses over one connection: a WebSocket at `/responses`.

        Returns a context manager that connects on entering.
        """
        from ...binding.program_method import plain
        from ...realtime.connect import connect
        from ..sockets.responses import AsyncResponsesConnectionManager, ResponsesConnectionManager

        name = "responses.connect"
        managers = (ResponsesConnectionManager, AsyncResponsesConnectionManager)
        return connect(plain(self, name), name, managers, options)
