"""Writes `core/operations`: for each method a blueprint, and the functions that use it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .description import Method, Param
from .expressions import Annotations
from .naming import HEADER, function_name, identifier
from .nodes import Object, Ref
from .plan import Types
from .tables import TERMINAL


def module(name: str, methods: Iterable[Method], models: Types, params: Types) -> str:
    """Return the text of the module `name`: its methods, in the order of the description."""
    endpoints = [_Endpoint(method, models, params) for method in methods]
    body = [line for each in endpoints for line in each.text()]
    head = f'"""Operations of `{name}`: arguments in, a request that is not sent out."""\n'
    return "\n".join([HEADER, head, *_imports(endpoints), *body])


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a method answers: how it is written, and what has to be imported for that."""

    text: str
    ref: str
    """As the codec takes it: `'module:Name'`, or an expression."""
    imports: tuple[tuple[str, str], ...] = ()
    """Modules of types, and names in them."""


class _Endpoint:
    def __init__(self, method: Method, models: Types, params: Types) -> None:
        self.method = method
        self.kind = _kind(models, f"{method.client}:answer")
        self.event = _kind(models, f"{method.client}:events") if method.events else None
        self.options = "Options"
        self.facts: dict[str, str] = {}
        request = params.roots.get(f"{method.client}:request")
        if isinstance(request, Ref):
            self.options = params.names[request.place]
            shape = params.shapes[request.place]
            if isinstance(shape, Object):
                self.facts = {each.name: each.facts for each in shape.fields if each.facts}

    def text(self) -> Iterator[str]:
        name = function_name(self.method.client)
        constant = f"_{name.rstrip('_').upper()}"
        yield from self._blueprint(constant)
        values = ", ".join(identifier(each) for each in path_names(self.method))
        for suffix, literal, kind in self._variants():
            given = f"options, {values}" if values else "options"
            yield f"def {name}{suffix}({self._signature(literal)}) -> {kind}:"
            yield from self._docstring(suffix)
            if literal is not None:
                if suffix == "":
                    yield "    if stream is None:"
                    yield f"        return {constant}({given})"
                given = given.replace("options", '{**options, "stream": stream}', 1)
            yield f"    return {constant}({given})"
            yield ""

    def _blueprint(self, constant: str) -> Iterator[str]:
        method = self.method
        answer, events = self.answers()
        sent = [each for each in method.params if each.where not in ("path", "local")]
        headers = [each.name for each in sent if each.where == "header"]
        fields: dict[str, str | None] = {
            "name": repr(method.client),
            "method": repr(method.verb),
            "path": repr(method.path),
            "answer": answer,
            "events": events,
            "body": _names(each for each in sent if each.where == "body"),
            "query": _names(each for each in sent if each.where == "query"),
            "required": _names(each for each in sent if each.required),
            "headers": repr(method.headers) if method.headers else None,
            "header_params": (
                repr(tuple(zip(headers, method.dynamic, strict=False))) if headers else None
            ),
            "multipart": "True" if method.multipart else None,
            "files": repr(method.files) if method.files else None,
            "admin": "True" if method.admin else None,
            "safe": "True" if method.verb in ("GET", "HEAD", "PUT", "DELETE") else None,
        }
        yield f"{constant} = Blueprint("
        for key, value in fields.items():
            if value is not None:
                yield f"    {key}={value},"
        yield ")\n"

    def answers(self) -> tuple[str, str | None]:
        """The answer of the method, and that of its stream, as expressions."""
        method = self.method
        stream = None
        if self.event is not None:
            terminal = TERMINAL.get(self.event.text)
            stream = f"EventsAnswer({self.event.ref}{f', {terminal!r}' if terminal else ''})"
        if method.answer is None:
            return "EmptyAnswer()", stream
        if method.binary:
            return "BytesAnswer()", stream
        if method.page:
            return f"PageAnswer({method.page!r}, {self.kind.ref})", stream
        return f"JsonAnswer({self.kind.ref})", stream

    def _signature(self, literal: str | None) -> str:
        """Path parameters, positional in the method's order or by keyword; `stream`; options."""
        by_name = {each.name: each for each in self.method.params}
        names = path_names(self.method)
        positional = [each.name for each in self.method.params if each.positional]
        parts = [f"{identifier(name)}: str" for name in positional]
        keywords = [f"{identifier(name)}: str" for name in names if not by_name[name].positional]
        if literal is not None:
            keywords.append(f"stream: {literal}")
        if keywords:
            parts += ["*", *keywords]
        return ", ".join([*parts, f"**options: Unpack[{self.options}]"])

    def _variants(self) -> Iterator[tuple[str, str | None, str]]:
        """(suffix of the name, annotation of `stream`, return type) of each function."""
        kind = self.kind.text
        if self.method.answer is None:
            kind = "None"
        elif self.method.binary:
            kind = "BinaryContent"
        if self.method.page:
            yield "", None, f"Operation[Page[{kind}], AsyncPage[{kind}]]"
        elif self.event is None:
            yield "", None, f"Operation[{kind}, {kind}]"
        else:
            event = self.event.text
            streams = f"Stream[{event}]", f"AsyncStream[{event}]"
            yield "", "Literal[False] | None = None", f"Operation[{kind}, {kind}]"
            yield "_stream", "Literal[True]", f"Operation[{', '.join(streams)}]"
            yield "_either", "bool", f"Operation[{kind} | {f', {kind} | '.join(streams)}]"

    def _docstring(self, suffix: str) -> Iterator[str]:
        method = self.method
        if suffix:
            how = "with `stream=True`" if suffix == "_stream" else "with `stream` not known before"
            yield f'    """`{function_name(method.client)}` {how}."""'
            return
        answer = f"`{self.kind.text}`"
        if method.answer is None:
            answer = "nothing"
        elif method.binary:
            answer = "bytes"
        elif method.page:
            answer = f"pages of {answer}"
        yield f'    """`{method.verb} {method.path.partition("?")[0]}` answers {answer}.'
        more: list[str] = []
        if self.event is not None:
            more.append(f"With `stream=True` the answer is a stream of `{self.event.text}`.")
        own = [each for each in method.params if each.where not in ("path", "local")]
        if required := [f"`{each.name}`" for each in own if each.required]:
            more.append(f"Required: {', '.join(required)}.")
        if method.admin:
            more.append("Takes the admin key.")
        if method.deprecated:
            more.append("Deprecated by the API.")
        if more or self.facts:
            yield ""
            yield from (f"    {line}" for line in more)
        if self.facts:
            yield "    Known limits and defaults:"
            yield from (
                f"    - `{name}`: {facts[:1].lower()}{facts[1:]}"
                for name, facts in self.facts.items()
            )
        yield '    """'


