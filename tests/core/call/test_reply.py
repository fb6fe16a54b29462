"""Answers: read whole, in parts, up to a limit, or given up; and what is made of them."""

import gzip
import tracemalloc
import zlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest

from api_openai.core.agents.turn_answer import TurnAnswer
from api_openai.core.answers.binary import BinaryContent
from api_openai.core.answers.pages import PageDocument
from api_openai.core.answers.source import EventSource
from api_openai.core.call.deadlines import Deadlines
from api_openai.core.call.reply import Reply
from api_openai.core.call.settings import Settings
from api_openai.core.call.trace import Tracer
from api_openai.core.json.model import Model
from api_openai.core.json.provenance import meta
from api_openai.core.request.answer_kinds import (
    Answer,
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    JsonAnswer,
    PageAnswer,
    TextAnswer,
)
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.results import parse
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    RemoteProtocolError,
    ResponseDecodeError,
)
from api_openai.core.terms.http_message import Headers, ResponseHead

from ...support.port import ScriptedPort, run
from ...support.shapes import Chunk, Item
from ...support.shapes import Reply as Said

SETTINGS = Settings(endpoint=Endpoint("http://api.test"))


class Failed(Model):
    """An object that may have failed."""

    id: str
    error: object = None


class Mine(msgspec.Struct):
    """A type of the caller's own."""

    text: str


class Parts:
    """An exchange whose body comes in given parts, or breaks."""

    def __init__(self, head: ResponseHead, parts: Sequence[bytes | Exception]) -> None:
        self.head = head
        self.left = list(parts)
        self.aborted = False
        self.gates = ScriptedPort()

    async def read(self, deadlines: Deadlines, /) -> bytes:
        assert not self.aborted
        if not self.left:
            return b""
        part = self.left.pop(0)
        if isinstance(part, Exception):
            raise part
        return part

    def abort(self) -> None:
        self.aborted = True


def reply_of(
    *parts: bytes | Exception, answer: Answer | None = None, fields: Mapping[str, str] | None = None
) -> tuple[Reply, Parts]:
    headers = Headers.of({name.replace("_", "-"): text for name, text in (fields or {}).items()})
    exchange = Parts(ResponseHead(200, headers), parts)
    operation = Operation[Any, Any](
        name="test", method="GET", path="/x", answer=answer or JsonAnswer(Said)
    )
    clock = lambda: 0.0  # noqa: E731 (a clock that stands)
    return Reply(operation, exchange, Deadlines(Timeout(), clock), Tracer()), exchange


def read(*parts: bytes | Exception, **fields: str) -> Reply:
    reply, _ = reply_of(*parts, fields=fields)
    run(reply.read())
    return reply


