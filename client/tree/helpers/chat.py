"""Helpers of `chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ....core.terms.omit import omit
from ...binding.helpers import Helpers
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from ....core.api.params.chat import CompletionParseParams
    from ....core.structured.output_format import OutputFormat
    from ....core.structured.parsed_chat import ParsedChatCompletion
    from ....core.terms.omit import Omit
    from ...answers.streams import ChatCompletionStream
    from ...sending.context_managers import Manager
    from ...sending.modes import Sync

F = TypeVar("F")


class CompletionsHelpers(Helpers[M]):
    """What `Completions` offers beyond its endpoints."""

    __slots__ = ()

    @overload
    def parse(
        self,
        *,
        response_format: type[F] | OutputFormat[F],
        **params: Unpack[CompletionParseParams],
    ) -> ParsedChatCompletion[F]: ...
    @overload
    def parse(
        self,
        *,
        response_format: Mapping[str, Any] | Omit = omit,
        **params: Unpack[CompletionParseParams],
    ) -> ParsedChatCompletion[Any]: ...
    def parse(self: Resource[Any], *, response_format: Any = omit, **params: Any) -> Any:
        """Create a completion and read its messages as a type: `POST /chat/completions`.

        `response_format` is a msgspec Struct, a dataclass, a `TypedDict`, an attrs class, a pydantic
        model, a JSON schema with a `title`, or an `OutputFormat`; its schema is sent. Each message
        has the value as `parsed`, and arguments of calls of `function_tool(...)` are read too. The
        other keywords are those of `create`.

        A refusal, a stop before the end or a text that does not fit raises nothing: `outcome` of
        the completion and of each choice says what came, and `value` gives the value or raises
        `StructuredOutputError`. A type that cannot be a format is a `TypeError` before anything is
        sent.
        """
        from ....core.structured.parse_operations import completions_parse

        operation = completions_parse(response_format=response_format, **params)
        return self.sender.deliver(operation, self.view)

    @overload
    def stream(
        self: Resource[Sync],
        *,
        response_format: type[F] | OutputFormat[F],
        **params: Unpack[CompletionParseParams],
    ) -> Manager[ChatCompletionStream[F]]: ...
    @overload
    def stream(
        self: Resource[Sync],
        *,
        response_format: Mapping[str, Any] | Omit = omit,
        **params: Unpack[CompletionParseParams],
    ) -> Manager[ChatCompletionStream[Any]]: ...
    def stream(self: Resource[Any], *, response_format: Any = omit, **params: Any) -> Any:
        """Create a completion as a stream that adds up: `POST /chat/completions`.

        Returns a context manager that sends on entering and gives a `ChatCompletionStream`: an
        iterator of events (`chunk`, `content.delta`, `content.done`, `refusal.delta`,
        `tool_calls.function.arguments.delta`, ...), with `get_final_completion()` and
        `current_completion_snapshot`. Keywords are those of `parse`.

        Leaving the block gives up what has not been read. A stream cut short raises
        `StreamTruncatedError`; a refusal, a stop before the end or a text that does not fit raises
        nothing (see `outcome` of the completion). There is no raw view of it.
        """
        from ....core.structured.format_request import chat_request
        from ...answers.streams import open_chat
        from ...binding.program_method import plain

        sender = plain(self, "chat.completions.stream")
        return open_chat(sender, chat_request(response_format, params, method="stream"))
