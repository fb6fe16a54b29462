"""Records of `logging`: their levels, texts and attributes, and nothing that was not asked for."""

import json
import logging
from typing import Any

import pytest

from api_openai import Client, NotFoundError
from api_openai.tracing import TraceEvent, TraceLogger


def event(**fields: Any) -> TraceEvent:
    usual: dict[str, Any] = {"kind": "call.end", "at": 0.0, "operation": "files.list", "attempt": 1}
    usual |= {"call": 7, "seconds": 0.25}
    return TraceEvent(**{**usual, **fields})


def said(caplog: pytest.LogCaptureFixture, told: TraceEvent, **options: Any) -> list[str]:
    caplog.set_level(logging.DEBUG, "api_openai")
    TraceLogger(**options)(told)
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"status": 200, "last": True}, "INFO #7 files.list call.end 200 after 0.250 s"),
        ({"kind": "call.start", "attempt": 0}, "DEBUG #7 files.list call.start"),
        (
            {"kind": "attempt.failed", "attempt": 2, "status": 503, "detail": "answered 503"},
            "WARNING #7 files.list attempt.failed attempt 2 503 answered 503",
        ),
        (
            {"kind": "call.failed", "error": "APIError", "detail": "a\nb\r", "request_id": "r"},
            "ERROR #7 files.list call.failed APIError a\\nb\\r (r)",
        ),
    ],
)
def test_texts(caplog: pytest.LogCaptureFixture, fields: dict[str, Any], text: str) -> None:
    assert said(caplog, event(**fields)) == [text]


def test_levels_and_loggers_of_ones_own(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, event(), levels={"call.end": None}) == []
    assert said(caplog, event(), levels={"call.end": logging.CRITICAL})[0].startswith("CRITICAL")
    caplog.clear()
    said(caplog, event(), logger="mine")
    assert caplog.records == [], "that logger shows warnings"
    logger = logging.getLogger("mine.too")
    logger.setLevel(logging.INFO)
    TraceLogger(logger)(event())
    assert caplog.records[-1].name == "mine.too"


def test_a_record_has_the_fields_of_its_event(caplog: pytest.LogCaptureFixture) -> None:
    said(caplog, event(model="m", origin="http://a:1", request_id="r", error="E", status=500))
    (record,) = caplog.records
    found = {key[7:]: value for key, value in vars(record).items() if key.startswith("openai_")}
    assert found == {
        "kind": "call.end",
        "operation": "files.list",
        "call": 7,
        "attempt": 1,
        "seconds": 0.25,
        "model": "m",
        "origin": "http://a:1",
        "status": 500,
        "request_id": "r",
        "error": "E",
    }
    json.dumps(found)


def test_calls(base_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api_openai")
    with Client(api_key="sk-secret-of-mine", base_url=base_url, trace=TraceLogger()) as client:
        client.models.retrieve("gpt-5")
        with pytest.raises(NotFoundError):
            client.models.retrieve("nothing")
    kinds = [vars(record)["openai_kind"] for record in caplog.records]
    assert kinds == ["call.end", "attempt.failed", "call.failed"]
    assert "sk-secret-of-mine" not in caplog.text


@pytest.mark.parametrize(
    ("value", "level"), [("debug", logging.DEBUG), ("info", logging.INFO), ("INFO", logging.INFO)]
)
def test_the_variable_of_the_official_sdk(
    monkeypatch: pytest.MonkeyPatch, value: str, level: int
) -> None:
    logger = logging.getLogger("api_openai")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    monkeypatch.setenv("OPENAI_LOG", value)
    made = TraceLogger.from_env()
    assert made is not None
    assert made.logger is logger
    assert logger.level == level


def test_a_value_that_is_no_level_is_an_error_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_LOG", raising=False)
    assert TraceLogger.from_env() is None
    monkeypatch.setenv("OPENAI_LOG", "loud")
    assert TraceLogger.said() is None
    with pytest.raises(ValueError, match="OPENAI_LOG='loud': expected debug, info"):
        TraceLogger.from_env()
