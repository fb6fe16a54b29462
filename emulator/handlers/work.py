"""One request to a route of the catalogue: what it names, what it says, and how to answer."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...core.api.type_names import codec_of
from ...core.request.answer_kinds import JsonAnswer, PageAnswer
from ..fake_data import model_fields
from ..fake_data.instances import Maker, class_of, fits, has, overlaid
from ..http.errors import no_file, not_found
from ..http.json_documents import Object, is_object, member, text
from ..http.request import RequestHead
from ..http.response import HttpResponse
from ..requests.call import Call
from ..requests.catalogue import Catalogue, Route
from ..requests.typed_checks import hints
from ..store.statuses import advance, begun, is_moving
from ..store.stored_objects import Objects

_OWN: Final = frozenset({"object", "stream"})
"""What an answer never takes over from a request."""
_LATER: Final = frozenset({"expires_at", "last_used_at"})
"""What a new object does not have unless it was asked for."""


class Work:
    """A request whose route is known and whose parameters were checked."""

    def __init__(
        self,
        route: Route,
        catalogue: Catalogue,
        call: Call,
        ask: Callable[[RequestHead, Object], HttpResponse],
    ) -> None:
        self.ask = ask
        """Answers a request that the emulator makes of itself; `ApiError` where it is refused."""
        self.route = route
        self.catalogue = catalogue
        self.call = call
        self.state = call.state
        self.body = call.document
        self.query = call.query
        self.path = "/" + "/".join(call.head.segments())
        self.values: Mapping[str, str] = dict(zip(route.names, call.path, strict=True))

    @property
    def objects(self) -> Objects:
        return self.state.objects

    @property
    def ref(self) -> Any:
        """The type of what is answered, or of an item of it."""
        answer = self.route.blueprint.answer
        if isinstance(answer, PageAnswer):
            return answer.item
        return answer.type if isinstance(answer, JsonAnswer) else None

    @property
    def wants_stream(self) -> bool:
        """Whether the caller asks for events."""
        if self.route.blueprint.events is None:
            return False
        accept = dict(self.route.blueprint.headers).get("Accept")
        asked = self.body.get("stream") is True or self.query.get("stream") is True
        return asked or accept == "text/event-stream"

    def made(self, ref: Any, key: str, *facts: Mapping[str, object], at: int = 0) -> Object:
        """Return an instance of `ref`, at a step of its course, with the facts that fit it.

        Of facts with the same name those given last hold. A new one (`at=0`) has the time, one at
        the end of its course has been there from the beginning.
        """
        now = self.state.now() if at == 0 else self.state.beginning
        document = Maker(key, now).make(ref)
        if not is_object(document):
            return {}
        if (cls := class_of(model_fields.resolve(ref), document)) is not None:
            document = begun(document, cls, now, at=at)
        return self.with_facts(document, ref, key, *facts)

    def with_facts(
        self, document: Object, ref: Any, key: str, *facts: Mapping[str, object]
    ) -> Object:
        """Return a document with those facts in it that fit it."""
        for each in facts:
            document = overlaid(document, ref, each, key=key, now=self.state.same_time())
        return document

    def lean(self, document: Object, ref: Any, said: Object) -> Object:
        """Leave out of a new object what could have been said of it and was not."""
        params = self.route.params()
        cls = class_of(model_fields.resolve(ref), document)
        if params is None or cls is None:
            return document
        known = hints(params)
        for field in model_fields.fields(cls):
            if field.name in said or not (field.name in known or field.name in _LATER):
                continue
            if not field.required:
                document.pop(field.name, None)
            elif field.name != "metadata" and fits(field.plain, None):
                document[field.name] = None
        return document

    def said(self) -> Object:
        """Return the fields of the request that an answer may take over."""
        said = {name: value for name, value in self.body.items() if name not in _OWN}
        for blobs in self.call.files.values():
            said = {"bytes": blobs[0].size, "filename": blobs[0].filename, **said}
        return said

    def scope(self) -> Object:
        """Return the values of the path, as fields: where the object of the path is."""
        inner: Object = {
            name.removesuffix("_id"): {"id": each} for name, each in self.values.items()
        }
        return {**inner, **self.values}

    def identity(self, ref: Any, param: str, name: str) -> Object:
        """Return the fields that say that an object of type `ref` is `name`."""
        facts: Object = {param: name}
        what = param.removesuffix("_id")
        if has(ref, what):
            facts[what] = {"id": name}
        if not has(ref, param):
            facts["id"] = name
        return facts

    def name_of(self, document: Object, param: str) -> str:
        """Return what an object is called in the path of its own."""
        inner = member(document, param.removesuffix("_id"), "id")
        return text(document.get(param)) or text(document.get("id")) or text(inner)

    def stored(self, path: str, name: str, param: str, ref: Any) -> Object:
        """Return an object as it is: the stored one, or one that is made up for the name.

        Raises 404 for one that was deleted, and for a made up one where those are not wanted.
        """
        document = self.objects.get(path, name)
        if document is not None:
            return self.shown(document, ref, path, name, param)
        if self.objects.is_gone(path, name) or not self.state.examples:
            raise not_found(param.removesuffix("_id").replace("_", " "), name, param=param)
        return self.example(path, name, param, ref)

    def check_file(self, name: object, param: str) -> None:
        """Refuse the id of a file that nobody uploaded, where nothing is made up."""
        if not self.state.examples and text(name) not in self.state.files:
            raise no_file(text(name), param)

    def example(self, path: str, name: str, param: str, ref: Any) -> Object:
        """Make up the object of a name."""
        key = f"{self.state.seed}{path}/{name}"
        return self.made(ref, key, self.scope(), self.identity(ref, param, name), at=-1)

    def shown(self, document: Object, ref: Any, path: str, name: str, param: str) -> Object:
        """Return a document as a `ref`, which may have other fields than it was stored with."""
        if fits(codec_of(ref).type, document):
            return document
        return self.made(ref, f"{path}/{name}", document, self.identity(ref, param, name), at=-1)

    def stepped(self, document: Object, ref: Any) -> Object:
        """Take a document one step further, and return it."""
        if (cls := class_of(model_fields.resolve(ref), document)) is not None:
            advance(document, cls, self.state)
        return document

    def polled(self, document: Object, ref: Any, *, status: int = 200) -> HttpResponse:
        """Answer with a document; tell when to look again, where it is still on its way."""
        response = HttpResponse.json(document, status=status)
        after = self.state.poll_after_ms
        cls = class_of(model_fields.resolve(ref), document)
        if after is None or cls is None or not is_moving(document, cls):
            return response
        return response.with_headers(("openai-poll-after-ms", str(after)))
