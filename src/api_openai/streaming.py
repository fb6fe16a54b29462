"""The streams of `.stream()`, their events, and the accumulators that they are made with.

from api_openai.streaming import ChatAccumulator, ContentDeltaEvent
"""

from .client.answers.resuming import AsyncResumingStream, ResumingStream
from .client.answers.smoothing import smooth
from .client.answers.streams import (
    AsyncChatCompletionStream,
    AsyncResponseStream,
    ChatCompletionStream,
    ResponseStream,
)
from .core.accumulate.chat import ChatAccumulator
from .core.accumulate.chat_events import (
    ChatCompletionStreamEvent,
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
)
from .core.accumulate.response_events import (
    ResponseCompletedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponsePolledEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from .core.accumulate.responses import ResponseAccumulator

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncResponseStream",
    "AsyncResumingStream",
    "ChatAccumulator",
    "ChatCompletionStream",
    "ChatCompletionStreamEvent",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
    "ResponseAccumulator",
    "ResponseCompletedEvent",
    "ResponseFunctionCallArgumentsDeltaEvent",
    "ResponsePolledEvent",
    "ResponseStream",
    "ResponseStreamEvent",
    "ResponseTextDeltaEvent",
    "ResponseTextDoneEvent",
    "ResumingStream",
    "smooth",
]
