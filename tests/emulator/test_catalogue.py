"""The catalogue: every route of the API is found, and as little as that takes is loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api_openai.core.terms.http_message import Headers
from api_openai.emulator import Emulator, RequestHead
from api_openai.emulator.http.errors import ApiError
from api_openai.emulator.requests.catalogue import Catalogue, Route
from api_openai.emulator.routing.handlers_by_operation import BETA_RESPONSES, HANDLERS

from .peer import ask
from .samples import routes

ROUTES = routes()
METHODS = json.loads((Path(__file__).parents[1] / "facts" / "methods.json").read_text("utf-8"))


def head(route: Route) -> RequestHead:
    parts = [f"{part[1:-1]}_1" if part.startswith("{") else part for part in route.parts]
    name, _, value = route.query.partition("=")
    return RequestHead(
        route.method, "/" + "/".join(parts), {name: value} if name else {}, Headers()
    )


def test_it_has_every_method_of_the_api() -> None:
    assert sorted(each.name for each in ROUTES) == sorted(each["client"] for each in METHODS)
    assert len({(each.method, each.blueprint.path) for each in ROUTES}) == len(METHODS)


def test_every_path_finds_its_route_with_as_few_areas_as_that_takes() -> None:
    loaded: list[int] = []
    for route in ROUTES:
        catalogue = Catalogue()
        found, values = catalogue.find(head(route))
        assert (found.method, found.blueprint.path) == (route.method, route.blueprint.path)
        assert values == tuple(f"{name}_1" for name in route.names)
        loaded.append(len(catalogue.routes))
    assert sorted(loaded)[len(loaded) // 2] < len(ROUTES) / 2


def test_parameters_are_those_of_the_builders() -> None:
    by_name = {each.name: each for each in ROUTES}
    params = by_name["vector_stores.files.create"].params()
    assert params.__name__ == "FileCreateParams"
    assert params.__module__.endswith("core.api.params.vector_stores")
    assert by_name["vector_stores.retrieve"].params() is None
    for route in ROUTES:
        blueprint = route.blueprint
        if blueprint.body or blueprint.query:
            assert route.params() is not None, route
    assert repr(by_name["uploads.create"]) == "Route(POST /uploads)"


def test_operations_with_handlers_are_there() -> None:
    assert {*HANDLERS, *BETA_RESPONSES} <= {each.name for each in ROUTES}


@pytest.mark.parametrize("path", ["/nope", "/threads", "/organization", "/vector_stores//files"])
def test_other_paths_are_not_there(path: str) -> None:
    if path == "/threads":
        with pytest.raises(ApiError) as refused:
            Catalogue().find(RequestHead("GET", path))
        assert (refused.value.status, refused.value.code) == (405, "method_not_allowed")
        assert refused.value.headers == (("allow", "POST"),)
        return
    with pytest.raises(ApiError) as refused:
        Catalogue().find(RequestHead("GET", path))
    assert (refused.value.status, refused.value.code) == (404, "unknown_url")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/assistants", "GET, POST"),
        ("POST", "/threads/thread_1/runs/run_1/steps", "GET"),
        ("DELETE", "/uploads", "POST"),
        ("GET", "/audio/speech", "POST"),
    ],
)
def test_methods_that_a_path_does_not_have(method: str, path: str, allowed: str) -> None:
    answer = ask(Emulator(), method, path, headers={"openai-beta": "assistants=v2"})
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.error["code"] == "method_not_allowed"


def test_chat_does_not_load_the_rest_of_the_api() -> None:
    program = """
import sys
from api_openai import Client
from api_openai.emulator import Emulator, MemoryTransport
client = Client(api_key="k", transport=MemoryTransport(Emulator()))
client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
client.files.create(file=b"x", purpose="user_data")
loaded = [name.removeprefix("api_openai.") for name in sys.modules if "api_openai." in name]
print(*(name for name in loaded if name.startswith("core.api.params.")))
print(*(name for name in loaded if name.endswith(("requests.catalogue", "handlers.generic"))))
print(len([name for name in loaded if name.startswith(("core.api.types.", "core.api.operations."))]) < 12)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.split("\n")[:3] == ["", "", "True"]


def test_a_document_goes_where_a_form_is_expected_if_it_has_no_file() -> None:
    assert ask(Emulator(), "POST", "/videos", {"prompt": "A cat"}).document["prompt"] == "A cat"
    refused = ask(Emulator(), "POST", "/audio/transcriptions", {"model": "whisper-1"})
    assert (refused.status, refused.error["param"]) == (400, "file")
    refused = ask(Emulator(), "POST", "/uploads/upload_1/parts", {"data": "abc"})
    assert (refused.status, refused.error["code"]) == (400, "invalid_type")
