"""Every method of the API stands where people look for it, and takes what they give it."""

import inspect
from typing import Any, get_args

import pytest

from api_openai import AsyncClient, Client
from api_openai.core.api.type_names import codec_of
from api_openai.core.request.answer_kinds import (
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    JsonAnswer,
    PageAnswer,
)
from api_openai.core.request.operation import Operation
from api_openai.core.request.options import NAMES, Options
from api_openai.core.terms.omit import Omit

from ..support.methods import (
    METHODS,
    Method,
    at,
    least,
    most,
    params_class,
    params_of,
    positionals,
    type_named,
    values,
)

CLIENT = Client(api_key="k")
ROOTS = {
    "Client": CLIENT,
    "AsyncClient": AsyncClient(api_key="k"),
    "Client.with_raw_response": CLIENT.with_raw_response,
    "Client.with_streaming_response": CLIENT.with_streaming_response,
    "AsyncClient.with_raw_response": AsyncClient(api_key="k").with_raw_response,
    "AsyncClient.with_streaming_response": AsyncClient(api_key="k").with_streaming_response,
}
OTHER_ANSWERS = {
    "files.retrieve_content": "text of what `content` has as bytes",
    "fine_tuning.checkpoints.permissions.retrieve": "the page itself",
}
"""Aliases whose answer is another than that of their method."""

each_method = pytest.mark.parametrize("method", METHODS, ids=str)


def built(_method: Method, /, *args: object, **keywords: Any) -> Operation[Any, Any]:
    """The operation of a method of the blocking client."""
    operation: Operation[Any, Any] = at(CLIENT, _method.client).operation(*args, **keywords)
    return operation


def test_these_are_all() -> None:
    assert len(METHODS) == len({method.client for method in METHODS}) == 388
    assert sum(len(method.aliases) for method in METHODS) == 8


@each_method
def test_it_is_there(method: Method) -> None:
    builder = at(CLIENT, method.client).operation
    for path in method.paths:
        for name, root in ROOTS.items():
            found = at(root, path)
            if path not in OTHER_ANSWERS:
                assert found.operation is builder, name


@each_method
def test_each_resource_has_its_views(method: Method) -> None:
    for path in method.paths:
        resource, _, name = path.rpartition(".")
        for root in (ROOTS["Client"], ROOTS["AsyncClient"]):
            for view in ("with_raw_response", "with_streaming_response"):
                found = getattr(at(root, f"{resource}.{view}"), name)
                assert found.operation is at(root, path).operation


@each_method
def test_its_signature(method: Method) -> None:
    """Path parameters positional, and by name too, or by name only; all else by name."""
    kind = inspect.Parameter
    parameters = inspect.signature(at(CLIENT, method.client)).parameters.values()
    found = {each.name: each for each in parameters}
    places = [each.name for each in found.values() if each.kind is kind.POSITIONAL_OR_KEYWORD]
    assert places == [each.name for each in method.params if each.positional]
    for param in method.of("path"):
        assert found[param.name].default is kind.empty
        assert found[param.name].kind is not kind.POSITIONAL_ONLY


@each_method
def test_its_typed_dict_has_every_keyword(method: Method) -> None:
    for path in method.paths:
        operation = at(CLIENT, path).operation
        taken = params_class(operation)
        wanted = {each.name for each in method.keywords if each.where != "local"}
        if method.events and not method.only_streams:
            wanted.discard("stream")  # a parameter of its own
        if taken is Options:
            assert wanted == set()
            continue
        assert set(taken.__annotations__) - NAMES == wanted
        needed = {each.name for each in method.keywords if each.required}
        assert taken.__required_keys__ == needed
        for name in wanted - needed:
            kind = params_of(path)[name]
            assert Omit in get_args(kind) or kind is Any


@each_method
def test_what_else_is_known_of_it(method: Method) -> None:
    operation = built(method, *positionals(method), **least(method))
    assert operation.name == method.client
    assert operation.admin == method.admin
    assert operation.safe == (method.method in ("GET", "DELETE"))  # RFC 9110 section 9.2.2


@each_method
def test_it_takes_every_keyword(method: Method) -> None:
    given = least(method)
    built(method, *positionals(method), **most(method))
    for param in method.keywords:
        for value in values(method, param):
            built(method, *positionals(method), **(given | {param.name: value}))


@each_method
def test_it_takes_no_other_keyword(method: Method) -> None:
    for path in method.paths:
        for root in (CLIENT, ROOTS["AsyncClient"]):
            with pytest.raises(TypeError, match="'nonsense'"):
                at(root, path)(*positionals(method), **least(method), nonsense=1)


@each_method
def test_it_asks_for_what_it_needs(method: Method) -> None:
    given = least(method)
    for name in given:
        others = {key: value for key, value in given.items() if key != name}
        with pytest.raises(TypeError, match=f"'{name}'"):
            built(method, *positionals(method), **others)
    if names := positionals(method):
        with pytest.raises(TypeError, match="missing"):
            built(method, *names[1:], **given)


@each_method
def test_positional_ones_may_be_named(method: Method) -> None:
    names = {each.name: f"{each.name}_1" for each in method.of("path")}
    assert built(method, **(least(method) | names)) == built(
        method, *positionals(method), **least(method)
    )


@each_method
def test_its_answer_is_typed(method: Method) -> None:
    answer = built(method, *positionals(method), **least(method)).answer
    if method.only_streams:
        check_events(method, answer)
    elif method.answer is None:
        assert answer == EmptyAnswer()
    elif method.answer == "bytes":
        assert answer == BytesAnswer()
    else:
        name = method.answer.partition(" | ")[0]  # where there are several, of which it is one
        if method.page:
            assert isinstance(answer, PageAnswer)
            assert answer.kind == method.page
            kind = answer.item
        else:
            assert isinstance(answer, JsonAnswer)
            kind = answer.type
        assert codec_of(kind).type is type_named(method.client, name)


def check_events(method: Method, answer: object) -> None:
    assert isinstance(answer, EventsAnswer)
    assert method.events is not None
    assert codec_of(answer.type).type is type_named(method.client, method.events)


@each_method
def test_its_stream_is_typed(method: Method) -> None:
    given = least(method)
    streams = any(each.name == "stream" for each in method.params)
    assert streams == (method.events is not None and not method.only_streams)
    if not streams:
        with pytest.raises(TypeError, match="stream"):
            built(method, *positionals(method), **given, stream=True)
        return
    check_events(method, built(method, *positionals(method), **given, stream=True).answer)
    for off in (False, None):
        whole = built(method, *positionals(method), **given, stream=off).answer
        assert whole == built(method, *positionals(method), **given).answer
        assert not isinstance(whole, EventsAnswer)


@each_method
def test_it_is_documented_and_says_its_path(method: Method) -> None:
    doc = inspect.getdoc(at(CLIENT, method.client)) or ""
    path = method.path.partition("?")[0]
    assert doc.startswith(f"`{method.method} {path}` answers")
