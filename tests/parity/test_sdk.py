"""The official SDK and this client, called alike, send the same request: all methods, all keywords."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import pytest

from api_openai.core.json.annotations import members
from api_openai.core.request.options import NAMES

from ..support.methods import METHODS, Keywords, Method, at, calls, most, params_of, positionals
from ..support.official import Official
from ..support.recorder import Sent, Wire

COMPARED: Final = ("authorization", "openai-beta", "idempotency-key", "accept")
"""Header fields that matter."""


ENOUGH: Final = defaultdict[str, frozenset[str]](frozenset) | {
    client: frozenset(names.split())
    for client, names in (
        ("audio.voices.create", "audio_sample consent"),
        ("beta.agents.automations.create", "expression timezone"),
        ("beta.agents.environments.files.create", "file_id"),
        ("admin.organization.external_keys.create", "external_id kms_arn role_arn"),
    )
}
"""What the SDK asks for beyond what the API always needs: one of several sets of arguments."""


def form(request: Sent) -> object:
    """The body, as it can be compared."""
    match request.content_type:
        case "application/json" if request.body:
            return request.json()
        case "multipart/form-data":
            return sorted(request.parts(), key=repr)
        case _:
            return request.body


def kind(request: Sent) -> str | None:
    """What the body is; the SDK names a type where there is none, too."""
    return request.content_type if request.body else None


def rows(request: Sent) -> dict[str, Any]:
    """What is compared."""
    found = {
        "method": request.method,
        "path": request.path,
        "query": sorted(request.query),
        "content-type": kind(request),
        "body": form(request),
    }
    return found | {name: request.headers.get(name) for name in COMPARED}


def meant(method: Method, given: Keywords, theirs: dict[str, Any]) -> dict[str, Any]:
    """What this client means to send, where the SDK sends `theirs`."""
    streams = given.get("stream") or given.get("stream_format") == "sse"
    if streams or theirs["accept"] == "text/event-stream":
        return theirs | {"accept": "text/event-stream, application/json"}  # one stream, or an error
    if method.client == "embeddings.create" and "encoding_format" not in given:
        body = dict(theirs["body"])
        assert body.pop("encoding_format") == "base64"  # nothing is sent that was not given
        return theirs | {"body": body}
    return theirs


def asked(method: Method) -> Iterator[Keywords]:
    """The calls that are made: of what both take, and what the SDK takes to be enough."""
    enough = {name: each for name, each in most(method).items() if name in ENOUGH[method.client]}
    local = {each.name for each in method.of("local")}
    for given in calls(method):
        yield {name: each for name, each in (enough | given).items() if name not in local}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_the_same_request(method: Method, wire: Wire, official: Official) -> None:
    places = positionals(method)
    for path in method.paths:
        for given in asked(method):
            ours = wire.sent(path, places, given)
            theirs = official.sent(path, places, given)
            assert rows(ours) == meant(method, given, rows(theirs)), given


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_the_same_keywords(method: Method, official: Official) -> None:
    for path in method.paths:
        parameters = inspect.signature(at(official.client, path)).parameters.values()
        taken = {each.name: each.kind for each in parameters if each.name not in NAMES}
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert set(taken) == {each.name for each in method.params}
        assert [name for name, kind in taken.items() if kind is positional] == [
            each.name for each in method.params if each.positional
        ]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_value_that_the_sdk_names(method: Method, official: Official) -> None:
    """Typed as taken: the emulator, and who checks his types, would refuse it otherwise."""
    known = get_type_hints(inspect.unwrap(at(official.client, method.client).__func__))
    for name, kind in params_of(method.client).items():
        if str not in members(kind) and name in known:
            assert values_of(known[name]) <= values_of(kind), name


def values_of(kind: Any) -> set[object]:
    """The values that the literals in a union name."""
    literals = [each for each in members(kind) if get_origin(each) is Literal]
    return {value for each in literals for value in get_args(each)} - {None}
