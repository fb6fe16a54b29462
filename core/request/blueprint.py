"""Blueprints: one endpoint's path, the place of each parameter, and its kind of answer.

Calling a blueprint with parameters gives an `Operation`. Parameters left out (or `omit`) are not
sent; `None` is sent as null in a JSON body and left out of a query.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ..http.body import Body, BytesBody, JsonBody
from ..http.path import fill
from ..terms.http_message import header_name, header_value
from ..terms.omit import is_omitted, not_omitted, omit
from ..terms.secret import Secret, SecretValue
from .answer_kinds import (
    Answer,
    AnswerChoice,
    EventsAnswer,
    JsonAnswer,
    PageAnswer,
    checked_end,
)
from .operation import Operation
from .options import NAMES as OPTIONS
from .timeout import Timeout

Params = Mapping[str, Any]


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """How to build the operations of one endpoint."""

    name: str
    """Where the method stands in the client, as `chat.completions.create`."""
    method: str
    path: str
    """Below the base URL, with `{parameters}` in braces."""
    answer: Answer
    events: EventsAnswer | None = None
    """What it answers to `stream=True`."""
    choice: AnswerChoice | None = None
    """What it answers to some values of another parameter."""
    body: tuple[str, ...] = ()
    """Parameters that go into the body."""
    query: tuple[str, ...] = ()
    """Parameters that go into the query."""
    required: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    header_params: tuple[tuple[str, str], ...] = ()
    """Parameters that go into a header field: (parameter, field name)."""
    multipart: bool = False
    files: tuple[str, ...] = ()
    """Parameters that carry files, in a multipart body."""
    parts: tuple[tuple[str, str], ...] = ()
    """Parameters whose part of a multipart body has a content type: (parameter, content type)."""
    alone: str | None = None
    """The one of `parts` that is the whole body where it is the only parameter given."""
    json_without_files: bool = False
    """Whether the body is JSON where none of `files` is given."""
    respelled: tuple[str, ...] = ()
    """The way to a key in the body that is a word of Python's: callers may put `_` at its end."""
    admin: bool = False
    safe: bool = False
    alias_of: str | None = None
    """The method that has the same endpoint, whose answer is another one."""

    def __post_init__(self) -> None:
        if self.events is not None and isinstance(self.answer, JsonAnswer):
            events = msgspec.structs.replace(self.events, document=self.answer.type)
            msgspec.structs.force_setattr(self, "events", events)

    def __call__(self, params: Params, /, *path: object) -> Operation[Any, Any]:
        """Build the operation.

        Raises `TypeError` for an unknown or missing parameter, `ValueError` for an empty path
        parameter or one that would leave its segment.
        """
        names = params.keys()
        if not names <= _known(self):
            raise TypeError(self._unknown(names))
        params = not_omitted(params)
        for name in self.required:
            if name not in params:
                raise TypeError(f"{self.name}() needs the keyword {name!r}")
        options = names & OPTIONS
        if not options:
            return self._operation(params, {}, path)
        own = {k: v for k, v in params.items() if k not in options}
        return self._operation(own, {k: params[k] for k in options if k in params}, path)

    def _operation(
        self, own: Params, options: Params, path: tuple[object, ...]
    ) -> Operation[Any, Any]:
        answer = self.answer
        if self.events is not None and own.get("stream"):
            answer = self.events
        elif self.choice is not None:
            answer = self.choice.answer(own, answer)
        if "response_type" in options:
            answer = _retyped(answer, options["response_type"])
        if "stream_end" in options:
            answer = _ending(answer, options["stream_end"])
        model = own.get("model")
        return Operation(
            name=self.name,
            method=self.method,
            path=fill(self.path, *path) if path else self.path,
            answer=answer,
            query=self._query(own, options.get("extra_query")),
            headers=self._headers(own, options.get("extra_headers"), answer),
            body=self._body(own, options.get("extra_body")),
            timeout=Timeout.of(options["timeout"]) if "timeout" in options else msgspec.UNSET,
            safe=self.safe,
            admin=self.admin,
            model=model if isinstance(model, str) else None,
        )

    def _query(self, own: Params, extra: Params | None) -> tuple[tuple[str, str], ...]:
        if not (self.query or extra):
            return ()
        from ..http.query import encode_query

        pairs = {name: own[name] for name in self.query if name in own}
        return encode_query({**pairs, **extra} if extra else pairs)

    def _headers(
        self, own: Params, extra: Mapping[str, Any] | None, answer: Answer
    ) -> tuple[tuple[str, str | Secret | None], ...]:
        headers = self.headers
        if headers and isinstance(answer, EventsAnswer):
            headers = tuple(each for each in headers if each[0] != "accept")  # of the other answer
        if not (self.header_params or extra):
            return headers
        fields: dict[str, str | Secret | None] = dict(headers)
        for name, field in self.header_params:
            value = own.get(name)
            if value is not None:
                fields[field] = value if isinstance(value, str) else ",".join(map(str, value))
        for field, value in (extra or {}).items():
            key = header_name(field).decode()
            fields[key] = _field_value(field, value)
        return tuple(fields.items())

    def _body(self, own: Params, extra: Any) -> "Body | None":
        if not self.body and extra is None:
            return None
        fields = self._of_body(own)
        if self.multipart:
            return self._multipart(fields, extra)
        if extra is not None:
            if not isinstance(extra, Mapping):
                raise TypeError(f"extra_body={extra!r}: expected a mapping of fields to add")
            # A mapping, as was checked; isinstance leaves its types open.
            fields = {**fields, **cast("Mapping[str, Any]", extra)}
        if self.respelled:
            fields = _respelled(fields, self.respelled)
        return JsonBody.of(fields)

    def _of_body(self, own: Params) -> Params:
        if not (self.query or self.header_params):
            return own
        return {name: value for name, value in own.items() if name in self.body}

    def _multipart(self, fields: Params, extra: Any) -> "Body":
        files = {name: value for name, value in fields.items() if name in self.files}
        plain = {name: value for name, value in fields.items() if name not in self.files}
        if extra is not None:
            plain |= dict(extra)
        if self.json_without_files and all(each is None for each in files.values()):
            return JsonBody.of(plain | files)
        typed = self._typed(plain) if self.parts else {}
        if self.alone in typed and len(typed) == 1 and not (plain or files):
            _, data, kind = typed[self.alone]
            return BytesBody(data, kind)
        from ..http.multipart import MultipartBody

        return MultipartBody.of(plain, files | typed)

    def _typed(self, plain: dict[str, Any]) -> dict[str, tuple[None, bytes, str]]:
        """Take those out of `plain` that are parts with a content type: JSON, or text as it is."""
        from ..json.encode import encode

        found: dict[str, tuple[None, bytes, str]] = {}
        for name, kind in self.parts:
            value = plain.pop(name, omit)
            if value is not omit:
                text = kind != "application/json" and isinstance(value, str)
                found[name] = (None, value.encode() if text else encode(value), kind)
        return found

    def _unknown(self, names: Any) -> str:
        from ..terms.keywords import unknown_keyword

        known = _known(self)
        words = unknown_keyword(self.name, min(names - known), known)
        return f"{words}; unlisted fields go into extra_body"


