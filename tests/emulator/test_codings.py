"""Content codings: of bodies that come, and of answers that clients take."""

import gzip
import json
import zlib

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.faults import Compress

from .peer import actions, answers, ask, request, sent
from .test_files import FORM, form

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "one two"}]}
PLAIN = json.dumps(CHAT).encode()
PATH = "/chat/completions"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("x-gzip", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate, GZIP", gzip.compress(zlib.compress(PLAIN))),
        ("identity", PLAIN),
    ],
)
def test_a_coded_body_is_read(coding: str, body: bytes) -> None:
    emulator = Emulator()
    answer = ask(emulator, "POST", PATH, body=body, headers={"content-encoding": coding})
    assert answer.status == 200
    assert b"one two" in answer.body
    assert emulator.requests[0].json() == CHAT


@pytest.mark.parametrize("coding", ["br", "zstd", "utf-8", "none", "gzip, br", "gzip, gzip, gzip"])
def test_an_unknown_coding_is_refused(coding: str) -> None:
    answer = ask(Emulator(), "POST", PATH, body=PLAIN, headers={"content-encoding": coding})
    assert (answer.status, answer.error["type"]) == (415, "invalid_request_error")
    assert "content encoding" in str(answer.error["message"])


def test_a_refused_coding_says_which_ones_are_known() -> None:
    answer = ask(Emulator(), "POST", PATH, body=PLAIN, headers={"content-encoding": "br"})
    assert answer.error["code"] == "unsupported_content_encoding"
    assert answer.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("body", [PLAIN, gzip.compress(PLAIN)[:-9], gzip.compress(PLAIN) + b"x"])
def test_a_body_that_is_not_coded_as_it_says(body: bytes) -> None:
    answer = ask(Emulator(), "POST", PATH, body=body, headers={"content-encoding": "gzip"})
    assert (answer.status, answer.error["code"]) == (400, "invalid_content_encoding")


def test_a_coded_form_is_read() -> None:
    body = gzip.compress(form(b"content", purpose="user_data"))
    answer = ask(
        Emulator(), "POST", "/files", body=body, headers={**FORM, "content-encoding": "gzip"}
    )
    assert (answer.status, answer.document["bytes"]) == (200, 7)


def test_the_limit_counts_what_a_body_becomes() -> None:
    body = gzip.compress(b" " * 100_000)
    connection = Emulator(max_body=10_000).connection()
    connection.receive_data(request("POST", PATH, body=body, headers={"content-encoding": "gzip"}))
    [answer] = answers(sent(actions(connection)), "POST")
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("*", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000", None),
        ("gzip;q=0, *", None),
        ("br", None),
        ("deflate", None),
        ("identity;q=0, deflate", "deflate"),
        ("*;q=0, gzip", "gzip"),
    ],
)
def test_an_answer_has_the_coding_that_is_taken(accepted: str, coding: str | None) -> None:
    answer = ask(Emulator(gzip_from=0), "GET", "/models", headers={"accept-encoding": accepted})
    assert (answer.status, answer.headers.get("content-encoding")) == (200, coding)


def test_a_short_answer_is_coded_where_it_has_to_be() -> None:
    headers = {"accept-encoding": "gzip, identity;q=0"}
    answer = ask(Emulator(), "GET", "/models/gpt-4o", headers=headers)
    assert json.loads(gzip.decompress(answer.body))["id"] == "gpt-4o"


@pytest.mark.parametrize("accepted", ["identity;q=0", "br, *;q=0", "gzip;q=0, deflate;q=0, *;q=0"])
def test_no_coding_is_left(accepted: str) -> None:
    answer = ask(Emulator(), "POST", PATH, CHAT, headers={"accept-encoding": accepted})
    assert (answer.status, answer.error["code"]) == (406, "unacceptable_content_encoding")


def test_a_fault_of_an_unknown_coding() -> None:
    with pytest.raises(ValueError, match="'br': expected one of gzip, deflate"):
        Compress("br")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    headers = {"x-emulator-fault": "compress;coding=br"}
    answer = ask(Emulator(), "GET", "/models", headers=headers)
    assert (answer.status, answer.error["param"]) == (400, "x-emulator-fault")