def test_a_large_body_takes_its_size_in_memory_once() -> None:
    part, count = bytes(range(256)) * 256, 256
    reply, _ = reply_of(*[part] * count)
    tracemalloc.start()
    try:
        content = run(reply.read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert content == part * count
    assert peak < 1.2 * len(content), "with some room to grow into, which no page is behind"


def test_a_length_that_the_server_claims_takes_no_memory() -> None:
    reply, _ = reply_of(b"ab", b"c", b"d", fields={"content_length": str(1 << 40)})
    tracemalloc.start()
    try:
        assert run(reply.read()) == b"abcd"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_body_is_read_once_and_kept() -> None:
    reply, exchange = reply_of(b"ab", b"c")
    assert reply.content is None
    assert [run(reply.read()), run(reply.read())] == [b"abc", b"abc"]
    assert reply.content == run(reply.read())
    assert reply.ended
    reply.abort()
    assert not exchange.aborted, "there is nothing left to give up"


def test_parts_are_handed_out_and_not_kept() -> None:
    reply, _ = reply_of(b"ab", b"c")
    assert [run(reply.part()) for _ in range(4)] == [b"ab", b"c", b"", b""]
    assert reply.content is None


def test_giving_up_is_final() -> None:
    reply, exchange = reply_of(b"ab", b"c")
    run(reply.part())
    reply.abort()
    assert exchange.aborted
    assert run(reply.part()) == b""


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_content_coding_is_undone(coding: str, size: int) -> None:
    text = b"hello " * 100
    if coding.endswith("gzip"):
        data = gzip.compress(text)
    else:
        raw = zlib.compressobj(wbits=-15 if coding.startswith("raw") else 15)
        data = raw.compress(text) + raw.flush()
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    assert read(*parts, content_encoding=coding.split()[-1]).content == text


def test_identity_is_no_coding() -> None:
    assert read(b"ab", content_encoding="identity").content == b"ab"


@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_broken_coding_is_the_peers_fault(damage: str) -> None:
    data = gzip.compress(b"hello" * 100)
    reply, exchange = reply_of(
        data[:20] if damage == "cut" else b"not gzip", fields={"content-encoding": "gzip"}
    )
    with pytest.raises(RemoteProtocolError):
        run(reply.read())
    assert exchange.aborted or reply.ended


def test_reading_up_to_a_limit() -> None:
    reply, exchange = reply_of(*[b"x" * 10] * 10)
    assert run(reply.read_up_to(25, 1)) == b"x" * 30
    assert exchange.aborted
    reply, exchange = reply_of(b"x" * 10)
    assert run(reply.read_up_to(25, 1)) == b"x" * 10
    assert not exchange.aborted


def test_reading_up_to_a_limit_takes_what_there_is() -> None:
    reply, exchange = reply_of(b"abc", APIConnectionError("reset"))
    assert run(reply.read_up_to(100, 1)) == b"abc"
    assert exchange.aborted


def test_what_the_head_says() -> None:
    reply = read(b"", x_request_id="req-1", x_ratelimit_remaining_tokens="7")
    assert (reply.status_code, reply.request_id) == (200, "req-1")
    assert reply.rate_limits is not None
    assert reply.rate_limits.remaining_tokens == 7


# What is made of an answer


class Bare:
    """A face that shows what it is given."""

    def stream(self, source: EventSource[Any], /) -> Any:
        return source

    def turn(self, reply: Reply, answer: TurnAnswer, /) -> Any:
        return reply, answer

    def page(self, document: PageDocument[Any], operation: Operation[Any, Any], /) -> Any:
        return document, operation

    def save(self, path: str, data: bytes, /) -> None:
        raise AssertionError("nothing is saved")


def parsed(
    *parts: bytes, answer: Answer | None = None, settings: Settings = SETTINGS, **fields: str
) -> Any:
    reply, _ = reply_of(*parts, answer=answer, fields=fields)
    run(reply.read())
    return parse(reply, settings, Bare())


def test_json_becomes_its_type_and_knows_its_head() -> None:
    value = parsed(b'{"id": "r", "text": "t"}', x_request_id="req-1")
    assert value == Said(id="r", text="t")
    assert meta(value).request_id == "req-1"


def test_an_answer_of_no_known_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r"answer=Answer\(\)"):
        parsed(b"{}", answer=Answer())


def test_pages_know_their_operation() -> None:
    document, operation = parsed(b'{"data": [{"id": "i"}]}', answer=PageAnswer("CursorPage", Item))
    assert document.data == [Item(id="i")]
    assert operation.name == "test"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("text/plain", "é"), ("text/plain; charset=latin-1", "Ã©"), ("text/plain; charset=zz", "é")],
)
def test_text_is_decoded_by_its_charset(kind: str, text: str) -> None:
    assert parsed("é".encode(), answer=TextAnswer(), content_type=kind) == text


def test_bytes_and_nothing() -> None:
    content = parsed(b"\0\1", answer=BytesAnswer(), content_type="audio/mpeg")
    assert isinstance(content, BinaryContent)
    assert (content.read(), content.content_type, len(content)) == (b"\0\1", "audio/mpeg", 2)
    assert parsed(b"whatever", answer=EmptyAnswer()) is None


def test_events_are_read_later() -> None:
    reply, _ = reply_of(answer=EventsAnswer(Chunk))
    assert isinstance(parse(reply, SETTINGS, Bare()), EventSource)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>Sign in</html>", "text/html", "looks like HTML"),
        (b"", "application/json", "the body is empty"),
        (b'{"id": "r", "te', "application/json", "not JSON"),
        (b'data: {"id": "r"}\n\n', "text/event-stream", "not JSON"),
        (b"[1]", "application/json", "expected a JSON object"),
    ],
)
def test_what_is_no_json_says_so(body: bytes, kind: str, words: str) -> None:
    with pytest.raises(ResponseDecodeError, match=words) as caught:
        parsed(body, content_type=kind, x_request_id="req-1")
    error = caught.value
    assert (error.status_code, error.content_type, error.request_id) == (200, kind, "req-1")
    assert (error.snippet, error.operation) == (body, "test")


