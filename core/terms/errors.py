"""The exceptions about an API call, under the names users of the API know.

    OpenAIError
      APIError                        something about one call
        APIConnectionError            no complete answer: connecting, sending or receiving failed
          PolicyRefusedError          a policy of the caller's own did not let it through
          APITimeoutError             a deadline passed; `phase` says which
            PollTimeoutError          what was waited for is not over; `last` is how it was
          StreamTruncatedError        the stream ended before its end; `partial` is what came
          StreamSequenceError         events of a resumed stream are missing, or come again
          RemoteProtocolError         the peer broke HTTP, SSE or WebSocket rules
          WebSocketConnectionClosedError    a session is over; see `terms.session_errors`
        APIStatusError                an answer with an error status; one class per status
          OAuthError                  a server refused a token; it is an `AuthenticationError`
        APIResponseValidationError    an answer that does not fit its type (only when asked)
        ResponseDecodeError           an answer that is not what its type is made of
        StreamCancelledError          a stream was given up by another task or thread
      SubjectTokenProviderError       no token of the machine's own, to be exchanged for one
      StructuredOutputError           no value where one was asked for; see `structured.outcomes`
      LocalProtocolError              our side was asked to break a protocol

Errors hold values only: each one pickles and copies, and none keeps a connection, a client or a
credential alive. They can be made by hand with a request or response of an HTTP library, as those of
the official SDK are: its values are taken.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, overload

from .base_errors import LocalProtocolError as LocalProtocolError
from .base_errors import OpenAIError as OpenAIError

if TYPE_CHECKING:
    from .http_facts import RequestFacts, ResponseFacts
    from .http_message import Headers
    from .rate_limits import RateLimits

Phase = Literal["pool", "connect", "send", "first_byte", "idle", "total"]
Sent = Literal["no", "maybe", "answered"]
"""How far a request got: not to the server, perhaps executed by it, or answered in part."""


class Attempt(NamedTuple):
    """One try of a call, as errors and traces list them."""

    number: int
    """Counted from 1."""
    endpoint: str
    """Origin of the server, as `https://host:port`."""
    outcome: str
    """`answered 503`, `not sent: connection refused`, ..."""
    seconds: float
    """From taking a connection to the outcome."""
    reason: str = ""
    """Why the call went on or stopped there, in words."""
    began: float = 0.0
    """Seconds from the start of the call until it was let through, or refused."""
    held: float = 0.0
    """Seconds that policies held it back before."""
    admitted: str = ""
    """Why it was let through, and to this endpoint, in words."""
    waits: float | None = None
    """Seconds from its end to the next attempt; `None` where there is none."""


class SubjectTokenProviderError(OpenAIError):
    """The machine gave no token of its own that could be exchanged for one of the API.

    `response` is the answer of who was asked for it, where the caller's own source gives it.
    """

    def __init__(self, message: str, *, response: object = None) -> None:
        super().__init__(message)
        self.response: ResponseFacts | None = None
        if response is not None:
            from .http_facts import response_of

            self.response = response_of(response)


class APIError(OpenAIError):
    """Something went wrong about one call.

    `message` says what; `body` is the error document of the server (decoded JSON, or text), with
    its usual fields as `code`, `param` and `type`.
    """

    def __init__(self, message: str, request: object = None, *, body: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.body = body
        self.request: RequestFacts | None = None if request is None else _request(request)
        """Method, URL and header fields, where it is about one request."""
        # JSON objects have str keys, which isinstance cannot say.
        fields: Mapping[str, object] = (
            cast("Mapping[str, object]", body) if isinstance(body, Mapping) else {}
        )
        self.code: str | None = _text(fields.get("code"))
        self.param: str | None = _text(fields.get("param"))
        self.type: str | None = _text(fields.get("type"))
        self.operation: str | None = None
        """Name of the operation, as `chat.completions.create`."""
        self.request_id: str | None = None
        """The server's `x-request-id`, where an answer came that far."""
        self.rate_limits: RateLimits | None = None
        """What the `x-ratelimit-*` header fields of the answer said."""
        self.attempts: tuple[Attempt, ...] = ()
        """Every try of the call, the one that failed last."""

    def __str__(self) -> str:
        if self.request_id and self.request_id not in self.message:
            return f"{self.message} (request id {self.request_id})"
        return self.message


