"""What type checkers make of tags, events, machines and errors. Checked, not run."""

from typing import assert_type

from api_openai import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    Attempt,
    Client,
    RateLimitError,
    RateLimits,
    ResponseDecodeError,
    StreamTruncatedError,
)
from api_openai.core.api.types.chat import ChatCompletionMessageFunctionToolCall
from api_openai.core.api.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
)
from api_openai.core.api.types.responses_events import (
    ResponseCompletedEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)
from api_openai.core.http.sse import ServerSentEvent, SSEDecoder
from api_openai.core.terms.errors import Phase, Sent
from api_openai.core.terms.sentinels import END, NEED_DATA


def items(item: ResponseOutputItem) -> None:
    if item.type == "message":
        assert_type(item, ResponseOutputMessage)
        for part in item.content:
            if part.type == "output_text":
                assert_type(part.text, str)
    elif item.type == "function_call":
        assert_type(item, ResponseFunctionToolCall)
        assert_type(item.arguments, str)
    elif isinstance(item, ResponseOutputMessage):
        raise AssertionError


def events(event: ResponseStreamEvent) -> None:
    if event.type == "response.output_text.delta":
        assert_type(event, ResponseTextDeltaEvent)
        assert_type(event.delta, str)
    if event.type == "response.completed":
        assert_type(event, ResponseCompletedEvent)
        assert_type(event.response, Response)
        assert_type(event.response.output_text, str)


def matching(event: ResponseStreamEvent) -> str:
    match event:
        case ResponseTextDeltaEvent(delta=delta):
            assert_type(delta, str)
            return delta
        case _:
            return ""


def tool_calls(client: Client) -> None:
    completion = client.chat.completions.create(model="m", messages=[])
    for call in completion.choices[0].message.tool_calls or ():
        if call.type == "function":
            assert_type(call, ChatCompletionMessageFunctionToolCall)
            assert_type(call.function.arguments, str)
    reason = completion.choices[0].finish_reason
    if reason == "stop":
        return
    if reason == "lenght":  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]
        pass


def mistakes(item: ResponseOutputItem, event: ResponseStreamEvent) -> None:
    item.arguments  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    event.delta  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    if event.type == "response.output_text.dleta":  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]
        pass


def machines(decoder: SSEDecoder) -> None:
    while (event := decoder.next_event()) is not NEED_DATA:
        if event is END:
            return
        assert_type(event, ServerSentEvent)


def errors(client: Client) -> None:
    try:
        client.models.list()
    except StreamTruncatedError as error:
        assert_type(error.received, int)
        assert_type(error.tail, bytes)
    except APITimeoutError as error:
        assert_type(error.phase, Phase)
        assert_type(error.seconds, float | None)
    except APIConnectionError as error:
        assert_type(error.sent, Sent)
        assert_type(error.attempts, tuple[Attempt, ...])
    except RateLimitError as error:
        assert_type(error.rate_limits, RateLimits | None)
    except ResponseDecodeError as error:
        assert_type(error.snippet, bytes)
    except APIResponseValidationError as error:
        assert_type(error.status_code, int)
    except APIStatusError as error:
        assert_type(error.status_code, int)
        assert_type(error.code, str | None)
        assert_type(error.body, object)
        assert_type(error.request_id, str | None)
        error.sent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
