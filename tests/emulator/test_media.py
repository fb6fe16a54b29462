"""Audio, images, video, moderations, and completions without a chat."""

import json
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from api_openai import APIStatusError, BadRequestError, Client
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.fake_data.media import audio, mp3, sample, wav
from api_openai.emulator.faults import Say
from api_openai.emulator.http.json_documents import Object

from .peer import Answer, ask, decoded
from .test_files import FORM, form

if TYPE_CHECKING:
    from api_openai.core.api.params.moderations import ModerationTextInputParam

SPEECH: Object = {"model": "tts-1", "voice": "alloy", "input": "Hello there"}


@pytest.fixture
def client() -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator()), strict=True)


def events(answer: Answer) -> list[Object]:
    *documents, done = answer.events
    assert (done, answer.complete) == (b"[DONE]", True)
    return [decoded(each) for each in documents]


@pytest.mark.parametrize(
    ("wanted", "kind", "start"),
    [
        (None, "audio/mpeg", b"\xff\xfb"),
        ("wav", "audio/wav", b"RIFF"),
        ("flac", "audio/flac", b"fLaC"),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("pcm", "audio/pcm", b"\0\0"),
    ],
)
def test_speech_is_audio_of_the_format(wanted: str | None, kind: str, start: bytes) -> None:
    answer = ask(Emulator(), "POST", "/audio/speech", {**SPEECH, "response_format": wanted})
    assert answer.headers["content-type"] == kind
    assert answer.body.startswith(start)
    assert (kind, answer.body) == audio(wanted or "mp3")


def test_speech_as_events_is_the_same_audio() -> None:
    answer = ask(Emulator(), "POST", "/audio/speech", {**SPEECH, "stream_format": "sse"})
    *deltas, done = events(answer)
    assert {each["type"] for each in deltas} == {"speech.audio.delta"}
    assert b"".join(b64decode(str(each["audio"])) for each in deltas) == mp3()
    assert done["type"] == "speech.audio.done"


def test_silence_is_well_formed() -> None:
    data = wav(samples=10)
    assert len(data) == 44 + 20
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert len(mp3(3)) == 3 * 417
    assert sample("skills.content.retrieve")[0] == "application/zip"
    assert sample("live.sessions.content")[0] == "audio/wav"
    assert sample("realtime.calls.create")[0] == "application/sdp"


def heard(emulator: Emulator, model: str = "whisper-1", **fields: str) -> Answer:
    body = form(b"sound", "a.mp3", fields={"model": model, **fields})
    return ask(emulator, "POST", "/audio/transcriptions", body=body, headers=FORM)


@pytest.mark.parametrize(
    ("wanted", "kind", "start"),
    [
        ("text", "text/plain", "Two words\n"),
        ("srt", "text/plain", "1\n00:00:00,000 --> 00:00:00,800\nTwo words\n"),
        ("vtt", "text/plain", "WEBVTT\n\n00:00:00.000 --> 00:00:00.800\nTwo words\n"),
        ("json", "application/json", '{"text":"Two words"'),
        ("verbose_json", "application/json", '{"language":"english","duration":0.8'),
        ("diarized_json", "application/json", '{"task":"transcribe","duration":0.8'),
    ],
)
def test_transcripts_in_every_format(wanted: str, kind: str, start: str) -> None:
    model = "gpt-4o-transcribe-diarize" if wanted == "diarized_json" else "whisper-1"
    answer = heard(Emulator(faults=[Say("Two words")]), model, response_format=wanted)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.body.decode().startswith(start)


