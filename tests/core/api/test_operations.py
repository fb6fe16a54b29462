"""Builders whose requests or answers depend on what is given; every one is in `tests/parity`."""

import json
from typing import Any

import pytest

from api_openai.core.api.operations import (
    audio,
    beta_agents,
    beta_responses,
    beta_threads,
    chat,
    containers,
    files,
    fine_tuning,
    images,
    models,
    realtime,
    responses,
)
from api_openai.core.http.body import BytesBody, JsonBody
from api_openai.core.http.multipart import MultipartBody
from api_openai.core.request.answer_kinds import BytesAnswer, EventsAnswer, JsonAnswer, TextAnswer


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


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, JsonAnswer("audio:Transcription")),
        ({"response_format": "json"}, JsonAnswer("audio:Transcription")),
        ({"response_format": "verbose_json"}, JsonAnswer("audio:TranscriptionVerbose")),
        ({"response_format": "diarized_json"}, JsonAnswer("audio:TranscriptionDiarized")),
        ({"response_format": "text"}, TextAnswer()),
        ({"response_format": "srt"}, TextAnswer()),
        ({"response_format": "vtt", "stream": False}, TextAnswer()),
        ({"response_type": dict}, JsonAnswer(dict)),
    ],
)
def test_a_transcription_is_what_was_asked_for(given: dict[str, Any], answer: object) -> None:
    operation = audio.transcriptions_create_either(file=b"", model="m", **given)
    assert operation.answer == answer


def test_a_transcription_streams_in_any_format() -> None:
    operation = audio.transcriptions_create_stream(
        file=b"", model="m", response_format="text", stream=True
    )
    assert isinstance(operation.answer, EventsAnswer)
    assert operation.answer.terminal == ("transcript.text.done",)


def test_a_translation_may_be_text() -> None:
    whole = audio.translations_create(file=b"", model="m")
    assert whole.answer == JsonAnswer("audio:Translation")
    text = audio.translations_create_text(file=b"", model="m", response_format="srt")
    assert text.answer == TextAnswer()
    verbose = audio.translations_create_verbose(file=b"", model="m", response_format="verbose_json")
    assert verbose.answer == JsonAnswer("audio:TranslationVerbose")


def test_speech_is_bytes_or_events() -> None:
    whole = audio.speech_create(input="x", model="m", voice="v")
    assert whole.answer == BytesAnswer()
    assert whole.headers == (("accept", "application/octet-stream"),)
    events = audio.speech_create_stream(input="x", model="m", voice="v", stream_format="sse")
    assert isinstance(events.answer, EventsAnswer)
    assert events.answer.terminal == ("speech.audio.done",)
    assert events.headers == ()
    assert isinstance(events.body, JsonBody)
    assert json.loads(events.body.data)["stream_format"] == "sse"


def test_aliases_answer_in_their_own_way() -> None:
    assert files.content("f").answer == BytesAnswer()
    text = files.retrieve_content("f")
    assert (text.path, text.answer, text.headers) == ("/files/f/content", TextAnswer(), ())
    page = fine_tuning.checkpoints_permissions_retrieve("c", limit=2)
    assert page.answer == JsonAnswer("fine_tuning:PermissionRetrieveResponse")
    assert page.query == (("limit", "2"),)


def test_betas_are_a_header_field_beside_a_query_of_its_own() -> None:
    operation = beta_responses.input_items_list("r", betas=["responses_multi_agent=v1"], limit=3)
    assert operation.path == "/responses/r/input_items?beta=true"
    assert operation.query == (("limit", "3"),)
    assert operation.headers == (("openai-beta", "responses_multi_agent=v1"),)
    more: list[Any] = ["a=v1", "b=v1"]
    assert beta_responses.retrieve("r", betas=more).headers == (("openai-beta", "a=v1,b=v1"),)
    own = beta_responses.retrieve("r", betas=more, extra_headers={"OpenAI-Beta": "c=v1"})
    assert own.headers == (("openai-beta", "c=v1"),)


def test_a_key_of_idempotency_goes_beside_the_static_header() -> None:
    operation = beta_agents.sessions_events_create("s", events=[], idempotency_key="k")
    assert dict(operation.headers) == {
        "openai-beta": "agents=v1",
        "accept": "*/*",
        "idempotency-key": "k",
    }


def test_what_only_streams_has_no_other_answer() -> None:
    operation = beta_agents.sessions_events_stream("s")
    assert isinstance(operation.answer, EventsAnswer)
    assert operation.answer.may_just_end
    assert operation.answer.reports_errors


def test_images_end_with_one_event_each() -> None:
    answer = images.generate_stream(prompt="x", n=2, stream=True).answer
    assert isinstance(answer, EventsAnswer)
    assert (answer.terminal, answer.last) == ((), ("image_generation.completed",))


def test_events_of_assistants_have_names() -> None:
    answer = beta_threads.runs_create_stream("t", assistant_id="a", stream=True).answer
    assert isinstance(answer, EventsAnswer)
    assert answer.named


def test_a_form_is_json_where_no_file_is_in_it() -> None:
    given = containers.files_create("c", file_id="f")
    assert isinstance(given.body, JsonBody)
    assert json.loads(given.body.data) == {"file_id": "f"}
    assert isinstance(containers.files_create("c", file=b"x").body, MultipartBody)


def test_an_offer_alone_is_the_body_itself() -> None:
    alone = realtime.calls_create(sdp="v=0")
    assert alone.body == BytesBody(b"v=0", "application/sdp")
    both = realtime.calls_create(sdp="v=0", session={"type": "realtime"})
    assert isinstance(both.body, MultipartBody)
    sdp, session = both.body.parts
    assert (sdp.content_type, session.content_type) == ("application/sdp", "application/json")
    assert session.body.whole() == b'{"type":"realtime"}'
    assert (sdp.filename, session.filename) == (None, None)
