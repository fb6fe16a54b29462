"""The emulator: a request in, a response out, and the state between requests.

`Emulator` knows nothing of connections. `connection()` makes the machine of one connection, which
asks the emulator for a `Receiver` per request.
"""

import re
from collections.abc import Callable, Iterable
from hmac import compare_digest
from typing import Final

import msgspec

from ..faults.faults import compressed
from ..faults.script import Script, ScriptStep
from ..http.codings import Coding, answer_coding
from ..http.connection import ServerConnection
from ..http.cors import Preflight, allowed
from ..http.errors import ApiError
from ..http.receiver import Receiver
from ..http.request import RecordedRequest, RequestHead
from ..http.response import Fields, HttpResponse
from ..routing.router import Router
from ..sockets.opening import asks
from ..store.state import State
from .scripted_receiver import ScriptedReceiver

_LIMIT_REQUESTS: Final = 10_000
_LIMIT_TOKENS: Final = 2_000_000
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s,]+")


class Emulator:
    """A server of the OpenAI API without a model, the same on every run.

    `faults` are planned as by `script`. `latency` is the wait before an answer, `pace` the wait
    between the events of a stream, in seconds. `seed` changes ids. `clock` gives the time, in
    seconds since 1970 (without one, time is counted in objects made). `require_key` refuses
    requests without a key, `key` those with another one (a key that reads `invalid` is always
    refused). `any_model` takes every name for a model. `examples=False` makes nothing up: what nobody made is not there.
    `poll_after_ms` is sent with what is on its way, as the time to look again. `discard` keeps the
    digests of uploads only. `max_body` limits requests, in bytes (documents: 64 MiB and a million
    values at most). `gzip_from` is the
    least size of a document that is compressed for who accepts it. `keep_requests` and `keep_body`
    bound what `requests` remembers. `cors` is the origin whose pages may call it from a browser,
    `*` for any.
    """

    def __init__(
        self,
        *,
        faults: Iterable[ScriptStep] = (),
        latency: float = 0.0,
        pace: float = 0.0,
        seed: int = 0,
        clock: Callable[[], float] | None = None,
        require_key: bool = True,
        key: str | None = None,
        any_model: bool = False,
        examples: bool = True,
        poll_after_ms: int | None = None,
        discard: bool = False,
        max_body: int = 512 << 20,
        gzip_from: int = 1024,
        keep_requests: int = 1000,
        keep_body: int = 64 * 1024,
        cors: str | None = None,
    ) -> None:
        self.state = State(
            seed=seed,
            clock=clock,
            pace=pace,
            discard=discard,
            any_model=any_model,
            examples=examples,
            poll_after_ms=poll_after_ms,
        )
        self.latency = latency
        self.max_body = max_body
        self.keep_body = keep_body
        self.router = Router()
        self.requests: list[RecordedRequest] = []
        """What arrived, the oldest first."""
        self._require_key = require_key
        if key == "":
            raise ValueError("key: it is empty, and no request could have it")
        self._key = key
        self._gzip_from = gzip_from
        self._keep_requests = keep_requests
        if cors is not None and cors != "*" and not _ORIGIN.fullmatch(cors):
            raise ValueError(
                f"cors={cors!r}: expected '*', or an origin as 'http://localhost:8000'"
            )
        self._cors = cors
        self._script = Script()
        self._script.add(faults)
        self._count = 0

    def script(
        self,
        *steps: ScriptStep,
        method: str | None = None,
        path: str | None = None,
        when: Callable[[RequestHead], bool] | None = None,
        times: float = 1,
    ) -> None:
        """Plan faults: each step is for `times` of the next requests that match.

        A step is a fault, a tuple of faults for one request, or `None` for a request without one.
        `method` is compared, `path` is a pattern as `/chat/*` below the API's root, `when` is
        asked. `times=math.inf` makes a step last.
        """
        self._script.add(steps, method=method, path=path, when=when, times=times)

    def clear_script(self) -> None:
        """Forget the faults that are still planned."""
        self._script.clear()

    @property
    def pending_faults(self) -> int:
        """How many steps of the script no request has used up yet."""
        return len(self._script)

    def connection(self) -> ServerConnection:
        """Return the machine of one new connection."""
        return ServerConnection(self.receiver)

    def receiver(self, head: RequestHead) -> Receiver:
        """Take up a request whose head has come."""
        if self._cors is not None and Preflight.asks(head):
            return Preflight(head, self._cors)
        self._count += 1
        return ScriptedReceiver(self, head, self._script.take(head), self._count)

    def saw(self, request: RecordedRequest) -> None:
        """Remember a request, and forget the oldest where there are too many."""
        self.requests.append(request)
        if len(self.requests) > self._keep_requests:
            del self.requests[0]

    def check_key(self, head: RequestHead) -> None:
        """Raise the API's refusal unless the request has a key, and the right one."""
        key = head.key()
        if asks(head) and key in self.state.secrets:
            return
        wanted = key if self._key is None else self._key
        if key and (key == "invalid" or not compare_digest(key.encode(), wanted.encode())):
            message = "Incorrect API key provided: ***."
            if self._key is None:
                message += " (This emulator takes any other.)"
            raise ApiError(401, message, code="invalid_api_key")
        if not key and self._require_key:
            message = "There is no API key. Send one as 'Authorization: Bearer KEY'."
            raise ApiError(401, message, code="invalid_api_key")

    def finished(self, head: RequestHead, response: HttpResponse, number: int) -> HttpResponse:
        """Return `response` with the header fields that all have, compressed if accepted."""
        known = {name for name, _ in response.headers}
        # Documents are bytes; the content of a file is a bytearray, and stays as it is.
        long = isinstance(response.body, bytes) and len(response.body) >= self._gzip_from
        if "content-encoding" not in known and (coding := _coding(head, long)) is not None:
            response = compressed(response, coding)
        tokens = response.tokens
        fields: Fields = (
            ("server", "api_openai-emulator"),
            ("x-request-id", f"req_{self.state.seed:08x}{number:024x}"),
            ("openai-processing-ms", str(1 + number % 40)),
            ("openai-version", "2020-10-01"),
            ("openai-organization", head.headers.get("openai-organization", "org-emulator")),
            ("x-ratelimit-limit-requests", str(_LIMIT_REQUESTS)),
            ("x-ratelimit-remaining-requests", str(_LIMIT_REQUESTS - 1)),
            ("x-ratelimit-reset-requests", f"{60_000 // _LIMIT_REQUESTS}ms"),
            ("x-ratelimit-limit-tokens", str(_LIMIT_TOKENS)),
            ("x-ratelimit-remaining-tokens", str(max(0, _LIMIT_TOKENS - tokens))),
            ("x-ratelimit-reset-tokens", f"{tokens * 60_000 // _LIMIT_TOKENS}ms"),
        )
        extra = tuple(field for field in fields if field[0] not in known)
        response = msgspec.structs.replace(response, headers=response.headers + extra)
        return response if self._cors is None else allowed(response, self._cors)


def _coding(head: RequestHead, long: bool) -> Coding | None:
    try:
        return answer_coding(head, worth_it=long)
    except ApiError:  # that was told already: this is the answer which tells it
        return None
