"""The text in the events of a stream, for a terminal that shows it while it comes."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ..core.json.values import fields_of, items

__all__ = ["TEXTS", "Text"]

Text = Callable[[dict[str, Any]], str]


def _delta(*kinds: str) -> Text:
    """Of events whose `delta` is text, if they are of these types."""

    def text(event: dict[str, Any]) -> str:
        return _string(event.get("delta")) if event.get("type") in kinds else ""

    return text


def _choices(event: dict[str, Any]) -> str:
    """Of chunks: the text of the first choice, which is in `delta`, or in itself."""
    found: list[str] = []
    for choice in map(fields_of, items(event.get("choices"))):
        if choice.get("index") in (None, 0):
            delta = fields_of(choice.get("delta"))
            found += [_string(delta.get("content")), _string(delta.get("refusal"))]
            found.append(_string(choice.get("text")))
    return "".join(found)


def _message(event: dict[str, Any]) -> str:
    """Of the events of a run: what is added to a message."""
    if event.get("event") != "thread.message.delta":
        return ""
    delta = fields_of(fields_of(event.get("data")).get("delta"))
    return "".join(_values(items(delta.get("content"))))


def _values(parts: list[Any]) -> Iterator[str]:
    for part in map(fields_of, parts):
        yield _string(fields_of(part.get("text")).get("value"))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


_OF_RESPONSES: Final = _delta("response.output_text.delta", "response.refusal.delta")
TEXTS: Final[dict[str, Text]] = {
    "AssistantStreamEvent": _message,
    "BetaResponseStreamEvent": _OF_RESPONSES,
    "ChatCompletionChunk": _choices,
    "Completion": _choices,
    "ResponseStreamEvent": _OF_RESPONSES,
    "TranscriptionStreamEvent": _delta("transcript.text.delta"),
}
"""By the type of the events; streams of others have no text."""
