"""Every answer: header fields, keys, paths, bodies, what is remembered; embeddings and models."""

import base64
import math
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.rate_limits import RateLimits
from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object, is_array, is_object, objects
from api_openai.emulator.routing.handlers_by_path import HANDLERS
from api_openai.emulator.store.state import EPOCH

from .peer import ask

CHAT: Object = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


def test_every_answer_has_the_header_fields_of_the_api() -> None:
    emulator = Emulator()
    first, second = ask(emulator, "POST", "/chat/completions", CHAT), ask(emulator, "GET", "/nope")
    for answer in (first, second):
        assert {"x-request-id", "openai-processing-ms", "openai-version"} <= set(answer.headers)
        limits = RateLimits.of(Headers.of(answer.headers))
        assert limits is not None
        assert all(getattr(limits, name) is not None for name in limits.__struct_fields__)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    limits = RateLimits.of(Headers.of(first.headers))
    assert limits is not None
    usage = first.document["usage"]
    assert is_object(usage)
    assert (limits.limit_tokens or 0) - (limits.remaining_tokens or 0) == usage["total_tokens"]


def test_two_runs_are_the_same() -> None:
    def run(seed: int) -> list[bytes]:
        emulator = Emulator(seed=seed)
        return [ask(emulator, "POST", "/chat/completions", CHAT).body for _ in range(3)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert len(set(run(1))) == 3


def test_the_clock_is_a_count_unless_one_is_given() -> None:
    assert ask(Emulator(), "POST", "/chat/completions", CHAT).document["created"] == EPOCH + 1
    timed = Emulator(clock=lambda: 5.9)
    assert ask(timed, "POST", "/chat/completions", CHAT).document["created"] == 5


@pytest.mark.parametrize(
    "path", ["/models", "/v1/models", "http://emulator/v1/models", "/models?a=b"]
)
def test_paths_with_and_without_v1(path: str) -> None:
    assert ask(Emulator(), "GET", path).status == 200


@pytest.mark.parametrize("path", ["/", "*", "/v1", "/nope", "/models/", "/models/a/b", "//models"])
def test_unknown_paths(path: str) -> None:
    answer = ask(Emulator(), "GET", path)
    assert (answer.status, answer.error["code"]) == (404, "unknown_url")


def test_wrong_methods() -> None:
    answer = ask(Emulator(), "PUT", "/files")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    for path, handlers in HANDLERS.items():
        for method in {"GET", "POST", "DELETE", "PATCH"} - set(handlers):
            assert ask(Emulator(), method, path.replace("{}", "x")).status == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Basic abc"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer invalid"}, 401),
        ({"authorization": "bearer anything"}, 200),
        ({"authorization": "", "api-key": "anything"}, 200),
        ({"authorization": "", "api-key": "invalid"}, 401),
    ],
)
def test_keys(headers: dict[str, str], status: int) -> None:
    answer = ask(Emulator(), "GET", "/models", headers=headers)
    assert answer.status == status
    if status == 401:
        assert answer.error["code"] == "invalid_api_key"


def test_keys_are_optional_when_asked() -> None:
    emulator = Emulator(require_key=False)
    assert ask(emulator, "GET", "/models", headers={"authorization": ""}).status == 200
    assert (
        ask(emulator, "GET", "/models", headers={"authorization": "Bearer invalid"}).status == 401
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer sk-right"}, 200),
        ({"authorization": "", "api-key": "sk-right"}, 200),
        ({"authorization": "Bearer sk-wrong"}, 401),
        ({"authorization": "Bearer sk-r\xefght"}, 401),
        ({"authorization": "", "api-key": "sk-wrong"}, 401),
        ({"authorization": ""}, 401),
    ],
)
def test_another_key_than_the_one_named_is_refused(headers: dict[str, str], status: int) -> None:
    answer = ask(Emulator(key="sk-right"), "GET", "/models", headers=headers)
    assert answer.status == status
    if status == 401:
        assert answer.error["code"] == "invalid_api_key"
        assert b"sk-" not in answer.body


def test_an_empty_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="key: it is empty"):
        Emulator(key="")


def test_requests_are_remembered_without_credentials() -> None:
    emulator = Emulator(keep_requests=2, keep_body=10)
    headers = {"api-key": "sk-secret", "cookie": "sk-secret", "x-mine": "seen"}
    ask(emulator, "GET", "/v1/models", headers=headers)
    ask(emulator, "POST", "/nope?a=b", CHAT, headers={"authorization": "Bearer sk-secret"})
    first, second = emulator.requests
    assert (first.method, first.path, first.headers["x-mine"]) == ("GET", "/models", "seen")
    assert (second.path, second.query) == ("/nope", {"a": "b"})
    assert (second.body, second.size > 50) == (b'{"model":"', True)
    assert second.headers["authorization"] == "Bearer ***"
    assert "sk-secret" not in repr(emulator.requests)
    ask(emulator, "GET", "/models")
    assert [seen.path for seen in emulator.requests] == ["/nope", "/models"]


