"""The official SDK and this client, called alike, send the same request: all methods, all keywords."""

import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import pytest

from api_openai.core.json.annotations import members
from api_openai.core.request.options import NAMES

from ..support.methods import METHODS, Keywords, Method, at, calls, most, params_of, positionals
from ..support.recorder import ADMIN_KEY, KEY, Sent, Wire

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


class Official:
    """The official client and what it sends."""

    def __init__(self) -> None:
        # Imported by name: it is not there when the tree is type-checked elsewhere.
        openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
        http: Any = importlib.import_module("httpx2")
        self._requests: list[Sent] = []
        self._refused: type[Exception] = openai.APIStatusError

        def answer(request: Any) -> Any:
            headers = {name.lower(): value for name, value in request.headers.items()}
            target = request.url.raw_path.decode()
            self._requests.append(Sent(request.method, target, headers, request.read()))
            return http.Response(418, json={})

        self.client: Any = openai.OpenAI(
            api_key=KEY,
            admin_api_key=ADMIN_KEY,
            base_url="http://api.test/v1",
            max_retries=0,
            http_client=http.Client(transport=http.MockTransport(answer)),
        )

    def sent(self, path: str, places: Sequence[object], given: Keywords) -> Sent:
        """Return the one request that a call of the method at `path` makes."""
        self._requests.clear()
        with pytest.raises(self._refused):
            at(self.client, path)(*places, **given)
        (request,) = self._requests
        return request


@pytest.fixture(scope="module")
def official() -> Official:
    return Official()


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
