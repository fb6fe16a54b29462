"""Blueprints: parameters in, operations out."""

import json
from typing import Any

import msgspec
import pytest

from api_openai.core.http.body import JsonBody
from api_openai.core.request.answer_kinds import EventsAnswer, JsonAnswer, PageAnswer
from api_openai.core.request.blueprint import Blueprint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import LocalProtocolError
from api_openai.core.terms.omit import omit

from ...support.shapes import CHAT, DOWNLOAD, LIST, RETRIEVE, Chunk, Item, Reply

FIELDS = Blueprint(
    name="fields.create",
    method="POST",
    path="/fields",
    answer=JsonAnswer(Reply),
    body=("a",),
    query=("q",),
    headers=(("OpenAI-Beta", "v2"),),
    header_params=(("betas", "OpenAI-Beta"), ("key", "X-Key")),
)


def sent(operation: Operation[Any, Any]) -> Any:
    assert isinstance(operation.body, JsonBody)
    return json.loads(operation.body.data)


def test_an_operation_is_a_value() -> None:
    one, two = CHAT({"model": "m"}), CHAT({"model": "m"})
    assert one == two
    assert (one.name, one.method, one.path) == ("chat.create", "POST", "/chat")
    assert (one.answer, one.model) == (JsonAnswer(Reply), "m")
    assert not one.safe
    assert one.timeout is msgspec.UNSET


def test_what_is_left_out_is_not_sent_and_none_is_null() -> None:
    assert sent(CHAT({"model": "m", "messages": omit})) == {"model": "m"}
    assert sent(CHAT({"model": "m", "user": None})) == {"model": "m", "user": None}


@pytest.mark.parametrize("name", ["Omit", "NotGiven"])
def test_what_the_official_sdk_leaves_out_is_left_out(name: str) -> None:
    gone: Any = type(name, (), {"__module__": "openai._types"})()
    options = ("timeout", "extra_body", "extra_query", "response_type", "stream_end")
    operation = FIELDS(
        {"a": gone, "q": gone, "betas": gone, "extra_headers": {"X-Key": gone}}
        | dict.fromkeys(options, gone)
    )
    assert operation == FIELDS({"extra_headers": {"X-Key": None}})
    chat = CHAT({"model": "m", "messages": [{"name": gone}], "stream": gone})
    assert chat == CHAT({"model": "m", "messages": [{}]})
    assert LIST({"limit": gone, "extra_query": {"after": gone}}).query == ()
    with pytest.raises(TypeError, match="needs the keyword 'model'"):
        CHAT({"model": gone})


@pytest.mark.parametrize("stream", [True, False, None, omit])
def test_stream_decides_what_is_answered(stream: object) -> None:
    operation = CHAT({"model": "m", "stream": stream})
    expected = (
        EventsAnswer(Chunk, finish_reasons=True, document=Reply)
        if stream is True
        else JsonAnswer(Reply)
    )
    assert operation.answer == expected


def test_a_missing_keyword_is_named() -> None:
    for params in ({}, {"model": omit}):
        with pytest.raises(TypeError, match=r"chat\.create\(\) needs the keyword 'model'"):
            CHAT(params)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("modle", "model"), ("mesages", "messages"), ("extra_header", "extra_headers")],
)
def test_an_unknown_keyword_is_named_with_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(TypeError, match=f"no keyword '{wrong}'; the nearest known one is '{near}'"):
        CHAT({"model": "m", wrong: 1})


def test_an_unknown_keyword_far_from_all() -> None:
    with pytest.raises(TypeError, match="no keyword 'zzz'; unlisted fields go into extra_body"):
        CHAT({"model": "m", "zzz": 1})


def test_stream_is_unknown_where_nothing_streams() -> None:
    with pytest.raises(TypeError, match="no keyword 'stream'"):
        RETRIEVE({"stream": True}, "i")


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_path_parameters_are_names(value: str) -> None:
    with pytest.raises(ValueError, match="item_id="):
        RETRIEVE({}, value)


