"""Accumulator of a chat completion's chunks.

`ChatAccumulator` takes the chunks of one stream, answers each with the events that it means, and
knows the completion as it stands. The API says of no text and of no call when it is done:

    texts of a choice:   delta* -> done      at its first tool call, or its finish reason
    a tool call:         delta* -> done      at the next call, if its arguments are complete, or
                                             at the finish reason of its choice

What a server never finished is done at the proper end of the stream (`finish`).
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from ..api.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionChunkChoice,
    ChoiceDelta,
)
from ..json.encode import builtins
from ..json.encode import text as json_text
from ..json.model import Model
from ..json.unknown import Unknown
from ..json.values import fields_of, is_list, is_object, items
from ..structured.function_tools import ToolFormats, format_of
from ..structured.output_format import OutputFormat
from ..structured.parsed_answers import parsed_completion
from ..structured.parsed_chat import ParsedChatCompletion
from ..structured.parsed_roots import Reading, read, text_of
from ..terms.errors import StreamTruncatedError
from . import chat_events as events
from .calls import Calls, grow_function
from .chat_events import ChatCompletionStreamEvent
from .growing import Entries, Grown, Pieces, grow, made, put, whole

__all__ = ["ChatAccumulator"]

T = TypeVar("T")

_HEAD: Final = (
    "id",
    "created",
    "model",
    "service_tier",
    "system_fingerprint",
    "usage",
    "moderation",
)
"""Fields that a completion has of its chunks: what the last one said that said something."""

_head_of: Final = attrgetter(*_HEAD)

_beside_text: Final = attrgetter("function_call", "tool_calls", "role", "refusal", "audio")
_NOTHING: Final = (None,) * 5

_SAID: Final = ("content", "refusal", "tool_calls", "function_call")
"""Fields of a message that say something."""

_CUT_SHORT: Final = ("length", "content_filter")


class ChatAccumulator(Generic[T]):
    """The completion of one stream of `ChatCompletionChunk`, on its way.

    Texts are read as `format`, and arguments of calls as `tools` say (of
    `core.structured.function_tools.tool_formats`); without them nothing is read. Work and memory are
    proportional to what the server sent.
    """

    __slots__ = ("_choices", "_format", "_head", "_said", "_snapshot", "_tools")

    def __init__(
        self, format: OutputFormat[T] | None = None, tools: ToolFormats | None = None
    ) -> None:
        self._format = format
        self._tools = tools or {}
        self._head: dict[str, Any] = {}
        self._said: object = None  # of that, by the last chunk
        self._choices: dict[int, _Choice[T]] = {}
        self._snapshot: ChatCompletion | None = None

    def receive(self, chunk: ChatCompletionChunk) -> list[ChatCompletionStreamEvent[T]]:
        """Take the next chunk; return it as an event, and what it means after it."""
        if not isinstance(chunk, Model):  # pyright: ignore[reportUnnecessaryIsInstance]  # `null`
            return []
        self._snapshot = None
        said = _head_of(chunk) if type(chunk) is ChatCompletionChunk else None
        if said is None or said != self._said:
            self._said = said
            self._take_head(chunk)
        found: list[ChatCompletionStreamEvent[T]] = [
            events.ChunkEvent(chunk=chunk, make=self.completion_so_far)
        ]
        for each in items(getattr(chunk, "choices", None)):
            index: object = getattr(each, "index", None)
            at = index if isinstance(index, int) else 0
            choice = self._choices.get(at)
            if choice is None:
                choice = self._choices[at] = _Choice(at, self._format, self._tools)
            found += choice.receive(each)
        return found

    def _take_head(self, chunk: ChatCompletionChunk) -> None:
        head = self._head
        for name in _HEAD:
            value: object = getattr(chunk, name, None)
            if value or name not in head:
                head[name] = value
        head.update(chunk.model_extra)

    def finish(self) -> list[ChatCompletionStreamEvent[T]]:
        """Say that the stream has ended properly; return what is done by that."""
        return [event for choice in self._choices.values() for event in choice.done()]

    def completion_so_far(self) -> ChatCompletion:
        """The completion as it stands; `finish_reason` of a choice that goes on is `None`."""
        snapshot = self._snapshot
        if snapshot is None:
            choices = [self._choices[at].tree() for at in sorted(self._choices)]
            tree = {**self._head, "object": "chat.completion", "choices": choices}
            snapshot = self._snapshot = made("chat:ChatCompletion", tree)
        return snapshot

    def completion(self) -> ParsedChatCompletion[T]:
        """The completion, its texts and arguments read; to be asked at the end of the stream.

        Raises `StreamTruncatedError` where not one chunk came.
        """
        if not self._head:
            raise StreamTruncatedError("The stream ended without a chunk of its completion")
        return parsed_completion(self.completion_so_far(), self._format, self._tools)


class _Choice(Generic[T]):
    """One choice: its message on its way, and what of it is done."""

    __slots__ = (
        "_call",
        "_done",
        "_format",
        "_index",
        "_logprobs",
        "_message",
        "_other",
        "_rest",
        "_tools",
    )

    def __init__(self, index: int, format: OutputFormat[T] | None, tools: ToolFormats) -> None:
        self._index = index
        self._format = format
        self._tools = tools
        self._message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        self._logprobs: dict[str, list[Any]] = {}
        self._rest: dict[str, Any] = {"finish_reason": None}
        self._other: dict[str, Any] = {}
        """A message beside the deltas, which some servers let grow as well, or send alone."""
        self._done: set[str] = set()
        self._call: int | None = None

    def tree(self) -> dict[str, Any]:
        """The choice as a draft."""
        logprobs = {"content": None, "refusal": None, **self._logprobs} if self._logprobs else None
        message = self._message
        if self._other and not any(message.get(key) for key in _SAID):
            message = {**message, **self._other}
        return {**self._rest, "index": self._index, "message": message, "logprobs": logprobs}

    def receive(self, choice: Any) -> Iterable[ChatCompletionStreamEvent[T]]:
        """Take what a chunk has of this choice."""
        text = _only_text(choice)
        if text is None:
            return self._receive(choice)
        put(self._message, "content", text)
        return (self._text(text),)

    def _receive(self, choice: Any) -> Iterator[ChatCompletionStreamEvent[T]]:
        if isinstance(choice, Unknown) or not isinstance(choice, Model):
            return
        if extra := choice.model_extra:  # such as what Azure's content filter found
            fields: dict[str, Any] = builtins(extra)
            self._other = fields_of(fields.pop("message", None)) or self._other
            grow(self._rest, fields)
        delta: object = getattr(choice, "delta", None)
        if isinstance(delta, Model):
            fields = builtins(delta)
            calls = items(fields.pop("tool_calls", None))
            if function := fields_of(fields.pop("function_call", None)):
                grow_function(self._message.setdefault("function_call", {}), function)
            grow(self._message, fields)
            yield from self._texts(fields)
            for position, call in enumerate(calls):
                if is_object(call):
                    yield from self._receive_call(call, position if len(calls) > 1 else None)
        yield from self._more_logprobs(getattr(choice, "logprobs", None))
        reason: object = getattr(choice, "finish_reason", None)
        if reason:
            self._rest["finish_reason"] = reason
            yield from self.done()

    def _texts(self, fields: dict[str, Any]) -> Iterator[ChatCompletionStreamEvent[T]]:
        content, refusal = fields.get("content"), fields.get("refusal")
        if isinstance(content, str):
            yield self._text(content)
        if isinstance(refusal, str):
            yield events.RefusalDeltaEvent(
                choice=self._index, delta=refusal, grown=_grown(self._message, "refusal")
            )

    def _text(self, content: str) -> ChatCompletionStreamEvent[T]:
        return events.ContentDeltaEvent(
            choice=self._index,
            delta=content,
            grown=_grown(self._message, "content"),
            reads=self._format is not None,
        )

    def _receive_call(
        self, delta: dict[str, Any], position: int | None
    ) -> Iterator[ChatCompletionStreamEvent[T]]:
        calls = self._message.get("tool_calls")
        if not isinstance(calls, Calls):
            calls = self._message["tool_calls"] = Calls()
        at = calls.receive(delta, position)
        if at != self._call:
            yield from self._texts_done()
            if self._call is not None and calls.complete(self._call):
                yield from self._call_done(calls, self._call)
            self._call = at
        piece = fields_of(delta.get("function"))
        if piece:
            function: dict[str, Any] = calls.trees[at]["function"]
            added: object = piece.get("arguments")
            yield events.FunctionToolCallArgumentsDeltaEvent(
                choice=self._index,
                name=function["name"],
                index=calls.index(at),
                arguments_delta=added if isinstance(added, str) else "",
                grown=_grown(function, "arguments"),
                reads=format_of(self._tools, function["name"]) is not None,
            )

    def _more_logprobs(self, logprobs: Any) -> Iterator[ChatCompletionStreamEvent[T]]:
        for name, event in (
            ("content", events.LogprobsContentDeltaEvent),
            ("refusal", events.LogprobsRefusalDeltaEvent),
        ):
            more = items(getattr(logprobs, name, None))
            if more:
                tokens = self._logprobs.setdefault(name, [])
                tokens += more
                text: dict[str, Any] = {name: more}
                yield event(choice=self._index, tokens=tokens, count=len(tokens), **text)

    def done(self) -> Iterator[ChatCompletionStreamEvent[T]]:
        """Say that nothing more comes; return what is done by that."""
        yield from self._texts_done()
        calls = self._message.get("tool_calls")
        if isinstance(calls, Calls):
            for at in range(len(calls.trees)):
                yield from self._call_done(calls, at)

    def _texts_done(self) -> Iterator[ChatCompletionStreamEvent[T]]:
        content, refusal = self._message["content"], self._message["refusal"]
        text = "" if content is None else _said(content)
        if text and self._first("content"):
            cut = self._rest["finish_reason"] in _CUT_SHORT or refusal
            found = Reading() if cut else read(text, self._format)
            value: T | None = found.value
            yield events.ContentDoneEvent(
                choice=self._index, content=text, parsed=value, misfit=found.misfit
            )
        if refusal is not None and self._first("refusal"):
            yield events.RefusalDoneEvent(choice=self._index, refusal=_text(refusal))
        if "content" in self._logprobs and self._first("logprobs.content"):
            tokens = self._logprobs["content"]
            yield events.LogprobsContentDoneEvent(choice=self._index, content=tokens)
        if "refusal" in self._logprobs and self._first("logprobs.refusal"):
            tokens = self._logprobs["refusal"]
            yield events.LogprobsRefusalDoneEvent(choice=self._index, refusal=tokens)

    def _call_done(self, calls: Calls, at: int) -> Iterator[ChatCompletionStreamEvent[T]]:
        function: object = calls.trees[at].get("function")
        if is_object(function) and self._first(f"call {at}"):
            arguments = _text(function["arguments"])
            found = read(arguments, format_of(self._tools, function["name"]))
            yield events.FunctionToolCallArgumentsDoneEvent(
                choice=self._index,
                name=function["name"],
                index=calls.index(at),
                arguments=arguments,
                parsed_arguments=found.value,
                misfit=found.misfit,
            )

    def _first(self, what: str) -> bool:
        """Whether it has not been said of this before that it is done."""
        if what in self._done:
            return False
        self._done.add(what)
        return True


def _only_text(choice: Any) -> str | None:
    """The text of a choice that has nothing else, as of nearly every chunk."""
    if type(choice) is not ChatCompletionChunkChoice:
        return None
    delta: object = choice.delta
    if choice.logprobs or choice.finish_reason or type(delta) is not ChoiceDelta:
        return None
    content: object = delta.content  # of any type, where a server sends what it should not
    return content if isinstance(content, str) and _beside_text(delta) == _NOTHING else None


def _grown(tree: dict[str, Any], key: str) -> Grown:
    text = tree[key]
    return Grown.of(text if isinstance(text, Pieces) else [_said(text)])


def _said(content: object) -> str:
    """The text of a content, which may be a list of parts of which some are texts."""
    if is_list(content) or isinstance(content, Entries):
        return text_of(whole(content)) or ""
    return _text(content)


def _text(value: object) -> str:
    """A text of a draft; of what a server sent instead of a text, the JSON."""
    return str(value) if isinstance(value, str | Pieces) else json_text(whole(value))