def test_transcripts_depend_on_the_file_and_on_nothing_else(client: Client) -> None:
    said = [
        client.audio.transcriptions.create(file=(name, b"x"), model="whisper-1").text
        for name in ("a.mp3", "a.mp3", "b.mp3")
    ]
    assert said[0] == said[1] != said[2]
    made = client.audio.transcriptions.create(
        file=("a.mp3", b"x"),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert made.words is not None
    assert made.segments is not None
    assert "".join(f"{each.word} " for each in made.words).strip() == made.text
    assert made.words[-1].end == made.segments[-1].end == made.duration
    translated = client.audio.translations.create(file=("a.mp3", b"x"), model="whisper-1")
    assert translated.text == said[0]


def test_a_streamed_transcript() -> None:
    emulator = Emulator(faults=[Say("Two words")])
    told = events(heard(emulator, "gpt-4o-transcribe", stream="true", **{"include[]": "logprobs"}))
    assert [each["type"] for each in told] == [
        *("transcript.text.delta", "transcript.text.delta", "transcript.text.done"),
    ]
    assert [each.get("delta", each.get("text")) for each in told] == ["Two", " words", "Two words"]
    assert all("logprobs" in each for each in told)
    diarized = {"stream": "true", "response_format": "diarized_json"}
    told = events(heard(Emulator(), "gpt-4o-transcribe-diarize", **diarized))
    assert [each.get("speaker") for each in told][:2] == ["A", "B"]


def test_whisper_tells_all_at_once() -> None:
    answer = heard(Emulator(faults=[Say("Two words")]), stream="true")
    assert answer.headers["content-type"] == "application/json"
    assert answer.document["text"] == "Two words"


def test_images(client: Client) -> None:
    made = client.images.generate(prompt="A cat", model="gpt-image-1", n=2, size="1024x1536")
    assert made.data is not None
    assert [each.b64_json is not None for each in made.data] == [True, True]
    assert (made.size, made.output_format, made.usage is not None) == ("1024x1536", "png", True)
    assert b64decode(made.data[0].b64_json or "").startswith(b"\x89PNG")
    old = client.images.generate(prompt="A cat", model="dall-e-3")
    assert old.data is not None
    assert (old.data[0].url or "").startswith("https://")
    assert old.data[0].revised_prompt == "A cat"
    varied = client.images.create_variation(image=("a.png", b"x"))
    assert varied.data is not None
    edited = client.images.edit(image=[("a.png", b"x"), ("b.png", b"y")], prompt="A dog", n=1)
    assert edited.data is not None


@pytest.mark.parametrize(
    ("path", "task"),
    [("/images/generations", "image_generation"), ("/images/edits", "image_edit")],
)
def test_streamed_images(path: str, task: str) -> None:
    body: Object = {"prompt": "A cat", "stream": True, "partial_images": 2}
    if task == "image_edit":
        fields = {"prompt": "A cat", "stream": "true", "partial_images": "2"}
        data = form(b"x", "a.png", fields=fields).replace(b'name="file"', b'name="image"')
        told = events(ask(Emulator(), "POST", path, body=data, headers=FORM))
    else:
        told = events(ask(Emulator(), "POST", path, body))
    assert [each["type"] for each in told] == [
        *(f"{task}.partial_image", f"{task}.partial_image", f"{task}.completed"),
    ]
    assert [each.get("partial_image_index") for each in told] == [0, 1, None]


def test_a_video_from_its_prompt_to_its_download(client: Client) -> None:
    video = client.videos.create(prompt="A cat", seconds="8", input_reference=("a.png", b"x"))
    assert (video.status, video.progress, video.seconds, video.model) == (
        *("queued", 0, "8", "sora-2"),
    )
    with pytest.raises(BadRequestError, match="nothing to download yet"):
        client.videos.download_content(video.id)
    seen = [client.videos.retrieve(video.id) for _ in range(2)]
    assert [(each.status, each.progress) for each in seen] == [
        *(("in_progress", 50), ("completed", 100)),
    ]
    assert client.videos.download_content(video.id).read()[4:8] == b"ftyp"
    picture = client.videos.download_content(video.id, variant="thumbnail")
    assert picture.read().startswith(b"\x89PNG")
    remix = client.videos.remix(video.id, prompt="A dog")
    assert (remix.remixed_from_video_id, remix.seconds) == (video.id, "8")
    edit = client.videos.edit(prompt="A bird", video={"id": video.id})
    assert (edit.remixed_from_video_id, edit.status) == (video.id, "queued")
    extension = client.videos.extend(prompt="x", seconds="4", video=("a.mp4", b"x"))
    assert extension.seconds == "4"
    ids = [each.id for each in client.videos.list(order="asc")]
    assert ids == [video.id, remix.id, edit.id, extension.id]


def test_moderations_know_the_names_of_categories(client: Client) -> None:
    made = client.moderations.create(input=["Flowers", "graphic violence"])
    assert [each.flagged for each in made.results] == [False, True]
    assert made.results[1].categories.violence is True
    assert made.results[1].category_scores.hate < 0.1
    parts: list[ModerationTextInputParam] = [
        {"type": "text", "text": "hate"},
        {"type": "text", "text": "x"},
    ]
    [one] = client.moderations.create(input=parts).results
    assert one.categories.hate is True


def test_completions(client: Client) -> None:
    made = client.completions.create(
        model="davinci-002", prompt=["One", "Two"], n=2, max_tokens=3, echo=True, logprobs=1
    )
    assert [choice.index for choice in made.choices] == [0, 1, 2, 3]
    assert [choice.text[:3] for choice in made.choices] == ["One", "One", "Two", "Two"]
    assert {choice.finish_reason for choice in made.choices} == {"length"}
    logprobs = made.choices[0].logprobs
    assert logprobs is not None
    assert "".join(logprobs.tokens or []) == made.choices[0].text
    stopped = client.completions.create(model="davinci-002", prompt="x", stop="emulator")
    assert "emulator" not in stopped.choices[0].text
    tokens = client.completions.create(model="davinci-002", prompt=[[1, 2], [3]], max_tokens=50)
    assert len(tokens.choices) == 2
    with pytest.raises(APIStatusError):
        client.completions.create(model="davinci-002", prompt="x", n=0)


def test_streamed_completions() -> None:
    body: Object = {"model": "davinci-002", "prompt": "Hi", "stream": True}
    body["stream_options"] = {"include_usage": True}
    emulator = Emulator(faults=[Say("Two words")])
    told = [json.loads(each) for each in ask(emulator, "POST", "/completions", body).events[:-1]]
    assert [each["choices"][0]["text"] for each in told[:-1]] == ["Two", " words"]
    assert told[1]["choices"][0]["finish_reason"] == "stop"
    assert told[-1]["usage"]["completion_tokens"] == 2
