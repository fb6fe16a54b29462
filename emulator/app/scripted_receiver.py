"""Receives one request from its head to its answer, with the faults that a script has for it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from ...core.terms.errors import RemoteProtocolError
from ...core.terms.sentinels import NeedData
from ..faults.faults import Fault
from ..faults.names import parse
from ..faults.scripted import Scripted
from ..http.actions import Action, Pause, SendBytes
from ..http.codings import answer_coding, request_decoder
from ..http.documents import read_document
from ..http.errors import ApiError, mistake
from ..http.forms import Form
from ..http.json_documents import Object
from ..http.request import RecordedRequest, RequestHead, redacted
from ..http.response import HttpResponse
from ..requests.call import Call
from ..routing.router import Match, Router
from ..sockets.opening import Upgrade, asks, check_upgrade, opened
from ..store.state import State

if TYPE_CHECKING:
    from ...core.http.content_coding import ContentDecoder


_MOST_DOCUMENT: Final = 64 * 1024 * 1024
"""The most bytes that JSON may have; the API takes 50 MB of pictures in it."""


class Service(Protocol):
    """What a receiver needs of the emulator."""

    state: State
    router: Router
    latency: float
    max_body: int
    keep_body: int

    def check_key(self, head: RequestHead) -> None:
        """Raise the API's refusal unless the request has a key."""
        ...

    def saw(self, request: RecordedRequest) -> None:
        """Remember a request."""
        ...

    def finished(self, head: RequestHead, response: HttpResponse, number: int) -> HttpResponse:
        """Return `response` with the header fields that every answer has."""
        ...


