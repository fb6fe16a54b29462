"""Programs written for the official SDK: with the import changed they do the same.

Each takes the package and a client, and returns what its user would look at.
"""

import asyncio
import importlib
import importlib.util
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.emulator.faults import CallFunction, Say, Status

from ..support.switching import HELLO, Package, Program, check


@dataclass
class Fair:
    """What answers are read as where there is no pydantic, and so no official SDK."""

    name: str
    participants: list[str]


def kind() -> Any:
    """The type of an answer."""
    if importlib.util.find_spec("pydantic") is None:
        return Fair
    pydantic: Any = importlib.import_module("pydantic")
    return pydantic.create_model("Fair", name=(str, ...), participants=(list[str], ...))


def fields(fair: Any) -> object:
    return fair.name, fair.participants


EVENT: Final = '{"name":"Fair","participants":["Ann","Bo"]}'


def chat(sdk: Package, client: Any) -> object:
    completion = client.chat.completions.create(model="gpt-4o", messages=HELLO, temperature=0.2)
    choice = completion.choices[0]
    return choice.message.role, choice.message.content, choice.finish_reason, choice.index


def chat_stream(sdk: Package, client: Any) -> object:
    text, usage = "", None
    for chunk in client.chat.completions.create(
        model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
    ):
        if chunk.choices and chunk.choices[0].delta.content is not None:
            text += chunk.choices[0].delta.content
        usage = chunk.usage or usage
    return text, usage.total_tokens if usage else None


def a_stream_is_left(sdk: Package, client: Any) -> object:
    stream = client.responses.create(model="gpt-4o", input="Hello", stream=True)
    with stream:
        first = next(iter(stream))
    again = client.responses.create(model="gpt-4o", input="Hello")
    return first.type, again.output_text


def functions(sdk: Package, client: Any) -> object:
    tools = [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
            },
        }
    ]
    messages: list[Any] = [{"role": "user", "content": "Weather in Oslo?"}]
    completion = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    message = completion.choices[0].message
    calls: list[Any] = message.tool_calls
    messages.append(message)  # the answer goes back as it is
    for call in calls:
        arguments = json.loads(call.function.arguments)
        output = {"role": "tool", "tool_call_id": call.id, "content": json.dumps(arguments)}
        messages.append(output)
    completion = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    return [call.function.name for call in calls], completion.choices[0].message.content


def responses(sdk: Package, client: Any) -> object:
    first = client.responses.create(model="gpt-5", input="Hello", instructions="Be brief.")
    second = client.responses.create(model="gpt-5", input="And?", previous_response_id=first.id)
    again = client.responses.retrieve(first.id)
    kinds = [item.type for item in second.output]
    client.responses.delete(first.id)
    return first.output_text, second.status, kinds, again.id == first.id


def response_events(sdk: Package, client: Any) -> object:
    text: list[str] = []
    for event in client.responses.create(model="gpt-5", input="Hello", stream=True):
        if event.type == "response.output_text.delta":
            text.append(event.delta)
        elif event.type == "response.completed":
            text.append(event.response.output_text)
    return text


def parse(sdk: Package, client: Any) -> object:
    completions = client.chat.completions
    completion = completions.parse(model="gpt-4o", messages=HELLO, response_format=kind())
    response = client.responses.parse(model="gpt-4o", input="Hello", text_format=kind())
    return fields(completion.choices[0].message.parsed), fields(response.output_parsed)


def stream_helper(sdk: Package, client: Any) -> object:
    with client.chat.completions.stream(
        model="gpt-4o", messages=HELLO, response_format=kind()
    ) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
        completion = stream.get_final_completion()
    with client.responses.stream(model="gpt-4o", input="Hello", text_format=kind()) as events:
        last = [event.type for event in events][-1]
        response = events.get_final_response()
    parsed = completion.choices[0].message.parsed
    return text, fields(parsed), last, fields(response.output_parsed)


def pages(sdk: Package, client: Any) -> object:
    for number in range(5):
        client.files.create(file=(f"{number}.txt", b"x"), purpose="user_data")
    first = client.files.list(limit=2, order="asc")
    names = [file.filename for file in client.files.list(limit=2, order="asc")]
    following = first.get_next_page()
    by_page = [len(page.data) for page in first.iter_pages()]
    return names, first.has_next_page(), following.data[0].filename, by_page


def errors(sdk: Package, client: Any) -> object:
    found: list[object] = []
    try:
        client.models.retrieve("none")
    except sdk.NotFoundError as error:
        found += [error.status_code, error.code, error.type, error.param, error.body["message"]]
        found += [error.response.status_code, error.request_id is not None]
        found += [error.response.json()["error"]["message"], "error" in error.response.text]
        found += asked(error.request) + asked(error.response.request)
    try:
        client.with_options(timeout=5).responses.create(model="gpt-4o", input="Hello")
    except sdk.RateLimitError as error:
        found += [error.status_code, error.response.headers["retry-after"]]
    try:
        client.responses.create(model="gpt-4o", input="Hello")
    except sdk.APIStatusError as error:
        found += [type(error).__name__, error.status_code]
    try:
        client.with_options(base_url="http://127.0.0.1:9/v1", api_key="k").models.list()
    except sdk.APIConnectionError as error:
        found += [isinstance(error, sdk.APIError), isinstance(error, sdk.OpenAIError)]
        found += asked(error.request)
    return found


def asked(request: Any) -> list[str]:
    """What an error says of its request."""
    return [request.method, str(request.url).partition("/v1/")[2]]


