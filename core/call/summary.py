"""What an answer says of itself: its id, model, finish reasons and usage, from any API.

It is read from what the server sent, apart from its type: of documents without decoding the rest,
of the events of a stream from the objects that there are anyway. What does not fit is left out.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from ..terms.nesting import decoder

__all__ = ["AnswerSummary", "Summing", "Usage", "read_summary"]


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens, as the server counted them; `None` where it does not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    """Of the input, read from a cache."""
    cache_write_tokens: int | None = None
    """Of the input, written to a cache."""
    reasoning_tokens: int | None = None
    """Of the output."""
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None


class AnswerSummary(msgspec.Struct, frozen=True, gc=False):
    """What an answer says of itself."""

    id: str | None = None
    model: str | None = None
    finish_reasons: tuple[str, ...] = ()
    """One for each choice; of a response why it is incomplete, or its status."""
    usage: Usage | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    conversation: str | None = None
    """The conversation that a response belongs to."""
    failed: bool = False
    """Whether it is the document of an error, or a response that failed."""


class _Document(msgspec.Struct):
    """The fields that a summary needs: msgspec passes over all others."""

    id: Any = None
    object: Any = None
    model: Any = None
    choices: Any = None
    status: Any = None
    incomplete_details: Any = None
    usage: Any = None
    service_tier: Any = None
    system_fingerprint: Any = None
    conversation: Any = None
    error: Any = None


_decode: Final = decoder(_Document)


def read_summary(content: bytes) -> AnswerSummary | None:
    """Summarize a document; `None` for what is no JSON object."""
    try:
        document = _decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    summing = Summing()
    summing.add_document(document)
    return summing.summary()


class Summing:
    """Adds up what the events of a stream say."""

    __slots__ = ("_document", "_failed", "_reasons", "_usage")

    def __init__(self) -> None:
        self._document: Any = None
        self._usage: Any = None
        self._reasons: dict[int, str] = {}
        self._failed = False

    def add(self, event: object) -> None:
        """Take one event, decoded into whatever type."""
        inner = _get(event, "response")
        if inner is not None:
            self.add_document(inner)
        elif _get(event, "choices") is not None:
            self.add_document(event)
        elif (usage := _get(event, "usage")) is not None:
            self._usage = usage

    def add_document(self, document: object) -> None:
        """Take a whole answer, or a part that has its fields."""
        self._document = document
        if (usage := _get(document, "usage")) is not None:
            self._usage = usage
        choices = _get(document, "choices")
        if isinstance(choices, list):
            for place, choice in enumerate(cast("list[object]", choices)):
                reason = _text(_get(choice, "finish_reason"))
                if reason:
                    index = _get(choice, "index")
                    self._reasons[index if isinstance(index, int) else place] = reason

    def summary(self) -> AnswerSummary:
        """What there is so far."""
        document = self._document
        status = _text(_get(document, "status"))
        reasons = tuple(reason for _, reason in sorted(self._reasons.items()))
        if not reasons and _get(document, "object") == "response" and status not in _UNDER_WAY:
            details = _get(document, "incomplete_details")
            reasons = tuple(filter(None, (_text(_get(details, "reason")) or status,)))
        conversation = _get(document, "conversation")
        error = _get(document, "error")
        return AnswerSummary(
            _text(_get(document, "id")),
            _text(_get(document, "model")),
            reasons,
            _usage_of(self._usage),
            _text(_get(document, "service_tier")),
            _text(_get(document, "system_fingerprint")),
            _text(conversation) or _text(_get(conversation, "id")),
            status == "failed" or (error is not None and _get(document, "id") is None),
        )


_UNDER_WAY: Final = (None, "queued", "in_progress")


def _usage_of(usage: object) -> Usage | None:
    if usage is None:
        return None
    into = _first(usage, "input_tokens_details", "prompt_tokens_details")
    out = _first(usage, "output_tokens_details", "completion_tokens_details")
    found = Usage(
        _count(_first(usage, "input_tokens", "prompt_tokens")),
        _count(_first(usage, "output_tokens", "completion_tokens")),
        _count(_get(into, "cached_tokens")),
        _count(_get(into, "cache_write_tokens")),
        _count(_get(out, "reasoning_tokens")),
        _count(_get(into, "audio_tokens")),
        _count(_get(out, "audio_tokens")),
        _count(_get(into, "image_tokens")),
        _count(_get(out, "image_tokens")),
    )
    return None if found == _NOTHING else found


_NOTHING: Final = Usage()


def _first(value: object, *names: str) -> object:
    return next((each for name in names if (each := _get(value, name)) is not None), None)


def _get(value: object, name: str) -> Any:
    """A field of a JSON object, or of the model that was made of one."""
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name)
    return getattr(value, name, None) if isinstance(value, msgspec.Struct) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value >= 0 else None