def _field_value(field: str, value: Any) -> str | Secret | None:
    """What a header field is given, checked; a secret stays one."""
    if value is None or is_omitted(value):
        return None
    if isinstance(value, str):
        header_value(field, value)
        return value
    if not isinstance(value, Secret | SecretValue):
        return _field_value(field, str(value))
    secret = Secret.of(value, field)
    header_value(field, secret.unaudited())
    return secret


def _respelled(value: Any, way: tuple[str, ...]) -> Any:
    """Give the key at the end of a way in an object its own name; `value` stays as it is."""
    if not isinstance(value, Mapping):
        return value
    # An object's keys are strings, which isinstance leaves open.
    fields = dict(cast("Mapping[str, Any]", value))
    key, *rest = way
    if rest and key in fields:
        fields[key] = _respelled(fields[key], tuple(rest))
    elif not rest and f"{key}_" in fields:
        fields[key] = fields.pop(f"{key}_")
    return fields


_KNOWN: dict[str, tuple[Blueprint, frozenset[str]]] = {}


def _known(blueprint: Blueprint) -> frozenset[str]:
    """Every keyword that `blueprint` takes."""
    kept = _KNOWN.get(blueprint.name)
    if kept is None or kept[0] is not blueprint:  # two may have one name
        stream = ("stream",) if blueprint.events is not None else ()
        named = (name for name, _ in blueprint.header_params)
        own = (*blueprint.body, *blueprint.query)
        known = frozenset((*own, *named, *stream, *OPTIONS))
        kept = _KNOWN[blueprint.name] = (blueprint, known)
    return kept[1]


def _ending(answer: Answer, end: Any) -> Answer:
    """The answer with another end, if it is a stream: `stream=` may be decided at run time."""
    end = checked_end(end)
    if isinstance(answer, EventsAnswer):
        return msgspec.structs.replace(answer, end=end)
    return answer


def _retyped(answer: Answer, wanted: Any) -> Answer:
    match answer:
        case JsonAnswer():
            return JsonAnswer(wanted)
        case EventsAnswer():
            return msgspec.structs.replace(answer, type=wanted)
        case PageAnswer():
            return PageAnswer(answer.kind, wanted)
        case _:
            raise TypeError("response_type: this endpoint does not answer JSON")
