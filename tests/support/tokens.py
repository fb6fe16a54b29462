"""An `AuthContext` whose clock and whose servers of tokens are the test's own."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from api_openai.core.json.values import is_object
from api_openai.core.request.auth import Bell, UnsignedRequest
from api_openai.core.terms.errors import APITimeoutError, OpenAIError
from api_openai.core.terms.http_message import Headers
from api_openai.transports.common.exclusive import Exclusive

from .shapes import CHAT

R = TypeVar("R")


class Question(NamedTuple):
    """What a server of tokens was asked."""

    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, object]
    document: Any
    direct: bool


class Answer:
    """What it said."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def json(self) -> dict[str, Any]:
        document = json.loads(self.content)
        if not is_object(document):
            raise OpenAIError("expected a JSON object")
        return document


class Context:
    """Answers questions in the order of `answers`: bytes, documents, errors."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []
        self.time = 1000.0
        self.date = 1_440_938_160.0
        """20150830T123600Z."""
        self.files: dict[str, bytes] = {}
        self.hurried = False
        self.exclusive = Exclusive()

    def wall(self) -> float:
        return self.date

    def steady(self) -> float:
        return self.time

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        seconds: float = 10.0,
        direct: bool = False,
    ) -> Answer:
        document = None if body is None else json.loads(body.data)
        self.asked.append(
            Question(method, url, dict(headers or {}), dict(query or {}), document, direct)
        )
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    async def read_file(self, path: str, /) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return function()

    def bell(self) -> Bell:
        raise AssertionError("nobody waits for another here")

    async def wait(self, bell: Bell, /) -> None:
        raise AssertionError("nobody waits for another here")


def granted(token: str = "t-granted", seconds: object = 3600) -> dict[str, object]:
    """What a server of tokens answers."""
    return {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}


def unsigned(
    url: str = "https://api.test/v1/chat/completions",
    body: bytes | None = b"{}",
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (("host", "api.test"),),
) -> UnsignedRequest:
    """A request to be signed."""
    return UnsignedRequest(method, url, headers, body, CHAT({"model": "m"}))


def late() -> APITimeoutError:
    """The deadline of a caller that has passed."""
    return APITimeoutError("too late", sent="no")


NO_FIELDS = Headers()