def test_a_remembered_body_can_be_decoded() -> None:
    emulator = Emulator()
    ask(emulator, "POST", "/chat/completions", CHAT)
    assert emulator.requests[0].json() == CHAT


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"a"', b"\xff", b'{"a":' * 5000])
def test_bodies_that_are_no_json_objects(body: bytes) -> None:
    answer = ask(Emulator(), "POST", "/chat/completions", body=body)
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")


JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGE: st.SearchStrategy[object] = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "judge"])},
    optional={"content": JSON, "type": JSON, "tool_call_id": JSON, "id": JSON, "output": JSON},
)
SCHEMA_KEYS = ("type", "properties", "anyOf", "allOf", "enum", "$ref", "items")
TOOL: dict[str, st.SearchStrategy[object]] = {
    "type": st.sampled_from(["function", "custom", "web_search"])
}
TOOL_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "name": JSON,
    "function": JSON,
    "parameters": st.dictionaries(st.sampled_from(SCHEMA_KEYS), JSON, max_size=3),
}
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "n": st.integers(-1, 3) | JSON,
    "stop": JSON,
    "tools": st.lists(st.fixed_dictionaries(TOOL, optional=TOOL_FIELDS), max_size=2),
    "tool_choice": JSON,
    "response_format": JSON,
    "text": JSON,
    "stream": st.booleans() | JSON,
    "stream_options": JSON,
    "metadata": JSON,
    "include": JSON,
    "conversation": JSON,
    "dimensions": JSON,
    "background": JSON,
    "previous_response_id": JSON,
}


@given(
    path=st.sampled_from(["/chat/completions", "/responses", "/embeddings", "/responses/compact"]),
    conversation=st.lists(MESSAGE, min_size=1, max_size=3) | JSON,
    fields=st.fixed_dictionaries({}, optional=FIELDS),
)
@settings(max_examples=200, deadline=None)
def test_no_document_makes_the_emulator_fail(
    path: str, conversation: object, fields: Object
) -> None:
    document = {"model": "gpt-5", "messages": conversation, "input": conversation, **fields}
    answer = ask(Emulator(), "POST", path, document)
    assert answer.complete
    assert answer.status in (200, 400, 403, 404), answer.body
    if answer.status != 200:
        assert set(answer.error) == {"message", "type", "param", "code"}


def embed(document: Object) -> list[Object]:
    answer = ask(Emulator(), "POST", "/embeddings", {"model": "text-embedding-3-small", **document})
    return objects(answer.document["data"])


def test_embeddings_are_unit_vectors_of_their_input() -> None:
    one, two = (row["embedding"] for row in embed({"input": ["a", "b"]}))
    assert is_array(one)
    numbers = [number for number in one if isinstance(number, float)]
    assert len(numbers) == len(one) == 1536
    assert math.isclose(sum(number * number for number in numbers), 1.0, rel_tol=1e-4)
    assert one != two
    assert embed({"input": "a"})[0]["embedding"] == one


def test_embeddings_in_base64_are_the_same_floats() -> None:
    [plain] = embed({"input": "a", "dimensions": 8})
    [packed] = embed({"input": "a", "dimensions": 8, "encoding_format": "base64"})
    numbers = array("f", base64.b64decode(str(packed["embedding"])))
    assert numbers.tolist() == plain["embedding"]


@pytest.mark.parametrize(
    ("given_input", "rows"), [("a", 1), (["a", "b"], 2), ([1, 2], 1), ([[1], [2, 3]], 2)]
)
def test_inputs_of_embeddings(given_input: object, rows: int) -> None:
    found = embed({"input": given_input, "dimensions": 2})
    assert [row["index"] for row in found] == list(range(rows))


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": [True]}, "input[0]"),
        ({"input": [[1, "a"]]}, "input[0]"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 2000}, "dimensions"),
        ({"encoding_format": "int8"}, "encoding_format"),
    ],
)
def test_bad_embedding_requests(change: Object, param: str) -> None:
    document = {"model": "text-embedding-3-small", "input": "a", **change}
    answer = ask(Emulator(), "POST", "/embeddings", document)
    assert (answer.status, answer.error["param"]) == (400, param)


def test_models() -> None:
    emulator = Emulator()
    listed = [model["id"] for model in objects(ask(emulator, "GET", "/models").document["data"])]
    assert "gpt-4o" in listed
    tuned = next(str(name) for name in listed if str(name).startswith("ft:"))
    assert ask(emulator, "GET", f"/models/{tuned}").document["id"] == tuned
    assert ask(emulator, "DELETE", f"/models/{tuned}").document["deleted"] is True
    assert ask(emulator, "GET", f"/models/{tuned}").error["code"] == "model_not_found"
    assert ask(emulator, "DELETE", "/models/gpt-4o").status == 403
    assert ask(emulator, "GET", "/models/missing-model").status == 404
    slashed = ask(emulator, "GET", "/models/ft%3Aa%2Fb")
    assert slashed.document["id"] == "ft:a/b"
