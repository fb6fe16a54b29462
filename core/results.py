"""Makes of an answer what the caller gets: a decoded value, a stream, a page, bytes or text."""

from typing import TYPE_CHECKING, Any, Protocol, cast

from .api.type_names import codec_of
from .call.reply import Reply
from .call.settings import Settings
from .json.provenance import attach
from .json.values import fields_of
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
from .terms.json_text import REFUSALS, CodecError, decode_json

if TYPE_CHECKING:
    from .agents.turn_answer import TurnAnswer
    from .answers.pages import PageDocument
    from .answers.source import EventSource
    from .json.codec import Codec


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
    for a body that cannot be read as that, `APIError` for one that is an error document in spite of
    its status, and with `strict` settings `APIResponseValidationError` for one that does not fit
    its type.
    """
    match answer or reply.operation.answer:
        case JsonAnswer(type=type_) as json:
            return json.read(_decode(reply, type_, settings))
        case EventsAnswer() as events:
            if events.followed:
                return face.turn(reply, cast("TurnAnswer", events))  # as `followed` says
            from .answers.source import EventSource

            whole = None if events.document is None else codec_of(events.document)
            codec = codec_of(events.type)
            return face.stream(EventSource(reply, events, codec, settings, whole))
        case PageAnswer(item=item):
            from .answers.pages import PageDocument

            page: Any = PageDocument  # subscribed with a type known at run time only
            document = _decode(reply, page[codec_of(item).type], settings)
            return face.page(document, reply.operation)
        case BytesAnswer(with_head=with_head):
            from .answers.binary import BinaryContent

            if reply.operation.method != "GET":  # a stored file may be any document
                _refuse_error(reply)
            found = BinaryContent(_content(reply), reply.head, face.save)
            return found.response if with_head else found
        case TextAnswer():
            _refuse_error(reply)
            return _content(reply).decode(_charset(reply), "replace")
        case EmptyAnswer():
            _refuse_error(reply)
            return None
        case other:
            raise TypeError(f"answer={other!r}: expected one of the kinds in request.answer_kinds")


def _content(reply: Reply) -> bytes:
    assert reply.content is not None
    return reply.content


def _decode(reply: Reply, type_: Any, settings: Settings) -> Any:
    content, codec = _content(reply), codec_of(type_)
    try:
        value = codec.quick(content)
    except (*REFUSALS, CodecError):
        pass  # and out: an error below is not to keep this one, which may hold the document
    else:
        attach(value, reply.head)
        return value
    try:
        value = _made(codec, content, reply, settings)
    except CodecError as error:
        from .call.error_answers import unreadable

        content = reply.redaction.data(content)
        failure = unreadable(error, reply.head, content, "The answer cannot be decoded")
        raise reply.on_error(failure) from error
    attach(value, reply.head)
    return value


def _made(codec: "Codec[Any]", content: bytes, reply: Reply, settings: Settings) -> Any:
    """Make the best of a document that does not fit."""
    if reply.status_code == 204 and not content.strip():
        return codec.decode_value({})
    document = decode_json(content)
    _check(document, codec.type, reply)
    if not codec.lenient:
        return codec.decode(content, strict=settings.strict)
    if document is None:
        raise CodecError("expected a document, got null")
    return codec.salvage(document, content, strict=settings.strict)


def _check(document: Any, kind: Any, reply: Reply) -> None:
    """Raise if a document under a 200 is an error, rather than an object that tells of one."""
    from .call.error_answers import reported_error, reports_error

    fields = fields_of(document)
    if not reports_error(fields) or ("id" in fields and hasattr(kind, "error")):
        return
    redacted = decode_json(reply.redaction.data(_content(reply)))
    raise reply.on_error(reported_error(redacted))


def _refuse_error(reply: Reply) -> None:
    """Raise if what came in place of bytes, text or nothing is the JSON of an error."""
    content = _content(reply)
    if b"json" in (reply.head.headers.raw_value(b"content-type") or b""):
        try:
            document = decode_json(content)
        except CodecError:
            return
        _check(document, None, reply)


def _charset(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "")
    _, found, charset = kind.partition("charset=")
    name = charset.partition(";")[0].strip("\"' ") if found else "utf-8"
    try:
        b" ".decode(name, "replace")
    except (LookupError, ValueError):
        return "utf-8"
    return name