def _request(request: object) -> "RequestFacts | None":
    from .http_facts import request_of  # here, as all that only a failure needs

    return request_of(request)


def _text(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else str(value)


class APIConnectionError(APIError):
    """No complete answer came.

    `sent` says how far the request got: `no` (nothing of it reached the server), `maybe` (the
    server may have executed it) or `answered` (an answer had begun).
    """

    def __init__(
        self,
        message: object = "Connection error.",
        *,
        request: object = None,
        sent: Sent = "maybe",
        body: object = None,
    ) -> None:
        """Take what to say, or the request alone."""
        if not isinstance(message, str):
            request, message = message, "Connection error."
        super().__init__(message, request, body=body)
        self.sent: Sent = sent


class APITimeoutError(APIConnectionError):
    """A deadline of the caller's passed: `phase` is the one, `seconds` its length."""

    def __init__(
        self,
        message: object = "Request timed out.",
        *,
        request: object = None,
        phase: Phase = "total",
        seconds: float | None = None,
        sent: Sent = "maybe",
    ) -> None:
        """Take what to say or, as the official SDK does, the request alone."""
        if not isinstance(message, str):
            request, message = message, "Request timed out."
        super().__init__(message, request=request, sent=sent)
        self.phase: Phase = phase
        self.seconds = seconds


class PolicyRefusedError(APIConnectionError):
    """A policy of the caller's own did not let the request through: nothing was sent.

    `policy` is the argument that it was given as (`rate_limit`, `circuit_breaker`, ...), and `after`
    the seconds after which it may work, where that is known.
    """

    def __init__(self, message: str, *, policy: str = "", after: float | None = None) -> None:
        super().__init__(message, sent="no")
        self.policy = policy
        self.after = after

    @property
    def retry_after(self) -> float | None:
        """The same as `after`: what the policy knows."""
        return self.after


class PollTimeoutError(APITimeoutError, TimeoutError):
    """What a method waited for was not over after `seconds`; it goes on at the server.

    `operation` is what it looked with, and `attempts` lists its looks, the latest 100.
    """

    def __init__(self, message: str, *, last: Any, seconds: float) -> None:
        super().__init__(message, phase="total", seconds=seconds, sent="answered")
        self.progress = last

    @property
    def last(self) -> Any:
        """How it was when it was last looked at: the object that the method would return."""
        return self.progress


class RemoteProtocolError(APIConnectionError):
    """The peer broke the rules of HTTP, SSE or WebSocket."""

    def __init__(
        self,
        message: str,
        *,
        sent: Sent = "answered",
        body: object = None,
    ) -> None:
        super().__init__(message, sent=sent, body=body)


class StreamTruncatedError(APIConnectionError):
    """A stream of events ended before its end was announced.

    `partial` holds the events that arrived, oldest first (as many of the latest as the stream's
    history limit keeps), `received` counts all of them, and `tail` is what came of the next one.
    """

    def __init__(
        self,
        message: str,
        *,
        partial: Sequence[Any] = (),
        received: int = 0,
        tail: bytes = b"",
    ) -> None:
        super().__init__(message, sent="answered")
        self.partial = tuple(partial)
        self.received = received
        self.tail = tail


class StreamSequenceError(APIConnectionError):
    """The sequence numbers of a stream that is to be resumed do not follow one another.

    `expected` is the number that should have come, `got` the one that did, `None` where it had none. Events before it were
    handed out; what lies between them is lost, or would be told twice.
    """

    def __init__(self, message: str, *, expected: int, got: int | None) -> None:
        super().__init__(message, sent="answered")
        self.expected = expected
        self.got = got


class StreamCancelledError(APIError):
    """The stream that was being read has been given up, by another task or thread.

    `received` counts the events that had come.
    """

    def __init__(self, message: str, *, received: int = 0) -> None:
        super().__init__(message)
        self.received = received


class _Answered(APIError):
    """An error about an answer whose head is known: `response`, or what is in one."""

    status_code: int
    """The status; of a class, the one that it stands for."""

    def __init__(
        self,
        message: str,
        *,
        response: object = None,
        status_code: int | None = None,
        headers: "Headers | None" = None,
        body: object = None,
        content: bytes = b"",
    ) -> None:
        from .http_facts import ResponseFacts, response_of
        from .http_message import Headers
        from .rate_limits import RateLimits

        if response is not None:
            known = response_of(response, getattr(type(self), "status_code", None))
        elif status_code is not None:
            known = ResponseFacts(status_code, headers or Headers(), content)
        else:
            raise TypeError(
                f"{type(self).__name__}: expected response=..., or status_code=... and headers=..."
            )
        super().__init__(message, known.request, body=body)
        self.status_code = known.status_code
        self.headers: Headers = known.headers
        self._content = known.content
        self.request_id = self.headers.get("x-request-id")
        self.rate_limits = RateLimits.of(self.headers)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the answer asks to wait: `retry-after-ms`, or `retry-after` (RFC 9110 10.2.3).

        A date counts from the answer's own `date`, and says nothing without it.
        """
        from .retry_after import asked_wait

        return asked_wait(self.headers)

    @property
    def response(self) -> "ResponseFacts":
        """The answer, as `error.response.headers` and `error.response.json()` read elsewhere."""
        from .http_facts import ResponseFacts

        return ResponseFacts(self.status_code, self.headers, self._content, self.request)


class APIResponseValidationError(_Answered):
    """Strict decoding was asked for and the answer does not fit its type; `issues` says where."""

    @overload
    def __init__(
        self,
        message: str,
        /,
        *,
        status_code: int,
        headers: "Headers",
        body: object = None,
        issues: Sequence[Any] = (),
    ) -> None: ...
    @overload
    def __init__(
        self, response: object, body: object = None, *, message: str | None = None
    ) -> None: ...
    def __init__(
        self, *given: Any, message: str | None = None, issues: Sequence[Any] = (), **answer: Any
    ) -> None:
        """Take the message and what is known of the answer or, as the SDK does, response and body."""
        for name, value in zip(("response", "body"), given, strict=False):
            if isinstance(value, str) and name == "response":
                message = value
            else:
                answer[name] = value
        super().__init__(message or "The answer does not fit its type.", **answer)
        self.issues = tuple(issues)


class ResponseDecodeError(_Answered):
    """The answer cannot be read at all: not JSON, cut short, empty, or HTML under a 200.

    `snippet` is the beginning of the body, at most 512 bytes of it. `body` is the whole answer where
    a stream was asked for and one document came.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: "Headers",
        snippet: bytes = b"",
        body: object = None,
    ) -> None:
        super().__init__(message, status_code=status_code, headers=headers, body=body)
        self.content_type = headers.get("content-type")
        self.snippet = snippet


