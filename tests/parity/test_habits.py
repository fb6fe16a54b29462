"""Habits of callers of the official SDK, on every method: what is omitted, iterables, Python's words."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from api_openai import AsyncClient, AzureOpenAI, Client, Timeout, omit
from api_openai.core.json.values import is_list
from api_openai.core.request.options import NAMES
from api_openai.core.terms.omit import is_omitted

from ..support.methods import METHODS, Method, least, most, positionals
from ..support.official import Official
from ..support.recorder import Sent, Wire

GONE: Final[list[Any]] = [
    type(name, (), {"__module__": module, "__bool__": lambda _self: False})()  # pyright: ignore[reportUnknownLambdaType]
    for name in ("Omit", "NotGiven")
    for module in ("openai", "openai._types")
]
"""What the official SDK has for parameters that are left out, by name and module."""


def same(one: Sent, other: Sent) -> bool:
    """Whether two requests are one; each form has a boundary of its own."""
    if one.content_type == "multipart/form-data":
        return one.target == other.target and one.parts() == other.parts()
    return one == other


def test_they_are_what_the_sdk_has() -> None:
    openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    for gone in (openai.omit, openai.Omit(), openai.NOT_GIVEN, openai.not_given, openai.NotGiven()):
        assert is_omitted(gone)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_what_is_omitted_is_not_sent(method: Method, wire: Wire) -> None:
    few, places = least(method), positionals(method)
    options = NAMES - {"extra_headers"}
    names = (most(method).keys() | options) - few.keys()
    for gone in GONE:
        more = dict.fromkeys(names, gone) | few
        if method.events and not method.only_streams:
            more["stream"] = gone
        assert same(wire.sent(method.client, places, more), wire.sent(method.client, places, few))


@pytest.mark.parametrize("gone", [*GONE, omit], ids=repr)
def test_methods_of_several_calls_and_settings_take_it(gone: Any) -> None:
    client = Client(api_key="k", timeout=gone, base_url=gone, default_headers={"user-agent": gone})
    assert client.timeout == Timeout()
    assert client.base_url == Client(api_key="k").base_url
    assert client.with_options(timeout=gone, max_retries=gone, base_url=gone).timeout == Timeout()
    limited = AsyncClient(api_key="k", timeout=3).copy(timeout=gone, api_key=gone)
    assert limited.timeout == Timeout.of(3)
    azure = AzureOpenAI(api_key="k", azure_endpoint="https://a.test", api_version="v", timeout=gone)
    assert azure.with_options(timeout=gone, api_version=gone).timeout == Timeout()
    operations = client.chat.completions, client.responses
    for manager in (
        operations[0].stream(model="m", messages=[], response_format=gone, temperature=gone),
        operations[1].stream(model="m", input="x", text_format=gone, resume=gone, tools=gone),
        operations[1].stream(response_id="r", starting_after=gone, text_format=gone),
        operations[1].follow(model="m", background=True, response_id=gone, resume=gone),
    ):
        assert hasattr(manager, "__enter__")


def test_any_path_takes_it(wire: Wire) -> None:
    for gone in GONE:
        keywords: dict[str, Any] = {"body": {"a": gone, "b": [{"c": gone}]}, "files": gone}
        keywords |= {"query": {"q": gone}, "timeout": gone, "extra_body": gone}
        sent = wire.sent("post", ["/x"], keywords)
        assert (sent.target, sent.json()) == ("/v1/x", {"b": [{}]})
        assert wire.sent("post", ["/x"], {"body": gone}).body == b""


def generator(items: list[Any]) -> Iterator[Any]:
    yield from items


def mapped(items: list[Any]) -> Iterator[Any]:
    return map(dict[str, Any], items)


@pytest.mark.parametrize("made", [generator, mapped, tuple])
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_iterables_are_sent_as_lists(
    method: Method, made: Callable[[list[Any]], Any], wire: Wire
) -> None:
    given, places = most(method), positionals(method)
    for name, value in given.items():
        if name in method.files or not is_list(value):
            continue
        if made is not mapped or all(isinstance(each, dict) for each in value):
            expected = wire.sent(method.client, places, given)
            assert same(wire.sent(method.client, places, given | {name: made(value)}), expected)


def calls_with_iterators() -> Iterator[tuple[str, list[Any], Callable[[], dict[str, Any]]]]:
    messages = [{"role": "user", "content": "x"}]
    tool: dict[str, Any] = {"type": "function", "name": "f", "parameters": {}, "strict": None}
    parts = [{"type": "text", "text": "x"}]
    yield (
        "chat.completions.create",
        [],
        lambda: {"model": "m", "messages": (m for m in messages)},
    )
    yield (
        "chat.completions.create",
        [],
        lambda: {"model": "m", "messages": [{"role": "user", "content": map(dict, parts)}]},
    )
    yield (
        "responses.create",
        [],
        lambda: {"model": "m", "input": "x", "tools": filter(None, [tool])},
    )
    yield "embeddings.create", [], lambda: {"model": "m", "input": iter("ab"), "dimensions": 2}
    yield (
        "embeddings.create",
        [],
        lambda: {"model": "m", "input": {1: "a"}.values(), "encoding_format": "float"},
    )
    yield "beta.threads.create", [], lambda: {"messages": (m for m in messages)}
    yield "responses.input_items.list", ["r"], lambda: {"include": ["reasoning.encrypted_content"]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own
@pytest.mark.parametrize(
    ("path", "places", "keywords"), [*calls_with_iterators()], ids=lambda each: str(each)[:30]
)
def test_the_sdk_sends_the_same_of_iterators(
    path: str,
    places: list[Any],
    keywords: Callable[[], dict[str, Any]],
    wire: Wire,
    official: Official,
) -> None:
    ours, theirs = wire.sent(path, places, keywords()), official.sent(path, places, keywords())
    assert ours.query == theirs.query
    if theirs.body:
        body = theirs.json()
        if "encoding_format" not in keywords() and path == "embeddings.create":
            del body["encoding_format"]  # nothing is sent that was not given
        assert ours.json() == body


COMPACTION: Final[dict[str, Any]] = {"compaction": {"async_": True, "type": "auto"}}
RESPELLED: Final[dict[str, tuple[list[str], dict[str, Any]]]] = {
    "beta.agents.create": ([], {"model": "m", **COMPACTION}),
    "beta.agents.update": (["a"], COMPACTION),
    "beta.agents.sessions.create": (
        [],
        {"environment": {"type": "none"}, "agent": {"model": "m", **COMPACTION}},
    ),
}


@pytest.mark.parametrize("path", RESPELLED)
def test_the_words_of_python_are_sent_without_their_underline(
    path: str, wire: Wire, official: Official
) -> None:
    places, given = RESPELLED[path]
    ours, theirs = wire.sent(path, places, given), official.sent(path, places, given)
    assert b'"async"' in ours.body
    assert ours.json() == theirs.json()
