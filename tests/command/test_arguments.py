"""From arguments to values: what is taken, and what is said of the rest."""

from pathlib import Path
from typing import Any

import pytest

from api_openai.command.arguments import given
from api_openai.command.calling import operation_of
from api_openai.command.parameters import Kind, method_of
from api_openai.core.http.body import JsonBody
from api_openai.core.terms.json_text import decode_json

from ..support.shell import run

CREATE = ("responses", "create")


def body(*arguments: str, method: str = "responses.create", stdin: bytes = b"") -> Any:
    """The body that a command line makes."""
    declared = method_of(method)
    from ..support import shell

    with shell.streams(stdin, shell.Stream(), shell.Stream()):
        operation = operation_of(declared, given(declared, arguments), None)
    assert isinstance(operation.body, JsonBody)
    return decode_json(operation.body.data)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--input", "Hi"), {"input": "Hi"}),
        (("--input=Hi=1",), {"input": "Hi=1"}),
        (("--input", ""), {"input": ""}),
        (("--input=--model",), {"input": "--model"}),
        (("--input", '[{"role":"user"}]'), {"input": [{"role": "user"}]}),
        (
            ("--input", '{"role":"user"}', "--input", '[{"a":1}]'),
            {"input": [{"role": "user"}, {"a": 1}]},
        ),
        (("--input:text", "[1]"), {"input": "[1]"}),
        (("--input:json", '"Hi"'), {"input": "Hi"}),
        (("--input", "@@home"), {"input": "@home"}),
        (("--stream",), {"stream": True}),
        (("--no-store",), {"store": False}),
        (("--store=false",), {"store": False}),
        (("--store=null",), {"store": None}),
        (("--max-output-tokens", "20"), {"max_output_tokens": 20}),
        (("--max_output_tokens", "20"), {"max_output_tokens": 20}),
        (("--temperature", "1"), {"temperature": 1}),
        (("--temperature", "0.5"), {"temperature": 0.5}),
        (("--temperature", "null"), {"temperature": None}),
        (("--instructions", "null"), {"instructions": "null"}),
        (("--instructions:json", "null"), {"instructions": None}),
        (("--metadata", '{"a":"b"}'), {"metadata": {"a": "b"}}),
        (("--truncation", "auto"), {"truncation": "auto"}),
        (("--truncation:text", "new"), {"truncation": "new"}),
        (("--service-tier", "new"), {"service_tier": "new"}),
        (("--tools", '{"type":"x"}'), {"tools": [{"type": "x"}]}),
        (
            (
                "--include",
                "reasoning.encrypted_content",
                "--include",
                "message.output_text.logprobs",
            ),
            {"include": ["reasoning.encrypted_content", "message.output_text.logprobs"]},
        ),
        (("--extra-body", '{"new": 1}', "--input", "Hi"), {"new": 1, "input": "Hi"}),
    ],
    ids=str,
)
def test_values(arguments: tuple[str, ...], expected: object) -> None:
    assert body(*arguments) == expected


def test_values_of_lists_of_scalars() -> None:
    embed = ("--model", "m")
    method = "embeddings.create"
    assert body(*embed, "--input", "a", "--input", "b", method=method)["input"] == ["a", "b"]
    assert body(*embed, "--input", '["a"]', "--input", "b", method=method)["input"] == ["a", "b"]
    assert body(*embed, "--input", "[[1, 2]]", method=method)["input"] == [[1, 2]]
    assert body(*embed, "--input", "a", method=method)["input"] == "a"


