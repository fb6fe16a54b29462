"""Makes of an answer what the caller gets: a decoded value, a stream, a page, bytes or text."""

from typing import TYPE_CHECKING, Any, Protocol, cast

from .api.type_names import codec_of
from .call.error_answers import unreadable
from .call.reply import Reply
from .call.settings import Settings
from .json.provenance import attach
from .request.answer_kinds import (
    Answer,
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    JsonAnswer,
    PageAnswer,
    TextAnswer,
)
from .request.operation import Operation
from .terms.json_text import CodecError

if TYPE_CHECKING:
    from .agents.turn_answer import TurnAnswer
    from .answers.pages import PageDocument
    from .answers.stream import EventSource


class Face(Protocol):
    """How one kind of caller, blocking or async, sees streams, pages and files."""

    def stream(self, source: "EventSource[Any]", /) -> Any:
        """Wrap a stream of events."""
        ...

    def turn(self, reply: Reply, answer: "TurnAnswer", /) -> Any:
        """Wrap the events of an agent's session, as a stream that follows its turn."""
        ...

    def page(self, document: "PageDocument[Any]", operation: Operation[Any, Any], /) -> Any:
        """Wrap a page that can fetch the next."""
        ...

    def save(self, path: str, data: bytes, /) -> None:
        """Write a file."""
        ...


def parse(reply: Reply, settings: Settings, face: Face, answer: Answer | None = None) -> Any:
    """Turn an answer into what its operation promises (or `answer`, if given, says).

    The body has been read, unless the answer is a stream of events. Raises `ResponseDecodeError`
    for a body that cannot be read as that, and with `strict` settings
    `APIResponseValidationError` for one that does not fit its type.
    """
    match answer or reply.operation.answer:
        case JsonAnswer(type=type_) as document:
            return document.read(_decode(reply, type_, settings))
        case EventsAnswer() as events:
            if events.followed:
                return face.turn(reply, cast("TurnAnswer", events))  # as `followed` says
            from .answers.stream import EventSource

            return face.stream(EventSource(reply, events, codec_of(events.type), settings))
        case PageAnswer(item=item):
            from .answers.pages import PageDocument

            page: Any = PageDocument  # subscribed with a type known at run time only
            document = _decode(reply, page[codec_of(item).type], settings)
            return face.page(document, reply.operation)
        case BytesAnswer():
            from .answers.binary import BinaryContent

            return BinaryContent(_content(reply), reply.head, face.save)
        case TextAnswer():
            return _content(reply).decode(_charset(reply), "replace")
        case EmptyAnswer():
            return None
        case other:
            raise TypeError(f"answer={other!r}: expected one of the kinds in request.answer_kinds")


def _content(reply: Reply) -> bytes:
    assert reply.content is not None
    return reply.content


def _decode(reply: Reply, type_: Any, settings: Settings) -> Any:
    content = _content(reply)
    try:
        value = codec_of(type_).decode(content, strict=settings.strict)
    except CodecError as error:
        content = settings.endpoint.redaction.data(content)
        failure = unreadable(error, reply.head, content, "The answer cannot be decoded")
        raise reply.on_error(failure) from error
    attach(value, reply.head)
    return value


def _charset(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "")
    _, found, charset = kind.partition("charset=")
    name = charset.partition(";")[0].strip("\"' ") if found else "utf-8"
    try:
        b" ".decode(name, "replace")
    except (LookupError, ValueError):
        return "utf-8"
    return name