class APIStatusError(_Answered):
    """The server answered with an error status (4xx, 5xx, or an unfollowed 3xx)."""


class BadRequestError(APIStatusError):
    """400: the request is not valid; `param` often names the field."""

    status_code = 400


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong or revoked."""

    status_code = 401


class OAuthError(AuthenticationError):
    """400, 401 or 403 of a server of tokens: it gives none; `error` is its code (RFC 6749 section 5.2)."""

    def __init__(self, message: str | None = None, **answer: Any) -> None:
        """Without a message, that of the `body` is taken; the other arguments are those of the base."""
        super().__init__(message or "The server of tokens gives none.", **answer)
        if message is None and (said := self._said("error_description")):
            self.message, self.args = said, (said,)

    @property
    def error(self) -> str | None:
        """As `invalid_grant`; `None` where the server says none."""
        return self._said("error")

    def _said(self, name: str) -> str | None:
        body: object = self.body
        if not isinstance(body, Mapping):
            return None
        return _text(cast("Mapping[str, object]", body).get(name))


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""

    status_code = 403


class NotFoundError(APIStatusError):
    """404: no such resource, model or path."""

    status_code = 404


class ConflictError(APIStatusError):
    """409: the resource was changed by another request."""

    status_code = 409


class UnprocessableEntityError(APIStatusError):
    """422: well formed, and not processable."""

    status_code = 422


class RateLimitError(APIStatusError):
    """429: too many requests or tokens, or no quota left (`code` is `insufficient_quota`)."""

    status_code = 429


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


BY_STATUS: Mapping[int, type[APIStatusError]] = {
    cls.status_code: cls for cls in APIStatusError.__subclasses__() if "status_code" in vars(cls)
}


def error_class(status: int) -> type[APIStatusError]:
    """Return the class for an error status: its own, `InternalServerError` for 5xx, or the base."""
    return BY_STATUS.get(status) or (InternalServerError if status >= 500 else APIStatusError)
