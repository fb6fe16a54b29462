"""Operations of `parse`: one request to the endpoint of `create`, and an answer that is read.

They are values like those of `core.api.operations`, sent by
`client.send(completions_parse(...))`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

import msgspec

from ..terms.omit import omit
from .format_request import chat_request, response_request
from .parsed_answers import ParsedAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from ..api.params.chat import CompletionParseParams
    from ..api.params.responses import ResponseCreateParams
    from ..request.operation import Operation
    from ..terms.omit import Omit
    from .output_format import OutputFormat
    from .parsed_chat import ParsedChatCompletion
    from .parsed_responses import ParsedResponse

__all__ = ["completions_parse", "responses_parse"]

T = TypeVar("T")


@overload
def completions_parse(
    *, response_format: type[T] | OutputFormat[T], **params: Unpack[CompletionParseParams]
) -> Operation[ParsedChatCompletion[T], ParsedChatCompletion[T]]: ...
@overload
def completions_parse(
    *, response_format: Mapping[str, Any] | Omit = omit, **params: Unpack[CompletionParseParams]
) -> Operation[ParsedChatCompletion[Any], ParsedChatCompletion[Any]]: ...
def completions_parse(*, response_format: Any = omit, **params: Any) -> Operation[Any, Any]:
    """`POST /chat/completions` answers `ParsedChatCompletion`.

    Keywords are those of `completions_create`; `response_format` is a type, an `OutputFormat`, a
    JSON schema with a `title`, or the parameter as the API takes it. Raises `TypeError` for a type
    that cannot be the format of an answer.
    """
    from ..api.operations.chat import completions_create

    wanted = chat_request(response_format, params)
    return msgspec.structs.replace(
        completions_create(**wanted.params),
        name="chat.completions.parse",
        answer=ParsedAnswer("chat:ChatCompletion", wanted.format, wanted.tools),
    )


@overload
def responses_parse(
    *,
    parse_as: type[T] | OutputFormat[T],
    text_format: type[Any] | OutputFormat[Any] | Mapping[str, Any] | Omit = omit,
    verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
    stream: Literal[False] | Omit | None = omit,
    **params: Unpack[ResponseCreateParams],
) -> Operation[ParsedResponse[T], ParsedResponse[T]]: ...
@overload
def responses_parse(
    *,
    text_format: type[T] | OutputFormat[T],
    parse_as: Omit = omit,
    verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
    stream: Literal[False] | Omit | None = omit,
    **params: Unpack[ResponseCreateParams],
) -> Operation[ParsedResponse[T], ParsedResponse[T]]: ...
@overload
def responses_parse(
    *,
    text_format: type[Any] | OutputFormat[Any] | Mapping[str, Any] | Omit = omit,
    parse_as: Mapping[str, Any] | Omit | None = omit,
    verbosity: Literal["low", "medium", "high"] | Omit | None = omit,
    stream: Literal[False] | Omit | None = omit,
    **params: Unpack[ResponseCreateParams],
) -> Operation[ParsedResponse[Any], ParsedResponse[Any]]: ...
def responses_parse(
    *, text_format: Any = omit, parse_as: Any = omit, verbosity: Any = omit, **params: Any
) -> Operation[Any, Any]:
    """`POST /responses` answers `ParsedResponse`.

    Keywords are those of `responses.create`. `text_format`, as `response_format` of
    `completions_parse`, is sent as `text.format`, and `verbosity` as `text.verbosity`; `parse_as`
    is another type to read the text as, or `None` to leave it unread.
    """
    from ..api.operations.responses import create

    wanted = response_request(text_format, parse_as, verbosity, params)
    return msgspec.structs.replace(
        create(**wanted.params),
        name="responses.parse",
        answer=ParsedAnswer("responses:Response", wanted.format, wanted.tools),
    )
