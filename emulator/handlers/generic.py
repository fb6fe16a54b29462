"""Handler of the routes without one of their own, by verb and form of the path.

POST /things              makes one and keeps it       GET /things          lists them
GET /things/{id}          shows one, a step further    POST /things/{id}    changes it
DELETE /things/{id}       forgets it                   POST /things/{id}/do does it to one
GET, POST, DELETE /thing  there is one, or none
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...core.request.answer_kinds import BytesAnswer, EmptyAnswer, JsonAnswer, PageAnswer
from ..fake_data import model_fields
from ..fake_data.instances import class_of
from ..fake_data.media import sample
from ..fake_data.words import id_prefix
from ..http.errors import not_found
from ..http.json_documents import Object, is_array, is_object
from ..http.response import HttpResponse
from ..requests.catalogue import Catalogue
from ..store.paging import listed
from ..store.statuses import act
from .work import Work


def plain(work: Work) -> HttpResponse:
    """Answer by the rules for all routes."""
    route = work.route
    if work.wants_stream:
        from .event_streams import every_event

        return every_event(work)
    match route.blueprint.answer:
        case PageAnswer():
            return list_(work) if route.method == "GET" else page_of(work)
        case BytesAnswer():
            return content(work)
        case EmptyAnswer():
            if route.method == "DELETE" and route.is_item:
                forget(work)
            return HttpResponse(status=204)
        case _:
            return _DOCUMENTS[route.method](work)


def _get(work: Work) -> HttpResponse:
    ref = work.ref
    if not work.route.is_item:
        return HttpResponse.json(single(work, ref))
    path, _, name = work.path.rpartition("/")
    document = work.stored(path, name, work.route.names[-1], ref)
    return work.polled(work.stepped(document, ref), ref)


def _post(work: Work) -> HttpResponse:
    route = work.route
    if route.is_item:
        return HttpResponse.json(update(work))
    if route.parts in _collections(work.catalogue):
        return HttpResponse.json(create(work, work.path, route.path))
    if any(each.method == "GET" for each in work.catalogue.at(route.path)):
        key = f"{work.state.seed}{work.path}"
        before = work.objects.singles.get(work.path, {})
        document = work.made(work.ref, key, before, work.scope(), work.said())
        work.objects.singles[work.path] = document
        return HttpResponse.json(document)
    if len(route.parts) > 2 and route.parts[-2].startswith("{"):
        return action(work)
    above = "/".join(route.path.split("/")[:-1])
    if above and item_ref(work.catalogue, above) == work.ref:
        return HttpResponse.json(create(work, work.path.rpartition("/")[0], above))
    key = work.state.new_id("")
    return HttpResponse.json(work.made(work.ref, key, work.scope(), work.said()))


def _delete(work: Work) -> HttpResponse:
    if work.route.is_item:
        return HttpResponse.json(forget(work))
    work.objects.singles.pop(work.path, None)
    return HttpResponse.json(work.made(work.ref, work.path, work.scope()))


_DOCUMENTS: Final[Mapping[str, Callable[[Work], HttpResponse]]] = {
    "GET": _get,
    "POST": _post,
    "DELETE": _delete,
}


def _collections(catalogue: Catalogue) -> set[tuple[str, ...]]:
    """Return the paths that have objects below them, among the routes imported so far."""
    found: set[tuple[str, ...]] = set()
    for each in catalogue.routes:
        if each.is_list:
            found.add(each.parts)
        for at, part in enumerate(each.parts):
            if part.startswith("{"):
                found.add(each.parts[:at])
    return found


def item_ref(catalogue: Catalogue, template: str) -> Any:
    """Return the type of the objects in a collection; `None` where that is not known."""
    parts = tuple(template.split("/")[1:])
    for each in catalogue.routes:
        answer = each.blueprint.answer
        if each.parts[:-1] == parts and each.is_item and each.method == "GET":
            return answer.type if isinstance(answer, JsonAnswer) else None
    for each in catalogue.at(template):
        answer = each.blueprint.answer
        if isinstance(answer, PageAnswer):
            return answer.item
        if isinstance(answer, JsonAnswer) and each.method == "POST":
            return answer.type
    return None


def item_param(catalogue: Catalogue, template: str) -> str:
    """Return how the path of an object in a collection calls its name."""
    parts = tuple(template.split("/")[1:])
    for each in catalogue.routes:
        if each.parts[: len(parts)] == parts and len(each.parts) > len(parts):
            following = each.parts[len(parts)]
            if following.startswith("{"):
                return following[1:-1]
    return "id"


def create(work: Work, path: str, template: str, *facts: Mapping[str, object]) -> Object:
    """Make an object, keep it in the collection at `path`, and return it as it is answered."""
    param, said = item_param(work.catalogue, template), work.said()
    ref = item_ref(work.catalogue, template) or work.ref
    given = said.get(param)
    name = given if isinstance(given, str) else work.state.new_id(id_prefix(ref, param), 24)
    key = f"{path}/{name}"
    document = work.made(work.ref, key, work.scope(), said, work.identity(work.ref, param, name))
    document = work.lean(document, work.ref, said)
    if facts:
        document = work.with_facts(document, work.ref, key, *facts)
    kept = document
    if ref != work.ref:
        kept = work.made(ref, key, work.scope(), said, document, work.identity(ref, param, name))
    work.objects.put(path, name, kept, created=True)
    for blobs in work.call.files.values():
        work.state.put(work.state.blobs, f"{path}/{name}", blobs[0])
    return document


def update(work: Work) -> Object:
    """Change the object that the path names."""
    path, _, name = work.path.rpartition("/")
    param = work.route.names[-1]
    template = work.route.path.rpartition("/")[0]
    ref = item_ref(work.catalogue, template) or work.ref
    before = work.stored(path, name, param, ref)
    after = work.made(ref, f"{path}/{name}", before, work.said(), at=-1)
    # What is not in the changes stays as it was, what the type leaves out included.
    after = {each: value for each, value in after.items() if each in before or each in work.body}
    work.objects.put(path, name, after)
    return work.shown(after, work.ref, path, name, param)


def action(work: Work) -> HttpResponse:
    """Do something to the object that the path names before its last part."""
    path, name, verb = work.path.rsplit("/", 2)
    param, ref = work.route.names[-1], work.ref
    template = "/" + "/".join(work.route.parts[:-2])
    kept = item_ref(work.catalogue, template)
    if kept != ref:
        before = work.objects.get(path, name) or {}
        key = work.state.new_id("")
        identity = {param: name} if kept is None else work.identity(ref, param, name)
        return HttpResponse.json(work.made(ref, key, before, work.scope(), identity, work.said()))
    document = work.stored(path, name, param, ref)
    if (cls := class_of(model_fields.resolve(ref), document)) is not None:
        act(document, cls, verb, work.state)
    work.objects.put(path, name, document)
    return work.polled(document, ref)


def forget(work: Work) -> Object:
    """Forget the object that the path names, and return what is answered."""
    path, _, name = work.path.rpartition("/")
    param, ref = work.route.names[-1], work.ref
    if work.objects.is_gone(path, name) or not (
        work.state.examples or work.objects.get(path, name) is not None
    ):
        raise not_found(param.removesuffix("_id").replace("_", " "), name, param=param)
    before = work.objects.get(path, name) or {}
    work.objects.delete(path, name)
    if ref is None:
        return {}
    identity = work.identity(ref, param, name)
    return work.made(ref, work.path, before, work.scope(), identity, {"deleted": True})


def single(work: Work, ref: Any) -> Object:
    """Return the one object of a path."""
    kept = work.objects.singles.get(work.path, {})
    return work.made(ref, f"{work.state.seed}{work.path}", work.scope(), kept, at=-1)


def rows(work: Work) -> list[Object]:
    """Return the objects in the collection of the path, the oldest first.

    Where nothing ever was, one is made up, so that there is something to see.
    """
    ref = work.ref
    param = item_param(work.catalogue, work.route.path)
    kept = work.objects.of(work.path)
    if kept is not None:
        return [work.shown(each, ref, work.path, name, param) for name, each in kept.items()]
    if not work.state.examples:
        return []
    key = f"{work.state.seed}{work.path}"
    made = work.made(ref, key, work.scope(), at=-1)
    name = work.name_of(made, param)
    return [work.example(work.path, name, param, ref)] if name else [made]


def list_(work: Work) -> HttpResponse:
    """Answer with a page of the collection."""
    answer = work.route.blueprint.answer
    assert isinstance(answer, PageAnswer)
    return HttpResponse.json(listed(rows(work), work.query, answer.kind))


def page_of(work: Work) -> HttpResponse:
    """Answer a POST that makes or changes several objects: one for each of the ids it names."""
    answer = work.route.blueprint.answer
    assert isinstance(answer, PageAnswer)
    named = [
        (name[:-1], each)
        for name, value in work.body.items()
        if name.endswith("_ids") and is_array(value)
        for each in value
    ]
    kept = work.route.parts in _collections(work.catalogue)
    found: list[Object] = []
    for param, name in named or [("id", work.state.new_id(""))]:
        facts: Object = {param: name}
        if not kept:
            facts["id"] = name
        key = work.state.new_id("")
        document = work.made(work.ref, key, work.scope(), work.said(), facts)
        found.append(document)
        if kept and is_object(document):
            called = work.name_of(document, "id") or key
            work.objects.put(work.path, called, document, created=True)
    return HttpResponse.json(listed(found, {"order": "asc", "limit": len(found) or 1}, answer.kind))


def content(work: Work) -> HttpResponse:
    """Answer with bytes: of the file that was uploaded, or with an example of their kind."""
    blob = work.state.blobs.get(work.path.removesuffix("/content"))
    if blob is not None and blob.content is not None:
        fields = (("content-type", blob.content_type),)
        return HttpResponse(headers=fields, body=bytes(blob.content))
    kind, data = sample(work.route.name)
    return HttpResponse(headers=(("content-type", kind),), body=data)
