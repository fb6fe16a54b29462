"""What one request costs is bounded: its body, the values in it, what it asks to be made."""

import tracemalloc
from collections.abc import Iterator

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object, member, objects

from .peer import ask
from .test_files import FORM

PATH = "/chat/completions"
MIB = 1024 * 1024


@pytest.fixture
def measured() -> Iterator[None]:
    """Fail a test in which the memory grows beyond a few times what its request has."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 400 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("unit", [b"[],", b"{},", b"1,", b'"",'])
def test_a_body_of_many_values_is_refused(unit: bytes) -> None:
    body = b'{"model": "gpt-4o", "x": [' + unit * 5_000_000 + b"0]}"
    answer = ask(Emulator(), "POST", PATH, body=body)
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


def test_a_document_has_a_limit_of_its_own() -> None:
    body = b'{"x": "' + b"x" * (65 * MIB) + b'"}'
    answer = ask(Emulator(), "POST", PATH, body=body)
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


@pytest.mark.usefixtures("measured")
def test_a_long_text_is_read_in_part() -> None:
    said = "a " * (2 * MIB)
    tool = {"type": "custom", "custom": {"name": "f"}}
    for document in ({"n": 128}, {"n": 128, "tools": [tool]}):
        message = {"role": "user", "content": said}
        answer = ask(
            Emulator(), "POST", PATH, {"model": "gpt-4o", "messages": [message], **document}
        )
        assert answer.status == 200
        assert len(answer.body) < 20 * MIB


@pytest.mark.usefixtures("measured")
def test_log_probabilities_end_an_answer() -> None:
    schema = {"const": "a " * 40_000}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    wanted = {"n": 128, "logprobs": True, "top_logprobs": 20, "response_format": form}
    message = {"role": "user", "content": "Hi"}
    answer = ask(Emulator(), "POST", PATH, {"model": "gpt-4o", "messages": [message], **wanted})
    choices = objects(answer.document["choices"])
    assert {choice["finish_reason"] for choice in choices} == {"length"}
    rows = [len(objects(member(choice, "logprobs", "content"))) for choice in choices]
    assert sum(rows) * 21 <= 200_000


def test_there_are_few_stops() -> None:
    message = {"role": "user", "content": "Hi"}
    document = {"model": "gpt-4o", "messages": [message], "stop": ["x"] * 5}
    answer = ask(Emulator(), "POST", PATH, document)
    assert (answer.status, answer.error["param"]) == (400, "stop")
    assert answer.error["code"] == "array_above_max_length"


def test_a_text_has_a_limit() -> None:
    long = "x" * (10 * MIB + 1)
    for path, document, param in (
        (PATH, {"messages": [{"role": "user", "content": long}]}, "messages[0].content"),
        ("/responses", {"input": long}, "input"),
        ("/responses", {"input": "x", "instructions": long}, "instructions"),
    ):
        answer = ask(Emulator(), "POST", path, {"model": "gpt-4o", **document})
        assert answer.status == 400
        assert (answer.error["param"], answer.error["code"]) == (param, "string_above_max_length")
        assert "maximum length 10485760, but got" in str(answer.error["message"])


@pytest.mark.parametrize("what", [{"type": "string", "minLength": 4_000_000}, {"$ref": "#"}])
@pytest.mark.parametrize("stream", [False, True])
def test_arguments_that_a_schema_asks_for(what: Object, stream: bool) -> None:
    parameters = {"type": "object", "properties": {"a": what, "b": what}, "required": ["a", "b"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    message = {"role": "user", "content": "call f"}
    document = {"model": "gpt-4o", "messages": [message], "tools": [tool], "stream": stream}
    answer = ask(Emulator(), "POST", PATH, document)
    assert (answer.status, answer.error["code"]) == (400, "invalid_json_schema")


@pytest.mark.usefixtures("measured")
def test_a_form_of_many_parts_is_refused() -> None:
    part = b'--b0\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n'
    answer = ask(Emulator(), "POST", "/files", body=part * 20_000, headers=FORM)
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


def test_a_form_of_long_fields_is_refused() -> None:
    part = b'--b0\r\nContent-Disposition: form-data; name="x"\r\n\r\n%b\r\n' % (b"x" * MIB)
    answer = ask(Emulator(), "POST", "/files", body=part * 33, headers=FORM)
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


def test_prompts_times_choices() -> None:
    document = {"model": "davinci-002", "prompt": ["x"] * 100, "n": 100}
    answer = ask(Emulator(), "POST", "/completions", document)
    assert (answer.status, answer.error["code"]) == (400, "array_above_max_length")
    inputs = ["x"] * 3000
    answer = ask(Emulator(), "POST", "/moderations", {"input": inputs})
    assert (answer.status, answer.error["code"]) == (400, "array_above_max_length")
