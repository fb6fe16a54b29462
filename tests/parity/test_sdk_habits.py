"""What inspection and attributes of a client show, beside the official SDK: habits, not requests."""

import inspect
from typing import Any, Final

import pytest

from api_openai import AsyncClient, Client
from api_openai.core.request.options import NAMES
from api_openai.core.terms.omit import omit

from ..support.methods import HELPERS, METHODS, Helper, Method, at

CLIENT: Final = Client(api_key="k", admin_api_key="a")
ASYNC: Final = AsyncClient(api_key="k", admin_api_key="a")
VIEWS: Final = ("with_raw_response", "with_streaming_response")
OWN: Final = {"beta.agents.sessions.create": {"on_tool_error"}}
"""Keywords that the SDK has not."""
ORDER: Final = frozenset(
    """
    admin.organization.external_keys.create admin.organization.projects.groups.roles.delete
    admin.organization.projects.groups.roles.retrieve
    admin.organization.projects.spend_alerts.update audio.voices.create
    beta.agents.automations.create beta.agents.environments.create
    beta.agents.environments.files.create beta.agents.sessions.create beta.responses.compact beta.responses.create
    beta.responses.input_items.list beta.responses.input_tokens.count beta.responses.retrieve
    beta.threads.runs.create beta.threads.runs.steps.retrieve vector_stores.files.update
    """.split()
)
"""Methods whose keywords the SDK does not put in the order of the alphabet."""


@pytest.fixture(scope="module")
def openai() -> Any:
    return pytest.importorskip("openai", reason="the official SDK is not installed")


@pytest.fixture(scope="module")
def official(openai: Any) -> Any:
    return openai.OpenAI(api_key="k", admin_api_key="a")


@pytest.fixture(scope="module")
def official_async(openai: Any) -> Any:
    return openai.AsyncOpenAI(api_key="k", admin_api_key="a")


@pytest.mark.parametrize("each", [*METHODS, *HELPERS], ids=str)
def test_inspection_shows_each_keyword(each: Method | Helper) -> None:
    for client in (CLIENT, ASYNC):
        signature = inspect.signature(at(client, each.client))
        for parameter in signature.parameters.values():
            assert parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            assert parameter.annotation is not parameter.empty
            assert parameter.name not in NAMES or parameter.default in (None, omit)
        assert (
            each.client.endswith("connect")
            or "extra_headers" in signature.parameters
            or (each.client.startswith(("webhooks.", "beta.agents.")))
        )


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_the_same_parameters(method: Method, official: Any) -> None:
    ours = inspect.signature(at(CLIENT, method.client)).parameters
    theirs = inspect.signature(at(official, method.client)).parameters
    own = OWN.get(method.client, set())
    named = [name for name in ours if name not in NAMES and name not in own]
    known = [name for name in theirs if name not in NAMES]
    assert sorted(named) == sorted(known)
    assert (named == known) != (method.client in ORDER)
    for name in known:
        none = (ours[name].default, theirs[name].default)
        assert (none[0] is inspect.Parameter.empty) == (none[1] is inspect.Parameter.empty), name


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("each", [*METHODS, *HELPERS], ids=str)
def test_a_method_has_the_name_that_it_is_called_by(each: Method | Helper) -> None:
    name = each.client.rpartition(".")[2]
    assert at(CLIENT, each.client).__name__ == {"create_and_stream": "stream"}.get(name, name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("each", [*METHODS, *HELPERS], ids=str)
def test_the_same_is_awaited(each: Method | Helper, official_async: Any) -> None:
    resource, _, name = each.client.rpartition(".")
    for path in (each.client, *(f"{resource}.{view}.{name}" for view in VIEWS)):
        assert not inspect.iscoroutinefunction(_at(CLIENT, path))
        if (theirs := _at(official_async, path)) is None or (ours := _at(ASYNC, path)) is None:
            continue  # a method of several calls has no view
        awaited = inspect.iscoroutinefunction(inspect.unwrap(theirs))  # decorators hide some
        plain = path == each.client
        assert inspect.iscoroutinefunction(ours) == (awaited if plain else path.count("raw") == 1)


def _at(root: object, path: str) -> Any:
    try:
        return at(root, path)
    except AttributeError:
        return None


ATTRIBUTES: Final[dict[str, Any]] = {
    "api_key": "sk-1",
    "admin_api_key": "sk-2",
    "organization": "org",
    "project": "proj",
    "max_retries": 3,
    "websocket_base_url": "wss://x.test/v1",
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_reads_and_is_set_as_theirs(name: str, openai: Any) -> None:
    first, second = ATTRIBUTES[name], ATTRIBUTES[name] * 2 if name != "websocket_base_url" else None
    for kind, theirs in ((Client, openai.OpenAI), (AsyncClient, openai.AsyncOpenAI)):
        given: Any = {"api_key": "k"} | {name: first}
        clients = kind(**given), theirs(**given)
        assert [getattr(client, name) for client in clients] == [first, first]
        for client in clients:
            setattr(client, name, second)
        assert [getattr(client, name) for client in clients] == [second, second]


def test_a_base_url_differs_in_its_last_slash(openai: Any) -> None:
    ours = Client(api_key="k", base_url="http://x.test/v1/")
    theirs = openai.OpenAI(api_key="k", base_url="http://x.test/v1/")
    assert f"{ours.base_url}/" == str(theirs.base_url)


def test_with_options_has_their_keywords(openai: Any) -> None:
    ours = inspect.signature(CLIENT.with_options).parameters
    theirs = inspect.signature(openai.OpenAI(api_key="k").with_options).parameters
    missing = {name for name in theirs if name not in ours and name[0] != "_"}
    assert missing == {"http_client"}  # a client of its own takes one


def test_header_fields_of_the_environment(openai: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-A: 1: 2\nnothing\n X-B : 3 \nX-C:")
    given: Any = {"api_key": "k", "default_headers": {"X-B": "mine"}}
    ours, theirs = Client(**given).default_headers, openai.OpenAI(**given).default_headers
    for name in ("X-A", "X-B", "X-C"):
        assert ours[name] == theirs[name]