def raw_and_streamed(sdk: Package, client: Any) -> object:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    completion = raw.parse()
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o", messages=HELLO
    ) as response:
        lines = [line for line in response.iter_lines() if line]
    return (
        raw.status_code,
        raw.headers["content-type"],
        completion.choices[0].message.content,
        len(lines) > 0,
        response.headers.get("x-request-id") is not None,
    )


def files(sdk: Package, client: Any) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_bytes(b'{"a": 1}\n')
        file = client.files.create(file=path, purpose="batch")
        with path.open("rb") as opened:
            again = client.files.create(file=opened, purpose="batch")
        content = client.files.content(file.id)
        content.write_to_file(Path(folder) / "copy")
        content.stream_to_file(Path(folder) / "copy")
        copied = (Path(folder) / "copy").read_bytes()
        chunked = client.uploads.upload_file_chunked(
            file=path, mime_type="text/jsonl", purpose="batch", part_size=4
        )
    deleted = client.files.delete(again.id)
    return (
        (file.filename, file.bytes, again.filename, deleted.deleted),
        (content.read(), content.text, [*content.iter_lines()], copied),
        (chunked.status, chunked.file.bytes),
    )


def dumps(sdk: Package, client: Any) -> object:
    completion = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    dumped = completion.model_dump()
    as_json = json.loads(completion.model_dump_json())
    without = completion.to_dict()
    return (
        dumped["choices"][0]["message"]["content"],
        as_json["object"],
        without["choices"][0]["finish_reason"],
        json.loads(completion.to_json())["model"],
    )


def embeddings(sdk: Package, client: Any) -> object:
    answer = client.embeddings.create(
        model="text-embedding-3-small", input=["a", "b"], dimensions=4, encoding_format="float"
    )
    return [[round(each, 6) for each in item.embedding] for item in answer.data]


def types_are_there(sdk: Package, client: Any) -> object:
    types = importlib.import_module(f"{sdk.__name__}.types")
    of_chat = importlib.import_module(f"{sdk.__name__}.types.chat")
    of_responses = importlib.import_module(f"{sdk.__name__}.types.responses")
    completion = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    response = client.responses.create(model="gpt-4o", input="Hello")
    return (
        isinstance(completion, of_chat.ChatCompletion),
        isinstance(response.output[0], of_responses.ResponseOutputMessage),
        isinstance(client.models.list().data[0], types.Model),
    )


def waiting(sdk: Package, client: Any) -> object:
    store = client.vector_stores.create(name="s")
    file = client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("a.txt", b"Rome"), poll_interval_ms=1
    )
    thread = client.beta.threads.create(messages=HELLO)
    assistant = client.beta.assistants.create(model="gpt-4o")
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1
    )
    messages = client.beta.threads.messages.list(thread_id=thread.id)
    return file.status, run.status, messages.data[0].content[0].text.value


def agents(sdk: Package, client: Any) -> object:
    asked: list[object] = []

    def add(arguments: dict[str, Any]) -> str:
        asked.append(arguments)
        return str(arguments["a"] + arguments["b"])

    about: dict[str, Any] = {"environment": {"type": "none"}, "agent": {"model": "gpt-5"}}
    sessions = client.beta.agents.sessions
    with sessions.create(
        **about, input="2 + 3?", stream=True, tool_handlers={"add": add}
    ) as events:
        kinds = [event.type for event in events.with_result_collection()]
        result = events.get_final_result()
    typed = sessions.create(**about, input="A fair?", stream=True, output_type=kind())
    fair = typed.get_final_result().output_parsed
    refused: list[str] = []
    for wrong in ({"tool_handlers": {"add": add}}, {"stream": True, "output_type": kind()}):
        try:
            text = {"format": {"type": "text"}}
            sessions.create(**about | {"agent": {"model": "gpt-5", "text": text}}, **wrong)
        except ValueError as error:
            refused.append(type(error).__name__)
    return asked, kinds, result.output_text, fields(fair), refused


def asynchronous(sdk: Package, client: Any) -> object:
    async def program() -> object:
        url = str(client.base_url)
        async with sdk.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as aclient:
            many = await asyncio.gather(
                *(aclient.responses.create(model="gpt-4o", input="Hello") for _ in range(5))
            )
            stream = await aclient.chat.completions.create(
                model="gpt-4o", messages=HELLO, stream=True
            )
            text = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
            models = [model.object async for model in aclient.models.list()]
            page = await aclient.files.list()
            async with aclient.responses.stream(model="gpt-4o", input="Hello") as events:
                kinds = [event.type async for event in events]
            return [each.output_text for each in many], text, set(models), page.data, kinds

    return asyncio.run(program())


SCRIPTS: Final[dict[Program, Any]] = {
    functions: (CallFunction("get_weather", '{"city":"Oslo"}'), Say("Sunny.")),
    parse: (Say(EVENT), Say(EVENT)),
    stream_helper: (Say(EVENT), Say(EVENT)),
    errors: (None, Status(429, retry_after=3), Status(409)),
    agents: (CallFunction("add", '{"a": 2, "b": 3}'), Say("5."), Say(EVENT)),
}
PROGRAMS: Final[tuple[Program, ...]] = (
    chat,
    chat_stream,
    a_stream_is_left,
    functions,
    responses,
    response_events,
    parse,
    stream_helper,
    pages,
    errors,
    raw_and_streamed,
    files,
    dumps,
    embeddings,
    types_are_there,
    waiting,
    agents,
    asynchronous,
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # assistants are deprecated in the SDK
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_it_does_the_same(program: Program) -> None:
    check(program, *SCRIPTS.get(program, ()))
