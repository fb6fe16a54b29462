"""How another process makes its client: what a recipe takes, refuses, and never has in it."""

import pickle
from typing import Any, Final

import pytest

from api_openai import Limits, Network, RateLimit, Secret, Timeout
from api_openai.bulk.recipe import Recipe, SharedLimit
from api_openai.policies import Retry

from . import clients_elsewhere

KEY: Final = "sk-proj-0123456789abcdefghij0123456789"


def test_a_client_is_made_of_keywords_and_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    recipe = Recipe(
        api_key="MY_KEY",
        base_url="http://localhost:8000/v1",
        timeout=Timeout(total=60),
        retry=Retry(3),
        default_headers={"OpenAI-Beta": "x=v1"},
    )
    data = pickle.dumps(recipe)
    client = pickle.loads(data).client()
    assert client.api_key == KEY
    assert (str(client.base_url), client.timeout) == (
        "http://localhost:8000/v1/",
        Timeout(total=60),
    ) or str(client.base_url).startswith("http://localhost:8000/v1")
    assert KEY.encode() not in data
    assert "MY_KEY" in repr(recipe)


def test_there_may_be_no_key() -> None:
    assert Recipe(api_key=None, base_url="http://localhost/v1").client().api_key == ""


def test_a_variable_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(OSError, match="MY_KEY is not set in this process"):
        Recipe(api_key="MY_KEY").client()


@pytest.mark.parametrize("given", ["tests.bulk.clients_elsewhere:make", clients_elsewhere.make])
def test_a_function_makes_it(given: Any) -> None:
    recipe = pickle.loads(pickle.dumps(Recipe(given)))
    assert recipe.client().api_key == "of-the-function"
    assert repr(recipe) == "Recipe('tests.bulk.clients_elsewhere:make')"


def test_a_function_of_another_kind_of_client_is_told() -> None:
    recipe = Recipe("tests.bulk.clients_elsewhere:make_blocking")
    with pytest.raises(TypeError, match="expected an AsyncClient, and it made Client"):
        recipe.client()


def main_function() -> Any:
    """One that says that it is of the main script."""


main_function.__module__ = "__main__"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: None, "expected 'module:function'"),
        ("no_colon", "expected 'module:function'"),
        ("tests.bulk.clients_elsewhere:gone", "there is no such function"),
        (main_function, "the main script is another one in a worker"),
    ],
    ids=["lambda", "text", "not there", "main"],
)
def test_what_others_cannot_import_is_refused(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recipe(given)


@pytest.mark.parametrize(
    ("keywords", "name"),
    [
        ({"api_key": KEY}, "api_key"),
        ({"api_key": "0123456789abcdef"}, "api_key"),
        ({"admin_api_key": "x"}, "admin_api_key"),
        ({"webhook_secret": "x"}, "webhook_secret"),
        ({"base_url": "http://user:hunter2@localhost/v1"}, "base_url"),
        ({"base_url": f"http://localhost/{KEY}/v1"}, "base_url"),
        ({"default_headers": {"Authorization": "Bearer hunter2"}}, "default_headers"),
        ({"default_headers": {"X-Title": KEY}}, "default_headers"),
        ({"default_query": {"code": "hunter2"}}, "default_query"),
        ({"project": Secret("hunter2")}, "project"),
        ({"organization": "0123456789abcdef" * 2}, "organization"),
        ({"transport": object()}, "transport"),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_what_may_be_a_key_is_refused_and_not_shown(keywords: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        Recipe(**keywords)
    for secret in (KEY, "hunter2", "0123456789abcdef"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "keywords",
    [
        {"base_url": "https://my-openai-resource-of-the-team.openai.azure.com/openai/v1"},
        {"organization": "org-0123456789AbCdEf", "project": "proj_0123456789AbCdEf"},
        {"network": Network(max_connections=200), "limits": Limits(), "max_retries": 3},
        {"rate_limit": RateLimit(requests=5)},
    ],
    ids=["url", "account", "settings", "limit"],
)
def test_plain_settings_are_taken(keywords: dict[str, Any]) -> None:
    pickle.loads(pickle.dumps(Recipe(api_key=None, **keywords))).client()


def test_what_is_wrong_is_said_where_it_is_made() -> None:
    def note(event: object) -> None:
        raise AssertionError(event)

    with pytest.raises(TypeError, match="base_uri"):
        Recipe(base_uri="http://localhost/v1")
    with pytest.raises(TypeError, match="do not go into a pickle"):
        Recipe(trace=note)
    with pytest.raises(TypeError, match="a function or keywords"):
        Recipe("tests.bulk.clients_elsewhere:make", timeout=3)
    with pytest.raises(TypeError, match="limit, rate_limit"):
        Recipe(
            rate_limit=RateLimit(requests=5), limit=SharedLimit("a", requests=5, when_lost="refuse")
        )


def test_a_shared_limit_is_made_in_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redis")
    monkeypatch.setenv("LIMITS", "redis://:hunter2@localhost:1/0")
    limit = SharedLimit("team", requests=500, seconds=60, when_lost="go on", url_from="LIMITS")
    data = pickle.dumps(Recipe(api_key=None, limit=limit))
    assert b"hunter2" not in data
    made: Any = pickle.loads(data).client().policies.rate_limit
    assert (made.requests, made.state.name, made.state.when_lost) == (500, "team", "go on")


def test_a_shared_limit_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMITS", raising=False)
    limit = SharedLimit("team", requests=500, when_lost="refuse", url_from="LIMITS")
    with pytest.raises(OSError, match="LIMITS is not set in this process"):
        limit.make()
    with pytest.raises(ValueError, match="url_from") as caught:
        SharedLimit("team", requests=5, when_lost="refuse", url_from="redis://:hunter2@localhost")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError, match="expected one of them at least"):
        SharedLimit("team", when_lost="refuse")
    with pytest.raises(ValueError, match="when_lost='perhaps'"):
        SharedLimit("team", requests=5, when_lost="perhaps")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
