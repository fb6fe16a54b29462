"""Fields of a server that a codec has learnt hide no error that a stream tells of."""

from typing import Any

import pytest

from api_openai.core.json import codec as codecs
from api_openai.core.json.codec import LEARN_AFTER
from api_openai.core.terms.errors import APIError

from ...support.http import DONE, EVENTS, chunked, event
from ...support.port import ScriptedPort
from .test_stream import opened, rest

MANY = 10 * LEARN_AFTER
SAID = {"message": "it is too late"}


@pytest.fixture(autouse=True)
def nothing_learnt_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "_codecs", {})


def chunk(**root: Any) -> bytes:
    return event({"choices": [{"delta": "a", "stop_reason": None}], **root})


@pytest.mark.parametrize(
    ("usual", "last"),
    [
        ({"error": None}, {"error": SAID}),
        ({"provider": "x"}, {"provider": "x", "error": SAID}),
        ({"type": None}, {"type": "error"}),
        ({}, {"choices": [{"delta": "a", "stop_reason": None, "error": SAID}]}),
        ({"choices": [{"error": None}]}, {"choices": [{"error": SAID}]}),
    ],
)
def test_an_error_after_many_chunks(usual: dict[str, Any], last: dict[str, Any]) -> None:
    body = [*(chunk(**usual) for _ in range(MANY)), chunk(**last), DONE]
    source = opened(ScriptedPort([chunked(*body, fields=(EVENTS,))]))
    with pytest.raises(APIError):
        rest(source)
    assert source.received == MANY


def test_fields_of_a_server_stay_through_a_stream() -> None:
    body = [*(chunk(provider=number) for number in range(MANY)), DONE]
    events = rest(opened(ScriptedPort([chunked(*body, fields=(EVENTS,))])))
    assert [each.provider for each in events] == [*range(MANY)]
    assert {type(each) for each in events} == {type(events[0])}
    assert {type(each.choices[0]) for each in events} == {type(events[0].choices[0])}
    assert all(each.model_extra == {"provider": each.provider} for each in events)
