"""What the API refuses of sounds, pictures and files."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object

from .peer import Answer, ask
from .test_files import FORM, form

Refusal = tuple[str | None, str | None, str]
"""`param`, `code`, and how the message begins."""


def check(answer: Answer, expected: Refusal, status: int = 400) -> None:
    param, code, message = expected
    assert answer.status == status, answer.body
    assert str(answer.error["message"]).startswith(message)
    assert (answer.error["param"], answer.error["code"]) == (param, code)


def speak(**parameters: object) -> Answer:
    document = {"model": "gpt-4o-mini-tts", "input": "Hi", "voice": "alloy", **parameters}
    return ask(Emulator(), "POST", "/audio/speech", document)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"voice": "nobody"},
            (None, None, "[{'type': 'enum', 'loc': ('body', 'voice'), 'msg': \"Input should be 'n"),
        ),
        ({"model": "tts-1", "voice": "ballad"}, (None, None, "[{'type': 'enum', 'loc': ('body', ")),
        ({"input": ""}, (None, None, "[{'type': 'string_too_short', 'loc': ('body', 'input')")),
        (
            {"input": "x" * 4097},
            (None, None, "[{'type': 'string_too_long', 'loc': ('body', 'input')"),
        ),
        ({"speed": 5}, ("speed", "decimal_above_max_value", "Invalid 'speed': decimal above")),
    ],
)
def test_speech(parameters: Object, expected: Refusal) -> None:
    check(speak(**parameters), expected)


@pytest.mark.parametrize(
    "parameters",
    [
        {"voice": "ballad"},
        {"voice": {"id": "voice_1"}},
        {"model": "tts-1", "voice": "sage"},
        {"input": "x" * 4096, "speed": 0.25},
    ],
)
def test_speech_that_passes(parameters: Object) -> None:
    assert speak(**parameters).status == 200


def hear(content: bytes = b"sound", name: str = "a.mp3", **fields: str) -> Answer:
    body = form(content, name, fields={"model": "whisper-1", **fields})
    return ask(Emulator(), "POST", "/audio/transcriptions", body=body, headers=FORM)


def test_recordings() -> None:
    for name in ("a.txt", "upload", "a.mp3.exe"):
        check(hear(name=name), (None, None, "Invalid file format. Supported formats: ['flac', 'm4"))
    check(hear(b""), ("file", "audio_too_short", "Audio file is too short."))
    long = hear(b"x" * 26_214_401)
    check(long, (None, None, "Maximum content size limit (26214400) exceeded (26214401 "), 413)
    assert long.error["type"] == "server_error"
    assert hear(name="A.WAV").status == 200


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("gpt-4o-transcribe", "verbose_json"),
        ("gpt-4o-mini-transcribe", "srt"),
        ("gpt-4o-transcribe-diarize", "vtt"),
        ("whisper-1", "diarized_json"),
    ],
)
def test_formats_of_transcripts(model: str, wanted: str) -> None:
    message = f"response_format '{wanted}' is not compatible with model '{model}'. Use 'json'"
    expected = ("response_format", "unsupported_value", message)
    check(hear(model=model, response_format=wanted), expected)
    assert hear(model=model, response_format="json").status == 200


def draw(**parameters: object) -> Answer:
    return ask(Emulator(), "POST", "/images/generations", {"prompt": "x", **parameters})


SUPPORTED = "Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'."


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"model": "gpt-image-1", "size": "512x512"},
            ("size", "invalid_value", f"Invalid value: '512x512'. {SUPPORTED}"),
        ),
        (
            {"model": "dall-e-3", "size": "512x512"},
            (None, "invalid_size", "The size is not supported by this model."),
        ),
        (
            {"model": "dall-e-2", "size": "1792x1024"},
            (None, "invalid_size", "The size is not supported by this model."),
        ),
        ({"model": "gpt-image-2", "size": "1000x1000"}, ("size", "invalid_value", "Invalid size")),
        ({"model": "gpt-image-2", "size": "1600x160"}, ("size", "invalid_value", "Invalid size")),
        (
            {"model": "gpt-image-1", "quality": "hd"},
            ("quality", "invalid_value", "Invalid value: 'hd'. Supported values are: 'low',"),
        ),
        (
            {"model": "dall-e-3", "quality": "high"},
            ("quality", "invalid_value", "Invalid value: 'high'. Supported values are: 'standard'"),
        ),
        (
            {"model": "gpt-image-1", "response_format": "b64_json"},
            ("response_format", "unknown_parameter", "Unknown parameter: 'response_format'."),
        ),
        (
            {"model": "dall-e-3", "output_format": "png"},
            ("output_format", "unknown_parameter", "Unknown parameter: 'output_format'."),
        ),
        ({"model": "dall-e-3", "n": 2}, ("n", "invalid_value", "You must provide n=1 for this m")),
        (
            {"n": 11},
            (
                "n",
                "integer_above_max_value",
                "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 inst",
            ),
        ),
    ],
)
def test_pictures(parameters: Object, expected: Refusal) -> None:
    check(draw(**parameters), expected)


@pytest.mark.parametrize(
    "parameters",
    [
        {"model": "gpt-image-1", "size": "auto", "quality": "high", "output_format": "webp"},
        {"model": "gpt-image-2", "size": "1744x2480", "quality": "max"},
        {"model": "dall-e-3", "size": "1792x1024", "quality": "hd", "response_format": "url"},
        {"model": "dall-e-2", "size": "256x256", "n": 10},
    ],
)
def test_pictures_that_pass(parameters: Object) -> None:
    assert draw(**parameters).status == 200


def edit(*names: str, kind: str = "", model: str = "gpt-image-1") -> Answer:
    name = "image" if len(names) == 1 else "image[]"
    body = b"".join(
        f'--b0\r\nContent-Disposition: form-data; name="{name}"; filename="{each}"\r\n'
        f"{kind}\r\nx\r\n".encode()
        for each in names
    )
    body += form(None, fields={"prompt": "x", "model": model})
    return ask(Emulator(), "POST", "/images/edits", body=body, headers=FORM)


def test_files_that_are_no_pictures() -> None:
    code, plain = "unsupported_file_mimetype", "application/octet-stream"
    check(
        edit("a.bin"),
        (
            "image",
            code,
            f"Invalid file 'image': unsupported mimetype ('{plain}'). "
            "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.",
        ),
    )
    check(edit("a.png", "b"), ("image[1]", code, "Invalid file 'image[1]': unsupported mimetype"))
    named = edit("a.png", kind=f"Content-Type: {plain}\r\n")
    check(named, ("image", code, "Invalid file 'image': unsupported mimetype"))
    check(edit("a.jpg", model="dall-e-2"), ("image", code, "Invalid file 'image': unsupported m"))
    assert edit("a.png", "b.jpg", "c.webp").status == 200
    assert edit("a", kind="Content-Type: image/png\r\n").status == 200


@pytest.mark.parametrize(("purpose", "api"), [("batch", "Batch"), ("fine-tune", "Fine-Tuning")])
def test_files_of_lines(purpose: str, api: str) -> None:
    def upload(name: str) -> Answer:
        body = form(b"{}", name, purpose=purpose)
        return ask(Emulator(), "POST", "/files", body=body, headers=FORM)

    message = f"Invalid file format for {api} API. Must be .jsonl"
    check(upload("a.txt"), (None, None, message))
    assert upload("a.jsonl").status == 200


def test_files_that_nobody_uploaded() -> None:
    part = {"type": "input_file", "file_id": "file-no"}
    answer = ask(
        Emulator(),
        "POST",
        "/responses",
        {"model": "gpt-4o", "input": [{"role": "user", "content": [part]}]},
    )
    expected = ("input[0].content[0].file_id", None, "No such File object: file-no")
    check(answer, expected, 404)
    message = {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-no"}}]}
    document = {"model": "gpt-4o", "messages": [message]}
    answer = ask(Emulator(), "POST", "/chat/completions", document)
    expected = ("messages[0].content[0].file.file_id", None, "No such File object: file-no")
    check(answer, expected, 404)
    check(ask(Emulator(), "GET", "/files/no"), ("id", None, "No such File object: no"), 404)


@pytest.mark.parametrize(
    ("path", "document", "param"),
    [
        ("/vector_stores", {"file_ids": ["no"]}, "file_id"),
        (
            "/batches",
            {"input_file_id": "no", "endpoint": "/v1/responses", "completion_window": "24h"},
            "input_file_id",
        ),
        ("/fine_tuning/jobs", {"model": "gpt-4o", "training_file": "no"}, "training_file"),
    ],
)
def test_files_where_nothing_is_made_up(path: str, document: Object, param: str) -> None:
    expected = (param, None, "No such File object: no")
    check(ask(Emulator(examples=False), "POST", path, document), expected, 404)
    assert ask(Emulator(), "POST", path, document).status == 200
