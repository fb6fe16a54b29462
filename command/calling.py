"""One method, called: from what was given to an operation, and from its answer to the output."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..client.endpoint_options import fields_from_environment
from ..core.json.encode import encode
from ..core.json.provenance import meta
from ..core.json.values import fields_of, items
from ..core.request.answer_kinds import (
    Answer,
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    PageAnswer,
    TextAnswer,
)
from ..core.request.blueprint import Blueprint
from ..core.request.credentials import account_fields
from ..core.request.operation import Operation
from ..core.terms.base_errors import LocalProtocolError
from ..core.terms.json_text import decode_json
from .arguments import Given
from .connecting import client_of, extras, refuse_password
from .parameters import Method
from .printing import Output
from .progress import at_terminal
from .sources import Sources
from .stream_texts import TEXTS, Text
from .usage import DONE, UsageError
from .values import json_object, value_of
from .words import area_of

if TYPE_CHECKING:
    from ..client.client import Client
    from .progress import Progress

__all__ = ["call", "operation_of"]

_OPERATIONS: Final = f"{(__package__ or '').rpartition('.')[0]}.core.api.operations"
_CURL_BASE: Final = "https://api.openai.com/v1"


def call(method: Method, given: Given) -> int:
    """Carry a command line out; return the exit code."""
    progress = None if given.has("curl") else at_terminal()
    operation = operation_of(method, given, progress)
    with Output(given.option("output"), given.option("format")) as output:
        _refuse_what_does_not_fit(operation.answer, given, output)
        if given.has("curl"):
            output.line(_curl(operation, given).encode())
            return DONE
        with client_of(given, admin=operation.admin) as client:
            if progress is not None and output.terminal:
                output.first(progress.over)
            try:
                _answer(client, operation, given, output, progress)
            finally:
                if progress is not None:
                    progress.over()
    return DONE


def operation_of(method: Method, given: Given, progress: "Progress | None") -> Operation[Any, Any]:
    """Build what a command line asks for; `UsageError` for what the method does not take."""
    sources = Sources()
    keywords: dict[str, Any] = {
        name: value_of(method.parameters[name], raws, sources, progress)
        for name, raws in given.parameters.items()
    }
    keywords |= extras(given, sources)
    if (body := given.option("extra-body")) is not None:
        keywords["extra_body"] = json_object("--extra-body", body, sources)
    path = [given.path[name] for name in method.path]
    try:
        return _blueprint(method.name)(keywords, *path)
    except (TypeError, ValueError, LocalProtocolError) as error:
        raise UsageError(str(error)) from None


def _blueprint(name: str) -> Blueprint:
    module = import_module(f"{_OPERATIONS}.{area_of(name)}")
    return next(
        each
        for each in vars(module).values()
        if isinstance(each, Blueprint) and each.name == name and each.alias_of is None
    )


def _refuse_what_does_not_fit(answer: Answer, given: Given, output: Output) -> None:
    """Raise `UsageError`, before anything is sent, for options that mean nothing for an answer."""
    if given.has("all") and not isinstance(answer, PageAnswer):
        raise UsageError("--all: this method answers no pages")
    if output.how == "text" and _text_in(answer) is None:
        raise UsageError("--format=text: this answer is no stream of text")
    if given.has("curl"):
        if given.has("emulator"):
            raise UsageError("--curl: it cannot reach an emulator that is in this process")
    elif isinstance(answer, BytesAnswer) and output.terminal and not output.forced:
        raise UsageError(
            "the answer is bytes, and standard output is a terminal: --output=FILE writes them to "
            "a file, --output=- to the terminal all the same"
        )


def _curl(operation: Operation[Any, Any], given: Given) -> str:
    """The command, with the header fields that are the client's and no credentials."""
    refuse_password(given)
    environment = os.environ.get
    accounts = account_fields(
        given.option("organization") or environment("OPENAI_ORG_ID"),
        given.option("project") or environment("OPENAI_PROJECT_ID"),
    )
    own = fields_from_environment(dict(operation.headers))
    fields = (*accounts.items(), *own.items(), *operation.headers)
    url = given.option("base-url") or environment("OPENAI_BASE_URL") or _CURL_BASE
    return msgspec.structs.replace(operation, headers=fields).to_curl(url)


def _answer(
    client: "Client",
    operation: Operation[Any, Any],
    given: Given,
    output: Output,
    progress: "Progress | None",
) -> None:
    match operation.answer:
        case BytesAnswer():
            _bytes(client, operation, output, progress)
        case EventsAnswer():
            with client.send(operation) as stream:
                _events(stream, operation.answer, output)
        case EmptyAnswer():
            client.send(operation)
        case TextAnswer():
            output.text(client.send(operation))
            output.end_line()
        case PageAnswer() if given.has("all"):
            for page in client.send(operation).iter_pages():
                for item in items(fields_of(decode_json(_raw(page.document))).get("data")):
                    output.line(encode(item)) if output.how is None else output.document(
                        encode(item)
                    )
        case PageAnswer():
            output.document(_raw(client.send(operation).document))
        case _:
            output.document(_raw(client.send(operation)))


def _raw(answer: Any) -> bytes:
    """The document as the server sent it; of what carries none, what it says."""
    raw = meta(answer).raw
    return encode(answer) if raw is None else raw


def _bytes(
    client: "Client",
    operation: Operation[Any, Any],
    output: Output,
    progress: "Progress | None",
) -> None:
    """Write a body as it comes; an error leaves what has come of it."""
    with client.deliver(operation, "streaming") as response:
        if progress is not None and output.terminal:
            progress = None  # the bytes are what there is to be seen
        if progress is not None:
            progress.over()
            size = response.headers.get("content-length", "")
            progress.expect(int(size) if size.isdecimal() else None)
        for data in response.iter_bytes():
            output.raw(data)
            if progress is not None:
                progress.add(len(data))
    output.flush()


def _text_in(answer: Answer) -> Text | None:
    """What finds the text of events, where there is text in them."""
    kind = answer.type if isinstance(answer, EventsAnswer) else ""
    return TEXTS.get(str(kind).rpartition(":")[2])


def _events(stream: Any, answer: EventsAnswer, output: Output) -> None:
    """Write the events of a stream: their text in a terminal, a line of JSON for each otherwise."""
    text_of = _text_in(answer)
    if text_of is None or not (output.how == "text" or (output.how is None and output.terminal)):
        for event in stream:
            output.line(_raw(event)) if output.how is None else output.document(_raw(event))
        return
    held: list[bytes] = []
    """Events before the first text: all there is to show, if no text comes."""
    shown = False
    try:
        for event in stream:
            raw = _raw(event)
            text = text_of(fields_of(decode_json(raw)))
            if text:
                output.text(text)
                shown = True
            elif not shown:
                held.append(raw)
    finally:
        output.end_line()
        if not shown:
            for raw in held:
                output.line(raw)