def test_path_parameters_stay_in_their_segment() -> None:
    assert RETRIEVE({}, "a/b?c#d é").path == "/items/a%2Fb%3Fc%23d%20%C3%A9"
    assert DOWNLOAD({}, "x").path == "/files/x/content"


def test_query_parameters() -> None:
    operation = LIST({"limit": 3, "after": None, "extra_query": {"x": [1, 2]}})
    assert operation.query == (("limit", "3"), ("x[]", "1"), ("x[]", "2"))
    assert operation.body is None
    assert operation.safe
    assert LIST({}).query == ()
    assert LIST({"limit": 3, "extra_query": {"limit": 4}}).query == (("limit", "4"),)


def test_each_parameter_goes_where_it_belongs() -> None:
    operation = FIELDS({"a": 1, "q": 2, "key": "k"})
    assert sent(operation) == {"a": 1}
    assert operation.query == (("q", "2"),)
    assert operation.headers == (("OpenAI-Beta", "v2"), ("X-Key", "k"))
    assert FIELDS({"a": 1, "betas": ["x", "y"]}).headers == (("OpenAI-Beta", "x,y"),)


def test_extra_fields_add_and_replace() -> None:
    operation = CHAT({"model": "m", "user": "u", "extra_body": {"user": "v", "x": None}})
    assert sent(operation) == {"model": "m", "user": "v", "x": None}
    assert sent(DOWNLOAD({"extra_body": {"a": 1}}, "f")) == {"a": 1}
    with pytest.raises(TypeError, match="extra_body"):
        CHAT({"model": "m", "extra_body": [1]})


def test_extra_headers_add_replace_and_remove() -> None:
    extra: dict[str, object] = {"X-A": "1", "X-B": None, "x-c": omit, "X-N": 5}
    operation = CHAT({"model": "m", "extra_headers": extra})
    assert dict(operation.headers) == {"x-a": "1", "x-b": None, "x-c": None, "x-n": "5"}


@pytest.mark.parametrize("bad", [{"x a": "1"}, {"x": "a\r\nb: c"}, {"x:": "1"}, {"": "1"}])
def test_header_injection_is_refused_when_the_operation_is_built(bad: dict[str, str]) -> None:
    with pytest.raises(LocalProtocolError):
        CHAT({"model": "m", "extra_headers": bad})


def test_timeouts() -> None:
    assert CHAT({"model": "m", "timeout": 3}).timeout == Timeout(connect=3, first_byte=3, idle=3)
    assert CHAT({"model": "m", "timeout": None}).timeout == Timeout()
    assert CHAT({"model": "m", "timeout": omit}).timeout is msgspec.UNSET


def test_response_type_replaces_what_an_answer_is_decoded_into() -> None:
    assert CHAT({"model": "m", "response_type": dict}).answer == JsonAnswer(dict)
    streamed = CHAT({"model": "m", "stream": True, "response_type": dict})
    assert streamed.answer == EventsAnswer(dict, finish_reasons=True, document=Reply)
    assert LIST({"response_type": dict}).answer == PageAnswer("CursorPage", dict)
    assert LIST({}).answer == PageAnswer("CursorPage", Item)
    with pytest.raises(TypeError, match="response_type"):
        DOWNLOAD({"response_type": dict}, "f")


def test_a_model_that_is_no_text_names_no_deployment() -> None:
    assert CHAT({"model": 5}).model is None


def test_a_key_that_is_a_word_of_pythons_may_be_written_with_an_underscore() -> None:
    respelled = msgspec.structs.replace(FIELDS, respelled=("a", "b", "async"))
    for value in ({"b": {"async_": True, "c": 1}}, {"b": {"async": True, "c": 1}}):
        assert sent(respelled({"a": value})) == {"a": {"b": {"async": True, "c": 1}}}
        assert len(value["b"]) == 2
    for other in (1, None, {"b": None}, {"b": [1]}, {"async_": 1}):
        assert sent(respelled({"a": other})) == {"a": other}
    assert sent(FIELDS({"a": {"b": {"async_": 1}}})) == {"a": {"b": {"async_": 1}}}
