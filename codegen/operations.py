"""Writes `core/api/operations`: for each method a blueprint, and the functions that use it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from .description import Description, Method, Param
from .expressions import Annotations, literals
from .naming import HEADER, function_name
from .nodes import Object, Ref
from .plan import Types
from .tables import CHOICES, JSON_WITHOUT_FILES, PARTS, RESPELLED, STREAMS, Answered

PAGES: Final = "...answers.pages"
STREAM: Final = "...answers.stream"


def module(
    name: str, methods: Iterable[Method], models: Types, params: Types, description: Description
) -> str:
    """Return the text of the module `name`: its methods, in the order of the description."""
    endpoints = [Endpoint(method, models, params, description) for method in methods]
    body = [line for each in endpoints for line in each.text()]
    head = f'"""Operations of `{name}`: arguments in, a request that is not sent out."""\n'
    return "\n".join([HEADER, head, *_imports(endpoints), *body])


@dataclass(frozen=True, slots=True)
class Kind:
    """What a caller gets: how blocking and async callers write it, and what the core needs."""

    text: str
    later: str
    """For async callers."""
    answer: str
    """The answer as an expression: `JsonAnswer('chat:ChatCompletion')`."""
    shown: str
    """The answer in words."""
    imports: tuple[tuple[str, str], ...] = ()
    """Modules below `core`, and names in them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the functions of a method: some keywords have a type of their own there."""

    suffix: str
    kinds: tuple[Kind, ...]
    """What it answers; several where that is not known before."""
    keywords: dict[str, str] = field(default_factory=dict[str, str])
    """Annotations, with defaults."""
    said: str = ""
    """Which of the functions it is, for its docstring."""

    @property
    def returns(self) -> str:
        sync, later = ([getattr(each, at) for each in self.kinds] for at in ("text", "later"))
        return f"Operation[{' | '.join(sync)}, {' | '.join(later)}]"


class Endpoint:
    """A method, as its blueprint and functions have it."""

    def __init__(
        self, method: Method, models: Types, params: Types, description: Description
    ) -> None:
        self.method = method
        self.options = "Options"
        self.facts: dict[str, str] = {}
        self._models = models
        self._description = description
        request = f"{method.client}:request"
        node = params.roots.get(request)
        if isinstance(node, Ref):
            self.options = PARTS[request][0] if method.client in CHOICES else ""
            self.options = self.options or params.names[node.place]
            shape = params.shapes[node.place]
            if isinstance(shape, Object):
                self.facts = {each.name: each.facts for each in shape.fields if each.facts}
        self.answer = self._answer()
        self.event = self._stream() if method.events else None
        """Its stream, with `stream=True`; of what does nothing but stream, the answer."""
        self.variants = list(self._variants())

    def text(self) -> Iterator[str]:
        name = function_name(self.method.client)
        constant = f"_{name.rstrip('_').upper()}"
        yield from self._blueprint(constant)
        values = ", ".join(path_names(self.method))
        for variant in self.variants:
            given = f"options, {values}" if values else "options"
            yield f"def {name}{variant.suffix}({self._signature(variant)}) -> {variant.returns}:"
            yield from self._docstring(variant)
            if variant.keywords:
                if list(variant.keywords) == ["stream"] and not variant.suffix:
                    yield "    if stream is None:"
                    yield f"        return {constant}({given})"
                added = ", ".join(f'"{each}": {each}' for each in variant.keywords)
                given = given.replace("options", f"{{**options, {added}}}", 1)
            yield f"    return {constant}({given})"
            yield ""

    def _answer(self) -> Kind:
        method = self.method
        if method.only_streams:
            return self._stream()
        if method.answer is None:
            return Kind("None", "None", "EmptyAnswer()", "nothing")
        if method.binary:
            return BYTES
        if method.answer == "str":
            return TEXT
        if not method.page:
            return self._json("answer")
        ref, item, imports = _type(self._models, f"{method.client}:answer")
        imports += ((PAGES, "AsyncPage"), (PAGES, "Page"))
        answer = f"PageAnswer({method.page!r}, {ref})"
        return Kind(f"Page[{item}]", f"AsyncPage[{item}]", answer, f"pages of `{item}`", imports)

    def _json(self, end: str) -> Kind:
        ref, name, imports = _type(self._models, f"{self.method.client}:{end}")
        return Kind(name, name, f"JsonAnswer({ref})", f"`{name}`", imports)

    def _stream(self) -> Kind:
        ref, event, imports = _type(self._models, f"{self.method.client}:events")
        known = "".join(f", {key}={value!r}" for key, value in STREAMS.get(event, {}).items())
        imports += ((STREAM, "AsyncStream"), (STREAM, "Stream"))
        answer = f"EventsAnswer({ref}{known})"
        shown = f"a stream of `{event}`"
        return Kind(f"Stream[{event}]", f"AsyncStream[{event}]", answer, shown, imports)

    def _answered(self, choice: Answered) -> Kind:
        match choice.kind:
            case "bytes":
                return BYTES
            case "text":
                return TEXT
            case "events":
                return self._stream()
            case "json":
                return self._json(f"answer/{choice.suffix}" if choice.suffix else "answer")

    def _blueprint(self, constant: str) -> Iterator[str]:
        method = self.method
        sent = [each for each in method.params if each.where not in ("path", "local")]
        headers = {each.name for each in sent if each.where == "header"}
        stream = self.event.answer if self.event is not None and not method.only_streams else None
        flags = {
            "multipart": method.multipart,
            "json_without_files": method.client in JSON_WITHOUT_FILES,
            "admin": method.admin,
            "safe": method.verb in ("GET", "HEAD", "PUT", "DELETE"),
        }
        fields: dict[str, str | None] = {
            "name": repr(method.client),
            "method": repr(method.verb),
            "path": repr(method.sent),
            "answer": self.answer.answer,
            "events": stream,
            "choice": self._choice(),
            "body": _names(each for each in sent if each.where == "body"),
            "query": _names(each for each in sent if each.where == "query"),
            "required": _names(each for each in sent if each.required),
            "headers": _some(method.headers),
            "header_params": _some(tuple(pair for pair in method.dynamic if pair[0] in headers)),
            "files": _some(method.files),
            "parts": _some(tuple(self._description.encodings(method).items())),
            "alone": _some(self._description.alone(method)),
            "alias_of": _some(method.alias_of),
            "respelled": _some(RESPELLED.get(method.client, ())),
            **{name: "True" if flag else None for name, flag in flags.items()},
        }
        yield f"{constant} = Blueprint("
        for key, value in fields.items():
            if value is not None:
                yield f"    {key}={value},"
        yield ")\n"

    def _choice(self) -> str | None:
        if self.method.client not in CHOICES:
            return None
        parameter, choices = CHOICES[self.method.client]
        pairs = [
            f"({value!r}, {self._answered(each).answer})"
            for each in choices
            if each.suffix
            for value in each.values
        ]
        return f"AnswerChoice({parameter!r}, ({', '.join(pairs)},))"

    def _variants(self) -> Iterator[Variant]:
        """The functions: each known answer, the stream, and what is not known before."""
        chosen, choices = CHOICES.get(self.method.client, ("", ()))
        stream = None if self.method.only_streams or not self.method.events else self.event
        off = {"stream": "Literal[False] | None = None"} if stream else {}
        if stream and choices:
            off = {"stream": "Literal[False] | Omit | None = omit"}
        kinds = [self._answered(each) for each in choices] or [self.answer]
        if not choices:
            yield Variant("", (self.answer,), off)
        for each, kind in zip(choices, kinds, strict=False):
            default = "" if each.suffix else " | Omit = omit"
            own = {chosen: f"Literal[{literals(each.values)}]{default}"}
            suffix = f"_{each.suffix}" if each.suffix else ""
            said = f"with `{chosen}={each.values[0]!r}`" + " and its like" * bool(each.values[1:])
            yield Variant(suffix, (kind,), own | off, said)
        some = {chosen: "str | Omit = omit"} if choices else {}
        if stream is not None:
            yield Variant(
                "_stream", (stream,), {**some, "stream": "Literal[True]"}, "with `stream=True`"
            )
            some["stream"] = "bool | Omit | None = omit" if choices else "bool"
            kinds.append(stream)
        if some:
            names = " and ".join(f"`{each}`" for each in some)
            yield Variant("_either", tuple(kinds), some, f"with {names} not known before")

    def _signature(self, variant: Variant) -> str:
        """Path parameters, positional in the method's order or by keyword; keywords; options."""
        by_name = {each.name: each for each in self.method.params}
        names = path_names(self.method)
        positional = [each.name for each in self.method.params if each.positional]
        parts = [f"{name}: str" for name in positional]
        keywords = [f"{name}: str" for name in names if not by_name[name].positional]
        keywords += [f"{name}: {kind}" for name, kind in variant.keywords.items()]
        if keywords:
            parts += ["*", *keywords]
        return ", ".join([*parts, f"**options: Unpack[{self.options}]"])

    def _docstring(self, variant: Variant) -> Iterator[str]:
        method = self.method
        if variant.suffix:
            yield f'    """`{function_name(method.client)}` {variant.said}."""'
            return
        yield f'    """`{method.verb} {method.sent.partition("?")[0]}` answers {self.answer.shown}.'
        more: list[str] = []
        if method.client in CHOICES:
            parameter, answered = CHOICES[method.client]
            for each in answered:
                if each.suffix:
                    values = " or ".join(f'"{value}"' for value in each.values)
                    more.append(
                        f"With `{parameter}` {values} the answer is {self._answered(each).shown}."
                    )
        if any("stream" in each.keywords for each in self.variants) and self.event is not None:
            more.append(f"With `stream=True` the answer is {self.event.shown}.")
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


