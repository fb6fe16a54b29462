"""Servers that answer what no server should, in places: programs of several calls fail as the library.

Each runs against the emulator through a proxy that damages every other answer. What a field must not
be is found out here or by the caller; it is no `TypeError` of ours.
"""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, Final

import httpx
import pytest

from api_openai import AssistantEventHandler, Client, OpenAIError
from api_openai.emulator import Emulator, serve_in_thread

from ..support.damage import ODD, places

Program = Callable[[Client], object]

HELLO: Final[Any] = [{"role": "user", "content": "Hello"}]
SCHEMA: Final[Any] = {"title": "x", "type": "object", "properties": {}}
ABOUT: Final[Any] = {"thread_id": "thread_1", "assistant_id": "asst_1"}
HOP_BY_HOP: Final = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")


class Proxy:
    """Hands requests on, and damages what comes back."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self.client = client
        self.random = Random(0)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.client.request(
            request.method,
            f"{self.url}{request.url.raw_path.decode().removeprefix('/v1')}",
            content=request.read(),
            headers=passed_on(request.headers),
        )
        body = answer.content
        kind = answer.headers.get("content-type", "")
        if answer.is_success and self.random.random() < 0.5:
            if kind.startswith("application/json"):
                body = self.damaged(body)
            elif kind.startswith("text/event-stream"):
                body = b"\n".join(map(self.line, body.split(b"\n")))
        return httpx.Response(answer.status_code, headers=passed_on(answer.headers), content=body)

    def line(self, line: bytes) -> bytes:
        start, data = b"data: ", line.removeprefix(b"data: ")
        odd = data.startswith(b"{") and self.random.random() < 0.15
        return start + self.damaged(data) if odd else line

    def damaged(self, data: bytes) -> bytes:
        document = json.loads(data)
        for _ in range(self.random.randint(1, 2)):
            if found := [*places(document)]:
                container, key = self.random.choice(found)
                container[key] = copy.deepcopy(self.random.choice(ODD))
        return json.dumps(document).encode()


def passed_on(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with serve_in_thread(Emulator()) as url, httpx.Client() as forward:
        yield Proxy(url, forward)


@pytest.fixture
def client(proxy: Proxy) -> Iterator[Client]:
    with httpx.Client(transport=httpx.MockTransport(proxy)) as http:
        yield Client(api_key="k", admin_api_key="a", http_client=http)


class Told(AssistantEventHandler):
    """Every callback that keeps a snapshot."""

    def on_text_delta(self, delta: Any, snapshot: Any) -> None: ...
    def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None: ...
    def on_run_step_delta(self, delta: Any, snapshot: Any) -> None: ...
    def on_message_done(self, message: Any) -> None: ...
    def on_image_file_done(self, image_file: Any) -> None: ...


def runs(client: Client) -> None:
    with client.beta.threads.runs.stream(**ABOUT, event_handler=Told()) as stream:
        stream.until_done()
        stream.get_final_run_steps()
    with client.beta.threads.runs.stream(**ABOUT) as stream:
        assert "".join(stream.text_deltas)


def waiting(client: Client) -> None:
    stores = client.vector_stores
    client.beta.threads.runs.create_and_poll(**ABOUT, poll_interval_ms=0, max_wait_seconds=0.1)
    client.videos.create_and_poll(prompt="x", poll_interval_ms=0, max_wait_seconds=0.1)
    stores.files.upload_and_poll(
        vector_store_id="vs_1", file=b"x", poll_interval_ms=0, max_wait_seconds=0.1
    )
    client.files.wait_for_processing("file-1", poll_interval=0, max_wait_seconds=0.1)


def batches(client: Client) -> None:
    client.vector_stores.file_batches.upload_and_poll(
        "vs_1", files=[b"b", b"c"], poll_interval_ms=0, max_wait_seconds=0.1
    )


def uploads(client: Client) -> None:
    client.uploads.upload_file_chunked(
        file=b"abcdefgh",
        filename="a.txt",
        bytes=8,
        mime_type="text/plain",
        purpose="user_data",
        part_size=3,
    )


def chats(client: Client) -> None:
    with client.chat.completions.stream(model="gpt-4o", messages=HELLO) as stream:
        for _ in stream:
            pass
        stream.get_final_completion()
    client.chat.completions.parse(model="gpt-4o", messages=HELLO, response_format=SCHEMA)
    for chunk in client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True):
        chunk.to_dict()


def responses(client: Client) -> None:
    untold = suppress(RuntimeError)  # of a stream that did not tell of its end
    with untold, client.responses.stream(model="gpt-4o", input="x") as stream:
        response = stream.get_final_response()
        assert isinstance(response.output_text, str)
        response.as_input()
    parsed = client.responses.parse(model="gpt-4o", input="x", text_format=SCHEMA)
    assert isinstance(parsed.output_text, str)
    parsed.to_json()


def lists(client: Client) -> None:
    for number, _ in enumerate(client.files.list(limit=2)):
        if number > 10:
            break
    for number, _ in enumerate(client.admin.organization.users.list(limit=2)):
        if number > 10:
            break
    for number, _ in enumerate(client.conversations.items.list("conv_1")):
        if number > 10:
            break


def files(client: Client) -> None:
    client.beta.agents.environments.files.upload("env_1", file=b"x", path="/workspace/x.txt")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    "program",
    [runs, waiting, batches, uploads, chats, responses, lists, files],
    ids=lambda program: program.__name__,
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_fails_as_the_library(client: Client, proxy: Proxy, program: Program, seed: int) -> None:
    proxy.random.seed(seed)
    with suppress(OpenAIError):
        program(client)
