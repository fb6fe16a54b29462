"""Operations, answers and errors cross the border of a process whole."""

import pickle
import types
from operator import attrgetter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import (
    APIConnectionError,
    Client,
    InternalServerError,
    PolicyRefusedError,
    RateLimit,
    RateLimitError,
    Secret,
    json_schema,
)
from api_openai.core.json.codec import codec
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Status
from api_openai.types.chat import ChatCompletion

from ..support.methods import METHODS, Method, calls, positionals

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELD = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=20)


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_operation_is_equal_on_the_other_side(method: Method) -> None:
    with Client(api_key="k") as client:
        build = attrgetter(method.client)(client).operation
        for given in calls(method):
            operation = build(*positionals(method), **given)
            with Secret.in_pickles():
                assert again(operation) == operation


@given(
    status=st.sampled_from([400, 401, 403, 404, 409, 418, 422, 429, 500, 503, 529]),
    body=JSON,
    after=FIELD,
)
def test_errors_say_the_same_on_the_other_side(status: int, body: Any, after: str) -> None:
    fault = Status(status, body={"error": body}, headers={"retry-after": after, "x-own": after})
    client = Client(api_key="k", transport=MemoryTransport(Emulator(faults=[fault])))
    with pytest.raises(RateLimitError if status == 429 else Exception) as caught:
        client.models.list()
    error: Any = caught.value
    found = again(error)
    assert type(found) is type(error)
    for name in ("args", "body", "code", "param", "type", "status_code", "request_id", "attempts"):
        assert getattr(found, name) == getattr(error, name)
    assert str(found) == str(error)
    assert found.headers.raw == error.headers.raw
    assert found.response.content == error.response.content
    assert found.retry_after == error.retry_after


DOCUMENT: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [],
}


@given(more=st.dictionaries(st.from_regex(r"x_[a-z]{1,8}", fullmatch=True), JSON, max_size=3))
def test_answers_keep_fields_that_nobody_knows(more: dict[str, Any]) -> None:
    completion = codec(ChatCompletion).decode(msgspec.json.encode({**DOCUMENT, **more}))
    found = again(completion)
    assert found == completion
    assert found.to_dict() == completion.to_dict() == {**DOCUMENT, **more}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        (
            {
                "retry-after": "Sat, 28 Nov 2026 12:00:10 GMT",
                "date": "Sat, 28 Nov 2026 12:00:00 GMT",
            },
            10.0,
        ),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
    ids=["seconds", "milliseconds", "date", "nonsense", "nothing"],
)
def test_what_a_server_asks_to_wait(fields: dict[str, str], expected: float | None) -> None:
    fault = Status(503, headers=fields)
    client = Client(api_key="k", transport=MemoryTransport(Emulator(faults=[fault])))
    with pytest.raises(InternalServerError) as caught:
        client.models.list()
    assert caught.value.retry_after == again(caught.value).retry_after == expected


def test_what_a_policy_asks_to_wait() -> None:
    limit = RateLimit(requests=1, seconds=60, when_full="refuse")
    client = Client(api_key="k", transport=MemoryTransport(Emulator()), rate_limit=limit)
    client.models.list()
    with pytest.raises(PolicyRefusedError) as caught:
        client.models.list()
    assert caught.value.retry_after == caught.value.after
    assert 0 < (again(caught.value).retry_after or 0) <= 60
    assert APIConnectionError("x").retry_after is None


def test_a_struct_that_lost_its_fields_is_refused() -> None:
    """cloudpickle rebuilds a class of the main script so: its annotations come after it is made."""
    lost: Any = types.new_class("Weather", (msgspec.Struct,))
    lost.__annotations__ = {"city": str, "celsius": float}
    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    uses: list[Any] = [
        lambda: json_schema(lost),
        lambda: json_schema(list[lost]),
        lambda: client.responses.parse(model="gpt-5", input="Oslo?", text_format=lost),
        lambda: client.models.retrieve("gpt-5", response_type=lost),
    ]
    for use in uses:
        with pytest.raises(TypeError, match="Weather: it has lost its fields city, celsius"):
            use()


def test_cloudpickle_does_so() -> None:
    cloudpickle: Any = pytest.importorskip("cloudpickle")
    script = types.ModuleType("__main__")
    exec("import msgspec\nclass Weather(msgspec.Struct):\n    city: str", vars(script))
    found = pickle.loads(cloudpickle.dumps(vars(script)["Weather"]))
    if found.__struct_fields__:
        return  # it carries them, and nothing is lost
    with pytest.raises(TypeError, match="Weather: it has lost its field city"):
        json_schema(found)
