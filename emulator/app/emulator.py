"""The emulator: a request in, a response out, and the state between requests.

`Emulator` knows nothing of connections. `connection()` makes the machine of one connection, which
asks the emulator for a `Receiver` per request.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from ..faults.faults import Fault, compressed, parse
from ..faults.script import Script, ScriptStep
from ..faults.scripted import Scripted
from ..http.actions import Action, Pause
from ..http.connection import ServerConnection
from ..http.errors import ApiError
from ..http.forms import Form
from ..http.json_documents import Object, is_object
from ..http.request import RecordedRequest, RequestHead, redacted
from ..http.response import Fields, HttpResponse
from ..requests.call import Call
from ..routing.handlers_by_path import Handler, routed, takes_form
from ..store.state import State

if TYPE_CHECKING:
    from ..requests.catalogue import Catalogue

_LIMIT_REQUESTS: Final = 10_000
_LIMIT_TOKENS: Final = 2_000_000


class Emulator:
    """A server of the OpenAI API without a model, the same on every run.

    `faults` are planned as by `script`. `latency` is the wait before an answer, `pace` the wait
    between the events of a stream, in seconds. `seed` changes ids. `clock` gives the time, in
    seconds since 1970 (without one, time is counted in objects made). `require_key` refuses
    requests without a key (a key that reads `invalid` is always refused). `any_model` takes every
    name for a model. `examples=False` makes nothing up: what nobody made is not there. `poll_after_ms`
    is sent with what is on its way, as the time to look again. `discard` keeps the digests of uploads only. `max_body` limits requests, in
    bytes. `gzip_from` is the least size of a document that is compressed for who accepts it.
    `keep_requests` and `keep_body` bound what `requests` remembers.
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
        any_model: bool = False,
        examples: bool = True,
        poll_after_ms: int | None = None,
        discard: bool = False,
        max_body: int = 1 << 30,
        gzip_from: int = 1024,
        keep_requests: int = 1000,
        keep_body: int = 64 * 1024,
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
        self.requests: list[RecordedRequest] = []
        """What arrived, the oldest first."""
        self._require_key = require_key
        self._gzip_from = gzip_from
        self._keep_requests = keep_requests
        self._script = Script()
        self._script.add(faults)
        self._count = 0
        self._catalogue: Catalogue | None = None

    @property
    def catalogue(self) -> "Catalogue":
        """The routes that are looked up; loaded when the first is asked for."""
        if self._catalogue is None:
            from ..requests.catalogue import Catalogue

            self._catalogue = Catalogue()
        return self._catalogue

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

    def receiver(self, head: RequestHead) -> "Receiver":
        """Take up a request whose head has come."""
        self._count += 1
        return Receiver(self, head, self._script.take(head), self._count)

    def saw(self, request: RecordedRequest) -> None:
        """Remember a request, and forget the oldest where there are too many."""
        self.requests.append(request)
        if len(self.requests) > self._keep_requests:
            del self.requests[0]

    def check_key(self, head: RequestHead) -> None:
        """Raise the API's refusal unless the request has a key."""
        given = head.headers.get("authorization", "")
        scheme, _, key = given.partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else head.headers.get("api-key", "")
        if key == "invalid":
            message = "The API key is not valid. (This emulator takes any other.)"
            raise ApiError(401, message, code="invalid_api_key")
        if not key and self._require_key:
            message = "There is no API key. Send one as 'Authorization: Bearer KEY'."
            raise ApiError(401, message, code="invalid_api_key")

    def finished(self, head: RequestHead, response: HttpResponse, number: int) -> HttpResponse:
        """Return `response` with the header fields that every answer has, compressed if accepted."""
        known = {name for name, _ in response.headers}
        # Documents are bytes; the content of a file is a bytearray, and stays as it is.
        if (
            isinstance(response.body, bytes)
            and len(response.body) >= self._gzip_from
            and "content-encoding" not in known
            and _accepts_gzip(head)
        ):
            response = compressed(response)
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
        return msgspec.structs.replace(response, headers=response.headers + extra)


def _accepts_gzip(head: RequestHead) -> bool:
    for item in head.headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = item.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