def test_values_from_files_and_standard_input() -> None:
    Path("prompt.txt").write_text("Über\n", "utf-8")
    assert body("--input", "@prompt.txt") == {"input": "Über\n"}
    assert body("--input", "-", stdin=b"\xef\xbb\xbfHi") == {"input": "Hi"}
    assert body("--input", "-", stdin=b'[{"a":1}]') == {"input": [{"a": 1}]}
    assert body("--max-output-tokens", "-", stdin=b"20\n") == {"max_output_tokens": 20}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--temperature", "warm"), "--temperature: 'warm': expected a number or null"),
        (("--max-output-tokens", "1.5"), "expected an integer or null"),
        (("--max-output-tokens", "1_000"), "expected an integer"),
        (("--metadata", "a=b"), "--metadata: 'a=b': expected a JSON object or null"),
        (
            ("--metadata", '{"a"'),
            "--metadata: '{\"a\"': expected a JSON object or null, but it is not JSON: ",
        ),
        (("--input", "[1"), "a text that begins so is given as --input:text"),
        (("--truncation", "new"), "one of auto, disabled (--truncation:text sends it unchecked)"),
        (("--store=maybe",), "expected true or false or null"),
        (("--model", "a", "--model", "b"), "--model: given 2 times; expected a text, once"),
        (
            ("--input", "hi", "--input", "ho"),
            "--input: 'hi': expected a JSON object (--input is given 2 times",
        ),
        (("--format", "json", "--format", "text"), "--format: given twice; expected one HOW"),
        (("--input", "@missing.txt"), "--input: 'missing.txt': No such file"),
        (("--input", "-", "--instructions", "-"), "standard input is read already, for --input"),
        (("--input", "a", "--input", "b"), "--input: 'a': expected a JSON object"),
        (("--input",), "--input: it needs a value"),
        (("--input", "--model", "x"), "one that begins with -- is written --input=--model"),
        (("--imput", "Hi"), "did you mean input?"),
        (("--input:yaml", "Hi"), "expected text or json behind the colon"),
        (("resp_1",), "one positional value too many"),
        (("-m", "gpt-5"), "-m: there are no short options"),
        (("--format:text", "json"), "--format: responses create has no such option"),
        (("--curl=yes",), "--curl: it takes no value"),
        (("--extra-body", "[1]"), "--extra-body: expected a JSON object"),
        (("--extra-header", "Name"), "--extra-header: 'Name': expected Name: value"),
        (("--extra-header", "token abc"), "--extra-header: expected Name: value"),
        (("--format", "xml"), "--format: 'xml': expected json, indented, text"),
        (("--timeout", "soon"), "--timeout: 'soon': expected seconds"),
        (("--timeout", "total=0"), "--timeout: 'total=0': expected seconds above 0"),
        (("--retries", "-1"), "--retries: '-1': expected a number, 0 or more"),
        (("--all",), "--all: this method answers no pages"),
        (("--format", "text"), "this answer is no stream of text"),
        (("--curl", "--emulator"), "it cannot reach an emulator"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("keys")
def test_what_is_wrong_is_said(arguments: tuple[str, ...], said: str) -> None:
    ran = run(*CREATE, *arguments)
    assert said in ran.err
    assert ran.err.startswith("api-openai: ")
    assert (ran.code, ran.bytes, ran.err.count("\n")) == (2, b"", 1)


def test_what_has_to_be_there() -> None:
    missing = "RESPONSE_ID is missing: expected api-openai responses retrieve RESPONSE_ID"
    assert missing in run("responses", "retrieve").err
    twice = run("responses", "retrieve", "--response-id", "a", "--response-id", "b")
    assert (twice.code, twice.err) == (
        2,
        "api-openai: --response-id: given twice; expected one value\n",
    )
    assert (
        "--voice is missing: "
        in run("audio", "speech", "create", "--input", "a", "--model", "b").err
    )
    assert "response_id" in run("responses", "retrieve", "").err


def test_a_path_may_be_named() -> None:
    place = ("vector_stores", "files", "retrieve", "--curl")
    both = run(*place, "vs_1", "file_1").out
    assert "/vector_stores/vs_1/files/file_1" in both
    assert run(*place, "--vector-store-id", "vs_1", "file_1").out == both
    assert run(*place, "--file-id=file_1", "--", "vs_1").out == both


@pytest.mark.parametrize(
    "words",
    [
        ("vector_stores", "list"),
        ("vector-stores", "list"),
        ("vector_stores.list",),
        ("--emulator", "vector_stores", "list"),
        ("--timeout", "9", "vector_stores", "list"),
    ],
    ids=str,
)
def test_ways_to_name_a_method(words: tuple[str, ...]) -> None:
    ran = run(*words, "--emulator")
    assert ran.code == 0
    assert '"object":"list"' in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("respones", "create"), "'respones' among the resources; did you mean responses?"),
        (("responses", "creat"), "'creat' in responses; did you mean create?"),
        (("responses", "--input", "Hi"), "responses: which method?"),
        (("--inptu",), "--inptu: in front of the words stand only the options"),
        (
            ("--stream", "responses", "create"),
            "--stream: in front of the words stand only the options",
        ),
        (("--emulator",), "which method?"),
        (("--api-key=abc", "models", "list"), "--api-key: there is no such option: "),
        (("completion", "csh"), "completion: 'csh': expected one of bash, zsh, fish"),
    ],
    ids=str,
)
def test_words_that_lead_nowhere(words: tuple[str, ...], said: str) -> None:
    ran = run(*words)
    assert said in ran.err
    assert (ran.code, ran.bytes) == (2, b"")


def test_files() -> None:
    Path("note.txt").write_bytes(b"abc")
    upload = ("files", "create", "--purpose", "user_data", "--curl", "--file")
    assert 'file=@"note.txt";type=text/plain;filename="note.txt"' in run(*upload, "note.txt").out
    Path("a;b.txt").write_bytes(b"abc")
    assert 'file=@"a;b.txt"' in run(*upload, "a;b.txt").out
    assert run(*upload, "@note.txt").out == run(*upload, "note.txt").out
    named = run(*upload, "note.txt;filename=a.md;type=text/markdown").out
    assert 'type=text/markdown;filename="a.md"' in named
    assert 'filename="x.txt"' in run(*upload, "-;filename=x.txt", stdin=b"abc").out
    assert "there is no such file" in run(*upload, "missing.txt").err
    folder = run(*upload, ".")
    assert (folder.code, folder.err) == (2, "api-openai: --file: '.': it is a folder\n")
    assert "expected filename=NAME or type=TYPE" in run(*upload, "note.txt;name=a").err
    edit = (
        "images",
        "edit",
        "--prompt",
        "a",
        "--curl",
        "--image",
        "note.txt",
        "--image",
        "note.txt",
    )
    assert run(*edit).out.count('-F \'image[]=@"note.txt"') == 2


def test_kinds_are_read() -> None:
    kind = Kind.of("text|null|=auto|**int|*=on")
    assert kind.words == {"text", "null"}
    assert kind.choices == ("auto",)
    assert kind.all_choices == ("auto", "on")
    assert kind.items is not None
    assert kind.items.items == Kind(frozenset({"int"}))
    assert kind.allows("int")
    assert not kind.allows("bool")