def _kind(models: Types, root: str) -> _Kind:
    node = models.roots.get(root)
    if node is None:
        return _Kind("object", "object")
    names = dict.fromkeys(models.named(node))
    imports = tuple((models.homes[place], models.names[place]) for place in names)
    if isinstance(node, Ref) and node.place in models.names:
        home, name = imports[0]
        return _Kind(name, repr(f"{home}:{name}"), imports)
    text = Annotations(models).write(node)
    return _Kind(text, text, imports)


def _imports(endpoints: list[_Endpoint]) -> Iterator[str]:
    """The imports of a module; what only annotations name is imported for checkers alone."""
    methods = [each.method for each in endpoints]
    answers = {text.partition("(")[0] for each in endpoints for text in each.answers() if text}
    streams = any(each.event for each in endpoints)
    yield "from __future__ import annotations\n"
    yield f"from typing import TYPE_CHECKING, {'Literal, ' if streams else ''}Unpack\n"
    yield "from ..blueprint import Blueprint"
    yield f"from ..operation import {', '.join(sorted({*answers, 'Operation'}))}\n"
    yield "if TYPE_CHECKING:"
    if any(each.binary for each in methods):
        yield "    from ..binary import BinaryContent"
    if any(each.options == "Options" for each in endpoints):
        yield "    from ..options import Options"
    if any(each.page for each in methods):
        yield "    from ..pages import AsyncPage, Page"
    params = sorted({each.options for each in endpoints} - {"Options"})
    if params:
        yield f"    from ..params.{methods[0].area} import {', '.join(params)}"
    if streams:
        yield "    from ..stream import AsyncStream, Stream"
    used: dict[str, set[str]] = {}
    for each in endpoints:
        for home, name in (*each.kind.imports, *(each.event.imports if each.event else ())):
            used.setdefault(home, set()).add(name)
    for home, names in sorted(used.items()):
        yield f"    from ..types.{home} import {', '.join(sorted(names))}"
    yield ""


def path_names(method: Method) -> list[str]:
    """The names in a path template, in order."""
    return [part.partition("}")[0] for part in method.path.split("{")[1:]]


def _names(params: Iterable[Param]) -> str | None:
    names = tuple(each.name for each in params)
    return repr(names) if names else None