class Receiver:
    """One request from its head to its answer.

    `early` is what happens at once, before the body is read, if anything does. Otherwise the body
    goes to `receive_data`, and `response` ends the request. `wire` passes what is sent through the
    request's faults.
    """

    def __init__(
        self, emulator: Emulator, head: RequestHead, faults: tuple[Fault, ...], number: int
    ) -> None:
        self._emulator = emulator
        self._head = head
        self._number = number
        self._beginning = bytearray()
        self._body = bytearray()
        self._size = 0
        self._form: Form | None = None
        self._refusal: ApiError | None = None
        self._call: tuple[Handler, tuple[str, ...]] | None = None
        self._faults = faults
        self.early: HttpResponse | Action | None = None
        try:
            self._faults += parse(head.headers.get("x-emulator-fault", ""))
            self._admit()
        except ValueError as error:
            self._refusal = ApiError(400, str(error), param="x-emulator-fault")
        except ApiError as error:
            self._refusal = error
        for fault in self._faults:
            if (early := fault.early()) is not None:
                self._note()
                self.early = self._dressed(early) if isinstance(early, HttpResponse) else early
                return
        if self._refusal is not None and "expect" in head.headers:
            self._note()
            self.early = self._dressed(self._refusal.response(close=True))

    def _admit(self) -> None:
        """Find who answers, before the body comes; `ApiError` when nobody does."""
        head = self._head
        self._emulator.check_key(head)
        method = "GET" if head.method == "HEAD" else head.method
        route = routed(head)
        if route is None:
            self._look_up()
            return
        handlers, path = route
        if method not in handlers:
            message = f"{head.method} is not a method of {head.path}."
            allowed = ", ".join(sorted(handlers))
            raise ApiError(405, message, code="method_not_allowed", headers=(("allow", allowed),))
        if any(fault.answer() is not None for fault in self._faults):
            return
        self._call = handlers[method], path
        if takes_form(handlers[method]):
            self._form = self._form_of(("file",))

    def _look_up(self) -> None:
        """Find who answers in the catalogue."""
        head, catalogue = self._head, self._emulator.catalogue
        route, path = catalogue.find(head)
        if any(fault.answer() is not None for fault in self._faults):
            return
        from ..handlers.generic import answer

        self._call = partial(answer, route, catalogue), path
        if route.blueprint.multipart and "multipart/" in head.headers.get("content-type", ""):
            self._form = self._form_of(name.partition(".")[0] for name in route.blueprint.files)

    def _form_of(self, files: Iterable[str]) -> Form:
        content_type = self._head.headers.get("content-type", "")
        return Form(content_type, files, keep=not self._emulator.state.discard)

    def receive_data(self, data: bytes) -> HttpResponse | None:
        """Take the next bytes of the body; a response ends the request before the body does."""
        self._size += len(data)
        if (room := self._emulator.keep_body - len(self._beginning)) > 0:
            self._beginning += data[:room]
        if self._size > self._emulator.max_body:
            self._note()
            most = self._emulator.max_body
            error = ApiError(413, f"The body is longer than {most} bytes.", code="body_too_large")
            return self._dressed(error.response(close=True))
        if self._refusal is not None:
            return None
        if self._form is not None:
            try:
                self._form.receive_data(data)
            except ApiError as error:
                self._refusal = error
        elif self._call is not None:
            self._body += data
        return None

    def response(self) -> HttpResponse:
        """Answer the request, whose body has ended."""
        self._note()
        for fault in self._faults:
            if (instead := fault.answer()) is not None:
                return self._dressed(instead)
        try:
            response = self._answer()
        except ApiError as error:
            response = error.response()
        except Exception as error:  # a server answers, about its own mistakes too
            message = f"The emulator failed: {type(error).__name__}: {error}"
            response = ApiError(500, message, kind="server_error").response()
        return self._dressed(response)

    def wire(self, actions: Iterator[Action]) -> Iterator[Action]:
        """Return what is really done for the answer that `actions` would be."""
        if self._emulator.latency > 0:
            actions = _after(self._emulator.latency, actions)
        for fault in self._faults:
            actions = fault.wire(actions)
        return actions

    def _answer(self) -> HttpResponse:
        if self._refusal is not None:
            raise self._refusal
        if self._call is None:
            return HttpResponse()
        handler, path = self._call
        scripted = next(
            (found for fault in self._faults if (found := fault.script()) is not None), Scripted()
        )
        form = self._form
        if form is not None:
            form.receive_data(b"")
        return handler(
            Call(
                head=self._head,
                path=path,
                document=self._document() if form is None else form.document(),
                state=self._emulator.state,
                scripted=scripted,
                files={} if form is None else form.files,
                is_form=form is not None,
            )
        )

    def _document(self) -> Object:
        """The body: JSON, or an offer (RFC 3264) that stands for itself."""
        if self._head.headers.get("content-type") == "application/sdp":
            return {"sdp": self._body.decode("utf-8", "replace")}
        return _document(self._body)

    def _dressed(self, response: HttpResponse) -> HttpResponse:
        for fault in self._faults:
            response = fault.shape(response)
        return self._emulator.finished(self._head, response, self._number)

    def _note(self) -> None:
        head = self._head
        self._emulator.saw(
            RecordedRequest(
                method=head.method,
                path=head.path,
                query=head.query,
                headers=redacted(head.headers),
                body=bytes(self._beginning),
                size=self._size,
            )
        )


def _after(seconds: float, actions: Iterator[Action]) -> Iterator[Action]:
    yield Pause(seconds)
    yield from actions


def _document(body: bytearray) -> Object:
    if not body:
        return {}
    try:
        document: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, f"The body is not JSON: {error}.") from None
    if not is_object(document):
        raise ApiError(400, "The body is not a JSON object.")
    return document
