"""Rows and answers of runs."""

import json
from typing import Any, Final

from api_openai.bulk.rows import Request
from api_openai.core.http.body import JsonBody
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.terms.http_message import Headers, ResponseHead

URL: Final = "/v1/chat/completions"
BODY: Final[dict[str, Any]] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def row(key: object = "k", **changes: Any) -> dict[str, Any]:
    """A row of the Batch API's input form."""
    return {"custom_id": key, "method": "POST", "url": URL, "body": BODY} | changes


def line(key: object = "k", **changes: Any) -> bytes:
    """The same as a line of a file."""
    return json.dumps(row(key, **changes), separators=(",", ":")).encode() + b"\n"


def lines(count: int) -> bytes:
    """A file of rows."""
    return b"".join(line(f"k{number}") for number in range(count))


def operation(path: str = "/chat/completions", body: Any = BODY) -> Operation[Any, Any]:
    return Operation[Any, Any](
        name="chat", method="POST", path=path, answer=JsonAnswer(Any), body=JsonBody.of(body)
    )


def request(key: str = "k", **changes: Any) -> Request:
    return Request.of_row(row(key, **changes), 1)


class Reply:
    """An answer that was read, as far as rows look at it."""

    def __init__(self, content: bytes, status: int = 200, request_id: str | None = "req_1") -> None:
        self.content = content
        said = () if request_id is None else ((b"x-request-id", request_id.encode()),)
        self.head = ResponseHead(status, Headers(said))
        self.seconds = 0.25