class ScriptedReceiver:
    """One request from its head to its answer, and the faults that it meets.

    `early` is what happens at once, before the body is read, if anything does. Otherwise the body
    goes to `receive_data`, and `response` ends the request. `wire` passes what is sent through the
    request's faults.
    """

    def __init__(
        self, service: Service, head: RequestHead, faults: tuple[Fault, ...], number: int
    ) -> None:
        self._service = service
        self._head = head
        self._number = number
        self._beginning = bytearray()
        self._body = bytearray()
        self._arrived = 0
        self._size = 0
        self._form: Form | None = None
        self._decoder: ContentDecoder | None = None
        self._refusal: ApiError | None = None
        self._match: Match | None = None
        self._faults = faults
        self._asks = asks(head)
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
                if not isinstance(early, SendBytes):  # after which the answer is still to come
                    self._note()
                self.early = self._dressed(early) if isinstance(early, HttpResponse) else early
                return
        if self._refusal is not None and "expect" in head.headers:
            self._note()
            self.early = self._dressed(self._refusal.response(close=True))

    def _admit(self) -> None:
        """Find who answers, before the body comes; `ApiError` when nobody does."""
        self._service.check_key(self._head)
        if self._asks:
            return
        self._decoder = request_decoder(self._head)
        answer_coding(self._head, worth_it=False)
        match = self._found()
        if any(fault.answer() is not None for fault in self._faults):
            return
        self._match = match
        if match.file_fields is not None:
            content_type = self._head.headers.get("content-type", "")
            keep = not self._service.state.discard
            self._form = Form(content_type, match.file_fields, keep=keep)

    def _found(self) -> Match:
        """Find who answers; a path that is of sessions alone is refused for what it is."""
        try:
            return self._service.router.match(self._head)
        except ApiError as refusal:
            if refusal.status == 404:
                check_upgrade(self._head)
            raise

    def receive_data(self, data: bytes) -> HttpResponse | None:
        """Take the next bytes of the body; a response ends the request before the body does."""
        self._arrived += len(data)
        refusal = self._too_long(self._arrived)
        if self._refusal is not None:
            self._remember(data)
        else:
            try:
                for piece in (data,) if self._decoder is None else self._decoder.decode(data):
                    self._take(piece)
            except RemoteProtocolError as error:
                self._refusal = _badly_coded(error)
            except ApiError as error:
                if error.status == 413:
                    refusal = error
                self._refusal = error
        if refusal is None:
            return None
        self._note()
        return self._dressed(refusal.response(close=True))

    def _take(self, data: bytes) -> None:
        """Take the next bytes of the body without its codings."""
        self._remember(data)
        if refusal := self._too_long(self._size):
            raise refusal
        if self._form is not None:
            self._form.receive_data(data)
        elif self._match is not None:
            if self._size > _MOST_DOCUMENT:
                raise _too_long(_MOST_DOCUMENT)
            self._body += data

    def _remember(self, data: bytes) -> None:
        self._size += len(data)
        if (room := self._service.keep_body - len(self._beginning)) > 0:
            self._beginning += data[:room]

    def _too_long(self, size: int) -> ApiError | None:
        most = self._service.max_body
        return None if size <= most else _too_long(most)

    def upgrade(self) -> Upgrade | None:
        """Open a session, where the request is its opening handshake and nothing is against it."""
        if not self._asks or self._refusal is not None:
            return None
        if any(fault.answer() is not None for fault in self._faults):
            return None
        service = self._service
        messages: list[bytes] = []
        try:
            upgrade = opened(
                self._head,
                service.state,
                self._faults,
                self._scripted(),
                partial(service.router.answer, state=service.state),
                _keeper(messages, service.keep_body),
            )
        except ApiError as error:
            self._refusal = error
            return None
        except Exception as error:  # as in `response`
            self._refusal = mistake(error)
            return None
        self._note(messages)
        dressed = self._service.finished(self._head, HttpResponse(status=101), self._number)
        known = {name for name, _ in upgrade.fields}
        more = tuple(
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in dressed.headers
            if name.encode() not in known and name.startswith(("x-", "openai-", "server"))
        )
        return upgrade._replace(fields=upgrade.fields + more)

    def _scripted(self) -> Scripted:
        found = (fault.script() for fault in self._faults)
        return next((each for each in found if each is not None), Scripted())

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
            response = mistake(error).response()
        return self._dressed(response)

    def wire(self, actions: Iterator[Action | NeedData]) -> Iterator[Action | NeedData]:
        """Return what is really done for the answer, or the session, that `actions` would be."""
        if self._service.latency > 0:
            actions = _after(self._service.latency, actions)
        for fault in self._faults:
            actions = fault.wire(actions)
        return actions

    def _answer(self) -> HttpResponse:
        if self._refusal is not None:
            raise self._refusal
        if self._decoder is not None:
            try:
                self._decoder.finish()
            except RemoteProtocolError as error:
                raise _badly_coded(error) from None
        if self._match is None:
            return HttpResponse()
        form = self._form
        if form is not None:
            form.receive_data(b"")
        document = self._document() if form is None else form.document()
        if self._head.deployment is not None:
            document = {**document, "model": self._head.deployment}
        return self._match.handler(
            Call(
                head=self._head,
                path=self._match.path,
                document=document,
                state=self._service.state,
                scripted=self._scripted(),
                files={} if form is None else form.files,
                is_form=form is not None,
            )
        )

    def _document(self) -> Object:
        """The body: JSON, or an offer (RFC 3264) that stands for itself."""
        if self._head.headers.get("content-type") == "application/sdp":
            return {"sdp": self._body.decode("utf-8", "replace")}
        return read_document(self._body) if self._body else {}

    def _dressed(self, response: HttpResponse) -> HttpResponse:
        for fault in self._faults:
            response = fault.shape(response)
        return self._service.finished(self._head, response, self._number)

    def _note(self, messages: list[bytes] | None = None) -> None:
        head = self._head
        self._service.saw(
            RecordedRequest(
                method=head.method,
                path=head.path,
                query=head.query,
                headers=redacted(head.headers),
                deployment=head.deployment,
                body=bytes(self._beginning),
                size=self._size,
                messages=[] if messages is None else messages,
            )
        )


def _keeper(messages: list[bytes], room: int) -> Callable[[bytes], None]:
    """Return what remembers what is said in a session, as far as there is room."""

    def keep(data: bytes) -> None:
        nonlocal room
        room -= len(data)
        if room >= 0:
            messages.append(data)

    return keep


def _too_long(most: int) -> ApiError:
    return ApiError(413, f"The body is longer than {most} bytes.", code="body_too_large")


def _badly_coded(error: RemoteProtocolError) -> ApiError:
    return ApiError(400, f"Could not read the body: {error}.", code="invalid_content_encoding")


def _after(seconds: float, actions: Iterator[Action | NeedData]) -> Iterator[Action | NeedData]:
    yield Pause(seconds)
    yield from actions
