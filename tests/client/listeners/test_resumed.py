"""A response that is read on after a cut tells of each of its connections as of a call."""

from api_openai import Client, Resume
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Say, Truncate
from api_openai.tracing import Metrics, TraceEvent


def test_a_response_that_is_resumed(base_url: str, emulator: Emulator) -> None:
    events: list[TraceEvent] = []
    metrics = Metrics()
    emulator.script((Say("One two three four."), Truncate(5)))
    with (
        Client(api_key="k", base_url=base_url, trace=[events.append, metrics]) as client,
        client.responses.follow(
            model="gpt-5", input="Hi", background=True, resume=Resume(delays=(0,))
        ) as stream,
    ):
        assert [*stream][-1].type == "response.completed"
    first, second = dict.fromkeys(event.call for event in events)
    ends = [(event.call, event.kind, event.detail) for event in events if event.last]
    assert ends == [(first, "stream.end", "cut short"), (second, "stream.end", "")]
    assert [event.error for event in events if event.kind == "answer.failed"] == [
        "StreamTruncatedError"
    ]
    assert metrics.value("calls_under_way") == 0
    assert metrics.count("first_token_seconds") == 2
