"""What frameworks touch gives what it gives with the SDK's own client: classes, texts and values."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Say

openai: Any = pytest.importorskip("openai")

from api_openai import compat  # noqa: E402  # it needs the SDK

QUESTION = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "gpt-4o", "messages": QUESTION}


class City(BaseModel):
    name: str


def class_of(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def raw(client: Any) -> Any:
    answer = client.chat.completions.with_raw_response.create(**CHAT)
    said = (answer.status_code, answer.http_version, answer.method, answer.retries_taken)
    parts = (answer, answer.headers, answer.http_response, answer.http_request, answer.parse())
    return said, [class_of(part) for part in parts]


def streaming(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**CHAT) as answer:
        return class_of(answer), class_of(answer.parse())


def streaming_bytes(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**CHAT) as answer:
        return class_of(answer.http_response), b"".join(answer.iter_bytes())[:1]


def raw_stream(client: Any) -> Any:
    stream = client.chat.completions.with_raw_response.create(**CHAT, stream=True).parse()
    return class_of(stream.response), {class_of(chunk) for chunk in stream}


def parsed(client: Any) -> Any:
    answer = client.chat.completions.parse(**CHAT, response_format=City)
    return class_of(answer), answer.choices[0].message.parsed


def parsed_raw(client: Any) -> Any:
    create = client.beta.chat.completions.with_raw_response.parse
    answer = create(**CHAT, response_format=City)
    return class_of(answer), answer.parse().choices[0].message.parsed


def parsed_response(client: Any) -> Any:
    answer = client.responses.parse(model="gpt-4o", input="Oslo?", text_format=City)
    return class_of(answer), answer.output_parsed


def helper_of_chat(client: Any) -> Any:
    with client.chat.completions.stream(**CHAT, response_format=City) as stream:
        kinds = [event.type for event in stream]
        return class_of(stream), kinds, stream.get_final_completion().choices[0].message.parsed


def helper_of_responses(client: Any) -> Any:
    with client.responses.stream(model="gpt-4o", input="Oslo?", text_format=City) as stream:
        kinds = [event.type for event in stream]
        return class_of(stream), kinds, stream.get_final_response().output_parsed


def files(client: Any) -> Any:
    file = client.files.create(file=("a.txt", b"text"), purpose="assistants")
    content = client.files.content(file.id)
    return class_of(file), class_of(content), content.text, content.read()


def pages(client: Any) -> Any:
    for _ in range(3):
        client.files.create(file=("a.txt", b"text"), purpose="assistants")
    page = client.files.list(limit=2)
    return class_of(page), class_of(page.get_next_page()), [class_of(file) for file in page]


def speech(client: Any) -> Any:
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello")
    return class_of(answer), class_of(answer.response), answer.content == answer.read()


def callbacks(client: Any) -> Any:
    texts: list[str] = []

    class Handler(openai.AssistantEventHandler):  # type: ignore[misc]  # the SDK may be missing
        def on_text_delta(self, delta: Any, snapshot: Any) -> None:
            texts.append(delta.value)

    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=QUESTION)
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
    ) as stream:
        stream.until_done()
    return "".join(texts)


def any_path(client: Any) -> Any:
    chunks = openai.Stream[openai.types.chat.ChatCompletionChunk]
    kind = openai.types.chat.ChatCompletion
    body = {**CHAT, "stream": True}
    stream = client.post(
        "/chat/completions", body=body, cast_to=kind, stream=True, stream_cls=chunks
    )
    return class_of(stream), {class_of(chunk) for chunk in stream}


def omitted(client: Any) -> Any:
    left_out = {"temperature": openai.NOT_GIVEN, "stop": openai.omit}
    return class_of(client.chat.completions.create(**CHAT, **left_out))


def copies(client: Any) -> Any:
    copied = client.with_options(timeout=3.0, max_retries=1, default_headers={"X-A": "1"})
    return (
        copied.timeout,
        copied.max_retries,
        copied.default_headers["X-A"],
        class_of(copied.base_url),
    )


WALK = [
    raw,
    streaming,
    streaming_bytes,
    raw_stream,
    parsed,
    parsed_raw,
    parsed_response,
    helper_of_chat,
    helper_of_responses,
    files,
    pages,
    speech,
    callbacks,
    any_path,
    omitted,
    copies,
]


OF_A_CITY = {parsed, parsed_raw, parsed_response, helper_of_chat, helper_of_responses}


@pytest.mark.parametrize("step", WALK)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_gives_what_the_sdk_gives(step: Callable[[Any], Any]) -> None:
    found: list[Any] = []
    for home in (openai, compat):
        emulator = Emulator()
        if step in OF_A_CITY:
            emulator.script(Say('{"name": "Oslo"}'))
        with (
            serve_in_thread(emulator) as url,
            home.OpenAI(api_key="sk-test", base_url=url, max_retries=0) as client,
        ):
            found.append(step(client))
    assert found[0] == found[1]
    assert found[0]