def test_strict_settings_refuse_a_misfit() -> None:
    strict = Settings(endpoint=SETTINGS.endpoint, strict=True)
    with pytest.raises(APIResponseValidationError) as caught:
        parsed(b'{"id": 5}', settings=strict)
    assert [issue.path for issue in caught.value.issues] == [("id",)]
    assert parsed(b'{"id": 5}').id == 5


ERRORS: Final = (
    b'{"error": {"message": "BOOM", "code": 429}}',
    b'{"error": "BOOM"}',
    b'{"object": "error", "message": "BOOM", "code": 500}',
    b'{"detail": "BOOM"}',
    b'{"code": 3, "message": "BOOM"}',
    b'{"choices": [], "error": {"message": "BOOM"}}',
    b'{"choices": [{"error": {"message": "BOOM"}}]}',
)


@pytest.mark.parametrize("body", ERRORS)
@pytest.mark.parametrize(
    "answer",
    [
        JsonAnswer(Said),
        JsonAnswer(Failed),
        JsonAnswer(Mine),
        PageAnswer("CursorPage", Item),
        TextAnswer(),
        EmptyAnswer(),
    ],
)
def test_an_error_document_in_spite_of_its_status(body: bytes, answer: Answer) -> None:
    with pytest.raises(APIError, match="BOOM") as caught:
        parsed(body, answer=answer, content_type="application/json", x_request_id="req-1")
    assert type(caught.value) is APIError
    assert (caught.value.request_id, caught.value.operation) == ("req-1", "test")


def test_an_object_that_tells_of_its_error_is_none() -> None:
    body = b'{"id": "r", "error": {"message": "failed"}, "new": 1}'
    assert parsed(body, answer=JsonAnswer(Failed)).id == "r"
    body = b'{"id": "r", "detail": "x", "text": "t", "error": null}'
    assert parsed(body).text == "t"


def test_media_may_be_no_error_and_a_file_may_be_anything() -> None:
    reply, _ = reply_of(
        ERRORS[0], answer=BytesAnswer(), fields={"content-type": "application/json"}
    )
    run(reply.read())
    assert parse(reply, SETTINGS, Bare()).read() == ERRORS[0]
    reply.operation = msgspec.structs.replace(reply.operation, method="POST")
    with pytest.raises(APIError, match="BOOM"):
        parse(reply, SETTINGS, Bare())
    assert parsed(ERRORS[0], answer=TextAnswer(), content_type="text/plain") == ERRORS[0].decode()


@pytest.mark.parametrize("answer", [JsonAnswer(Said), PageAnswer("CursorPage", Item)])
def test_null_is_no_document(answer: Answer) -> None:
    with pytest.raises(ResponseDecodeError, match="null"):
        parsed(b" null ", answer=answer)
    assert parsed(b"null", answer=JsonAnswer(Any)) is None


def test_no_content_is_an_answer_without_fields() -> None:
    reply, _ = reply_of(b"")
    run(reply.read())
    reply.head = ResponseHead(204, reply.headers)
    value = parse(reply, Settings(endpoint=SETTINGS.endpoint, strict=True), Bare())
    assert isinstance(value, Said)
    assert value.to_dict() == {}
    reply.operation = msgspec.structs.replace(reply.operation, answer=JsonAnswer(dict))
    assert parse(reply, SETTINGS, Bare()) == {}


def test_the_size_of_an_answer_can_be_limited() -> None:
    reply, exchange = reply_of(*[b"x" * 10] * 10)
    reply.max_size = 25
    with pytest.raises(APIConnectionError, match=r"25 bytes of limits\.answer") as caught:
        run(reply.read())
    assert exchange.aborted
    assert caught.value.operation == "test"
    reply, _ = reply_of(*[b"x" * 10] * 10)
    reply.max_size = 100
    assert len(run(reply.read())) == 100


def test_two_readers_of_one_answer() -> None:
    reply, exchange = reply_of(b"a", b"b")

    async def program() -> bytes:
        with pytest.raises(RuntimeError, match="one reads it at a time"):
            await reply.part()
        return b"late"

    def read_meanwhile(deadlines: Deadlines, /) -> Coroutine[Any, Any, bytes]:
        return program()

    first = exchange.read
    exchange.read = read_meanwhile  # type: ignore[method-assign]
    assert run(reply.part()) == b"late", "the first goes on"
    exchange.read = first  # type: ignore[method-assign]
    assert [run(reply.part()) for _ in range(3)] == [b"a", b"b", b""]
