"""Every builder makes the request that the API asks for, and is typed for its answer."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from api_openai.core.codec import codec
from api_openai.core.http.body import JsonBody
from api_openai.core.http.multipart import MultipartBody
from api_openai.core.operation import (
    BytesAnswer,
    EmptyAnswer,
    EventsAnswer,
    JsonAnswer,
    Operation,
    PageAnswer,
)
from api_openai.core.operations import chat, files, models, responses

FACTS = Path(__file__).parent.parent / "facts" / "methods.json"
Method = dict[str, Any]
METHODS: list[Method] = json.loads(FACTS.read_text())


def client_path(method: Method) -> str:
    return str(method["client"])


each_method = pytest.mark.parametrize("method", METHODS, ids=client_path)


def builder(method: Method) -> Any:
    """The function that builds a method's operations."""
    area, *rest = client_path(method).split(".")
    module = import_module(f"api_openai.core.operations.{area}")
    name = "_".join(rest)
    return getattr(module, name, None) or getattr(module, f"{name}_")


def path_values(method: Method) -> dict[str, str]:
    return {each["name"]: "a/b" for each in method["params"] if each["in"] == "path"}


def keywords(method: Method, *, required: bool = False) -> dict[str, Any]:
    """A value for each keyword, or for those that have to be there."""
    wanted = [each for each in method["params"] if each["in"] not in ("path", "local")]
    return {
        each["name"]: b"content" if each["name"] in method["files"] else f"<{each['name']}>"
        for each in wanted
        if (each["required"] or not required) and each["name"] != "stream"
    }


def built(method: Method, **more: Any) -> Operation[Any, Any]:
    operation: Operation[Any, Any] = builder(method)(*path_values(method).values(), **more)
    return operation


@each_method
def test_method_path_and_headers(method: Method) -> None:
    operation = built(method, **keywords(method, required=True))
    filled = method["path"]
    for name in path_values(method):
        filled = filled.replace(f"{{{name}}}", "a%2Fb")
    assert (operation.name, operation.method) == (method["client"], method["method"])
    assert operation.path == filled
    assert dict(operation.headers) == method["headers"]
    assert operation.admin == method["admin"]
    assert operation.safe == (method["method"] in ("GET", "DELETE"))


@each_method
def test_every_keyword_goes_where_it_belongs(method: Method) -> None:
    operation = built(method, **keywords(method))
    places: dict[str, list[str]] = {"query": [], "body": []}
    for each in method["params"]:
        if each["in"] in places and each["name"] != "stream":
            places[each["in"]].append(each["name"])
    assert [name for name, _ in operation.query] == places["query"]
    body = operation.body
    if isinstance(body, MultipartBody):
        assert {part.name for part in body.parts} == set(places["body"])
        assert method["files"]
    elif isinstance(body, JsonBody):
        expected = {name: f"<{name}>" for name in places["body"]}
        assert json.loads(body.data) == expected
    else:
        assert not places["body"]


@each_method
def test_what_is_left_out_is_not_sent(method: Method) -> None:
    given = keywords(method, required=True)
    operation = built(method, **given)
    assert operation.query == ()
    if isinstance(operation.body, JsonBody):
        assert json.loads(operation.body.data) == given


@each_method
def test_what_is_required_is_asked_for(method: Method) -> None:
    given = keywords(method, required=True)
    for name in given:
        others = {key: value for key, value in given.items() if key != name}
        with pytest.raises(TypeError, match=f"'{name}'"):
            built(method, **others)


@each_method
def test_unknown_keywords_are_refused(method: Method) -> None:
    with pytest.raises(TypeError, match="'nonsense'"):
        built(method, **keywords(method, required=True), nonsense=1)


@each_method
def test_paths_are_never_empty(method: Method) -> None:
    names = list(path_values(method))
    for name in names:
        values = [("" if each == name else "x") for each in names]
        with pytest.raises(ValueError, match=name):
            builder(method)(*values, **keywords(method, required=True))


@each_method
def test_answers_are_typed(method: Method) -> None:
    answer = built(method, **keywords(method, required=True)).answer
    kind = method["answer"]
    if kind is None:
        assert answer == EmptyAnswer()
    elif kind == "bytes":
        assert answer == BytesAnswer()
    elif method["page"]:
        assert isinstance(answer, PageAnswer)
        assert answer.kind == method["page"]
        assert str(answer.item).endswith(f":{kind}")
        assert codec(answer.item).type is not None
    else:
        assert isinstance(answer, JsonAnswer)
        assert str(answer.type).endswith(f":{kind}")
        assert codec(answer.type).type.__name__ == kind


@each_method
def test_streams_are_typed(method: Method) -> None:
    given = keywords(method, required=True)
    if not method["events"]:
        with pytest.raises(TypeError, match="stream"):
            built(method, **given, stream=True)
        return
    answer = built(method, **given, stream=True).answer
    assert isinstance(answer, EventsAnswer)
    assert str(answer.type).endswith(f":{method['events']}")
    assert codec(answer.type).type is not None
    assert isinstance(built(method, **given, stream=False).answer, JsonAnswer)
    assert isinstance(built(method, **given, stream=None).answer, JsonAnswer)


@each_method
def test_every_builder_is_documented_and_says_its_path(method: Method) -> None:
    doc = inspect.getdoc(builder(method)) or ""
    assert doc.startswith(f"`{method['method']} {method['path']}` answers")


def test_stream_is_sent_where_it_is_a_parameter() -> None:
    whole = responses.create(input="x", stream=False)
    assert isinstance(whole.body, JsonBody)
    assert json.loads(whole.body.data) == {"input": "x", "stream": False}
    streamed = responses.retrieve_stream("r", stream=True)
    assert streamed.query == (("stream", "true"),)
    either = chat.completions_create_either(model="m", messages=[], stream=True)
    assert isinstance(either.body, JsonBody)
    assert json.loads(either.body.data) == {"model": "m", "messages": [], "stream": True}


def test_responses_streams_end_with_their_last_event() -> None:
    answer = responses.create_stream(input="x", stream=True).answer
    assert isinstance(answer, EventsAnswer)
    assert set(answer.terminal) == {
        "response.completed",
        "response.failed",
        "response.incomplete",
        "error",
    }
    chunks = chat.completions_create_stream(model="m", messages=[], stream=True).answer
    assert isinstance(chunks, EventsAnswer)
    assert chunks.terminal == ()


def test_the_model_is_known_where_there_is_one() -> None:
    assert responses.create(model="m").model == "m"
    assert models.retrieve("m").model is None


def test_files_are_sent_as_a_form() -> None:
    operation = files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert isinstance(operation.body, MultipartBody)
    assert [part.name for part in operation.body.parts] == ["purpose", "file"]
