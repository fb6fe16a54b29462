"""The clients that people have: the official SDK and curl talk to the emulator."""

import importlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator import faults as f

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_sdk = pytest.mark.skipif(
    importlib.util.find_spec("openai") is None, reason="the official SDK is not installed"
)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with serve_in_thread(emulator) as url:
        yield url


def curl(*arguments: str) -> str:
    command = ["curl", "--silent", "--show-error", "--max-time", "20", *arguments]
    command += ["--header", "Authorization: Bearer test", "--noproxy", "*"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@needs_curl
def test_curl_reads_a_document_and_a_stream(base_url: str) -> None:
    assert json.loads(curl(f"{base_url}/models", "--compressed"))["object"] == "list"
    body = json.dumps({"model": "gpt-4o", "input": "Hi", "stream": True})
    stream = curl(f"{base_url}/responses", "--data", body, "--no-buffer")
    assert stream.startswith("event: response.created\n")
    assert "response.completed" in stream


@needs_curl
def test_curl_uploads_a_file(base_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    content = "line\n" * 100_000
    path.write_text(content)
    made = json.loads(curl(f"{base_url}/files", "-F", "purpose=vision", "-F", f"file=@{path}"))
    assert (made["filename"], made["bytes"]) == ("a.txt", len(content))
    assert curl(f"{base_url}/files/{made['id']}/content") == content


@needs_curl
def test_curl_asks_for_a_fault(base_url: str) -> None:
    fault = "x-emulator-fault: status;status=503;retry_after=1"
    answer = curl(f"{base_url}/models", "--header", fault, "--include")
    assert answer.startswith("HTTP/1.1 503 Service Unavailable")
    assert "retry-after: 1\n" in answer


@needs_sdk
def test_the_official_sdk(base_url: str, emulator: Emulator) -> None:
    import openai

    weather: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
    with openai.OpenAI(api_key="test", base_url=base_url, max_retries=0) as client:
        question = "What is the weather in Paris?"
        chunks = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": question}], stream=True
        )
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert question in said
        with client.responses.stream(model="gpt-5", input=question) as stream:
            kinds = [event.type for event in stream]
            assert stream.get_final_response().output_text == said
        assert kinds[-1] == "response.completed"
        response = client.responses.create(
            model="gpt-4o",
            input=question,
            tools=[{"type": "function", "name": "weather", "parameters": weather, "strict": False}],
        )
        [call] = response.output
        assert call.type == "function_call"
        assert json.loads(call.arguments) == {"city": "Paris"}
        embeddings = client.embeddings.create(model="text-embedding-3-small", input="x")
        assert len(embeddings.data[0].embedding) == 1536
        file = client.files.create(file=("a.txt", b"content"), purpose="user_data")
        assert client.files.content(file.id).read() == b"content"
        assert [each.id for each in client.files.list()] == [file.id]
        emulator.script(f.Status(429, retry_after=7))
        with pytest.raises(openai.RateLimitError) as limited:
            client.models.list()
        assert limited.value.response.headers["retry-after"] == "7"
        with pytest.raises(openai.BadRequestError) as missing:
            client.responses.create(model="missing-model", input="x")
        assert (missing.value.code, missing.value.param) == ("model_not_found", "model")


@needs_sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_sdk_polls_and_uploads(base_url: str, tmp_path: Path) -> None:
    openai: Any = importlib.import_module("openai")  # much of it is marked as deprecated

    with openai.OpenAI(api_key="test", base_url=base_url, max_retries=0) as client:
        video = client.videos.create_and_poll(prompt="A cat", poll_interval_ms=1)
        assert (video.status, video.progress) == ("completed", 100)
        path = tmp_path / "a.txt"
        path.write_bytes(b"Rome is the capital")
        upload = client.uploads.upload_file_chunked(
            file=path, mime_type="text/plain", purpose="assistants", part_size=7
        )
        assert upload.file is not None
        assert client.files.content(upload.file.id).read() == path.read_bytes()
        store = client.vector_stores.create(name="s")
        batch = client.vector_stores.file_batches.create_and_poll(
            store.id, file_ids=[upload.file.id], poll_interval_ms=1
        )
        assert (batch.status, batch.file_counts.completed) == ("completed", 1)
        transcript = client.audio.transcriptions.create(
            file=("a.mp3", b"x"), model="whisper-1", response_format="srt"
        )
        assert transcript.startswith("1\n00:00:00,000 --> ")
        images = client.images.generate(prompt="x", stream=True, partial_images=1)
        assert [each.type for each in images][-1] == "image_generation.completed"


@needs_sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_sdk_runs_assistants(base_url: str) -> None:
    openai: Any = importlib.import_module("openai")  # much of it is marked as deprecated

    with openai.OpenAI(api_key="test", base_url=base_url, max_retries=0) as client:
        threads = client.beta.threads
        thread = threads.create(messages=[{"role": "user", "content": "Hello Rome"}])
        assistant = client.beta.assistants.create(model="gpt-4o")
        run = threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1
        )
        assert run.status == "completed"
        with threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            said = "".join(stream.text_deltas)
            final = stream.get_final_run()
        assert "Hello Rome" in said
        assert final.status == "completed"
        assert len(list(threads.messages.list(thread.id))) == 3


@needs_sdk
def test_the_official_sdk_parses_structured_output(base_url: str) -> None:
    import openai
    from pydantic import BaseModel

    class City(BaseModel):
        name: str
        population: int

    with openai.OpenAI(api_key="test", base_url=base_url, max_retries=0) as client:
        answer = client.responses.parse(model="gpt-5", input="Tell me of Rome", text_format=City)
    assert answer.output_parsed == City(name="Rome", population=1)