BYTES = Kind(
    "BinaryContent",
    "BinaryContent",
    "BytesAnswer()",
    "bytes",
    (("...answers.binary", "BinaryContent"),),
)
TEXT = Kind("str", "str", "TextAnswer()", "text")


def _type(models: Types, root: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """A root as the codec takes it (`'module:Name'`, or a type), as annotations, and imports."""
    node = models.roots[root]
    names = dict.fromkeys(models.named(node))
    imports = tuple((f"..types.{models.homes[place]}", models.names[place]) for place in names)
    if isinstance(node, Ref) and node.place in models.names:
        home, name = models.homes[node.place], models.names[node.place]
        return repr(f"{home}:{name}"), name, imports
    text = Annotations(models).write(node)
    return text, text, imports


def _imports(endpoints: list[Endpoint]) -> Iterator[str]:
    """The imports of a module; what only annotations name is imported for checkers alone."""
    variants = [each for endpoint in endpoints for each in endpoint.variants]
    kinds = {kind for each in variants for kind in each.kinds}
    answers = {each.answer.partition("(")[0] for each in kinds}
    keywords = " ".join(text for each in variants for text in each.keywords.values())
    if any(each.method.client in CHOICES for each in endpoints):
        answers.add("AnswerChoice")
    yield "from __future__ import annotations\n"
    yield f"from typing import TYPE_CHECKING, {'Literal, ' if 'Literal' in keywords else ''}Unpack\n"
    yield "from ...request.blueprint import Blueprint"
    if "omit" in keywords:
        yield "from ...terms.omit import omit"
    if answers:
        yield f"from ...request.answer_kinds import {', '.join(sorted(answers))}"
    yield "\nif TYPE_CHECKING:"
    used = {"...request.operation": {"Operation"}}
    if "Omit" in keywords:
        used["...terms.omit"] = {"Omit"}
    for kind in kinds:
        for home, name in kind.imports:
            used.setdefault(home, set()).add(name)
    for each in endpoints:
        home = f"..params.{each.method.area}"
        if each.options == "Options":
            home = "...request.options"
        used.setdefault(home, set()).add(each.options)
    for home, names in sorted(used.items()):
        yield f"    from {home} import {', '.join(sorted(names))}"
    yield ""


def path_names(method: Method) -> list[str]:
    """The names in a path template, in order."""
    return [part.partition("}")[0] for part in method.path.split("{")[1:]]


def _names(params: Iterable[Param]) -> str | None:
    return _some(tuple(each.name for each in params))


def _some(value: object) -> str | None:
    return repr(value) if value else None
