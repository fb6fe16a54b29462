"""Calls through `fetch` and sessions over `WebSocket`, in a page that is scripted."""

import asyncio
import gc
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from api_openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    Client,
    Network,
    OpenAIError,
    Timeout,
)
from api_openai.operations import models, responses

from ..support.page import Answer, JsException, Page, Socket, put

KEY = "sk-of-the-page"
BASE = "http://api.test/v1"
MODEL = b'{"id": "m", "object": "model"}'
EVENT = b'data: {"type": "response.output_text.delta", "delta": "%s"}\n\n'


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    made = Page()
    put(made, monkeypatch)
    yield made
    gc.collect()


def client(**settings: Any) -> Any:
    given: dict[str, Any] = {"api_key": KEY, "base_url": BASE, **settings}
    return AsyncClient(**given)


def play(program: Any) -> Any:
    return asyncio.run(program)


def failing(page: Page, *answers: Any, **settings: Any) -> Any:
    """The error of one call."""
    page.answers += answers

    async def main() -> None:
        await client(**settings).send(models.retrieve("m"))

    with pytest.raises(OpenAIError) as caught:
        play(main())
    assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}{caught.value.__context__!r}"
    return caught.value


def test_what_fetch_is_asked(page: Page) -> None:
    page.answers.append(Answer(parts=[MODEL], x_request_id="req_1"))
    model = play(client(default_headers={"x-one": "1"}).send(models.retrieve("m")))
    assert model.id == "m"
    ((url, options),) = page.requests
    assert url == "http://api.test:80/v1/models/m"
    assert options["headers"]["authorization"] == f"Bearer {KEY}"
    assert options["headers"]["x-one"] == "1"
    own = {"host", "user-agent", "accept-encoding", "content-length", "connection"}
    assert not own & options["headers"].keys()
    assert {name: options[name] for name in ("method", "redirect", "credentials")} == {
        "method": "GET",
        "redirect": "manual",
        "credentials": "omit",
    }
    assert "cache" not in options
    assert "body" not in options


def test_bodies_are_bytes_or_blobs(page: Page) -> None:
    page.answers += [Answer(parts=[b"{}"]), Answer(parts=[b"{}"])]

    async def pieces() -> AsyncIterator[bytes]:
        for each in (b"a", b"b"):
            yield each

    async def main() -> None:
        await client().send(responses.create(model="m", input="Hi"))
        async with client() as one:
            await one.files.create(file=("a.txt", pieces()), purpose="batch")

    play(main())
    (_, first), (_, second) = page.requests
    assert first["body"] == b'{"model":"m","input":"Hi"}'
    assert first["headers"]["content-type"] == "application/json"
    assert b"ab" in second["body"]
    assert second["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert "transfer-encoding" not in second["headers"]


def test_what_fetch_has_decoded_is_not_decoded_again(page: Page) -> None:
    coded = Answer(parts=[MODEL], content_encoding="gzip", content_length="20")
    page.answers += [coded, Answer(parts=[MODEL], content_encoding="odd", content_length="9")]
    raw = play(client().with_raw_response.models.retrieve("m"))
    assert not {"content-encoding", "content-length"} & {*raw.headers}
    assert raw.parse().id == "m"
    odd = play(client().with_raw_response.models.retrieve("m"))
    assert (odd.headers["content-encoding"], odd.headers["content-length"]) == ("odd", "9")


def test_a_stream_and_its_cut(page: Page) -> None:
    parts = [EVENT % b"a", EVENT % b"b", JsException("TypeError", "network error")]
    page.answers.append(Answer(parts=parts, content_type="text/event-stream"))
    seen: list[str] = []

    async def main() -> None:
        async with await client().responses.create(model="m", input="", stream=True) as all_:
            async for event in all_:
                seen.append(event.delta)

    with pytest.raises(APIConnectionError, match="failed while receiving") as caught:
        play(main())
    assert seen == ["a", "b"]
    assert caught.value.sent == "answered"


def test_an_answer_without_a_body(page: Page) -> None:
    page.answers.append(Answer(404, parts=None, text="Not Found"))
    assert isinstance(failing(page), APIStatusError)


@pytest.mark.parametrize(
    ("error", "said", "sent"),
    [
        (
            JsException("TypeError", f"Failed to fetch {KEY}"),
            "no connection, or the server does not allow this page (CORS)",
            "maybe",
        ),
        (
            JsException("TypeError", "fetch failed", type("E", (), {"code": "ECONNREFUSED"})),
            "Cannot reach http://api.test:80: ECONNREFUSED",
            "no",
        ),
        (
            JsException("TypeError", "fetch failed", type("E", (), {"code": "UND_ERR_SOCKET"})),
            "Cannot reach http://api.test:80: UND_ERR_SOCKET",
            "maybe",
        ),
    ],
)
def test_no_answer(page: Page, error: Exception, said: str, sent: str) -> None:
    failure = failing(page, error)
    assert said in str(failure)
    assert failure.sent == sent


def test_a_redirect_is_not_seen(page: Page) -> None:
    failure = failing(page, Answer(0, kind="opaqueredirect", parts=None))
    assert "redirects, and a browser does not say where to" in str(failure)
    assert failure.sent == "answered"


@pytest.mark.parametrize(
    ("timeout", "phase", "seconds"),
    [
        (Timeout(first_byte=0.002, total=50), "first_byte", 0.002),
        (Timeout(first_byte=50, total=0.002), "total", 0.002),
        (Timeout(connect=1, total=0.002), "total", 0.002),
    ],
)
def test_the_deadline_that_was_set_is_named(
    page: Page, timeout: Timeout, phase: str, seconds: float
) -> None:
    failure = failing(page, None, timeout=timeout)
    assert isinstance(failure, APITimeoutError)
    assert (failure.phase, failure.seconds, failure.sent) == (phase, seconds, "maybe")
    assert page.controllers[0].aborted


def test_a_limit_that_nothing_bounds_is_refused(page: Page) -> None:
    failure = failing(page, timeout=Timeout(connect=2, idle=5))
    assert "timeout connect=2: a browser does not tell when it has connected" in str(failure)
    assert page.requests == []


def test_timers_that_come_early(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    wait, waits = asyncio.wait, [0.0, 0.0, None]

    async def early(futures: Any, timeout: float | None = None) -> Any:
        return await wait(futures, timeout=waits.pop(0) if waits[0] is not None else timeout)

    monkeypatch.setattr(asyncio, "wait", early)
    failure = failing(page, None, timeout=Timeout(first_byte=9, total=0.05))
    assert (failure.phase, failure.seconds) == ("total", 0.05)
    assert waits == [None]


def test_an_idle_deadline(page: Page) -> None:
    loop = asyncio.new_event_loop()
    stalled: asyncio.Future[Any] = loop.create_future()
    page.answers.append(Answer(parts=[MODEL[:5], stalled]))
    program = client(timeout=Timeout(idle=0.002)).send(models.retrieve("m"))
    with pytest.raises(APITimeoutError) as caught:
        loop.run_until_complete(program)
    loop.close()
    assert (caught.value.phase, caught.value.sent) == ("idle", "answered")
    assert page.controllers[0].aborted


def test_cancelling_and_dropping_abort(page: Page) -> None:
    page.answers += [None, Answer(parts=[EVENT % b"a"] * 9, content_type="text/event-stream")]

    async def main() -> None:
        task = asyncio.ensure_future(client().send(models.retrieve("m")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        stream = await client().responses.create(model="m", input="", stream=True)
        await anext(stream)
        del stream

    play(main())
    gc.collect()
    assert [each.aborted for each in page.controllers] == [True, True]


def test_a_blocking_client(page: Page) -> None:
    page.answers += [Answer(parts=[MODEL]), Answer(parts=[EVENT % b"a", EVENT % b"b"])]
    page.answers[1].headers["content-type"] = "text/event-stream"
    blocking: Any = Client(api_key=KEY, base_url=BASE, stream_end="body")
    assert blocking.models.retrieve("m").id == "m"
    with blocking.responses.create(model="m", input="", stream=True) as stream:
        assert [event.delta for event in stream] == ["a", "b"]


def test_a_blocking_client_where_nobody_can_wait(page: Page) -> None:
    page.may_block = False
    blocking = Client(api_key=KEY, base_url=BASE)
    with pytest.raises(OpenAIError, match=r"stack switching \(JSPI\).*AsyncClient works"):
        blocking.models.retrieve("m")
    assert page.controllers == []


def test_network_settings_are_refused(page: Page) -> None:
    assert client(network=Network()).transport is not None
    for kind in (AsyncClient, Client):
        with pytest.raises(OpenAIError, match="network: proxies, certificates and connections"):
            kind(api_key=KEY, network=Network(max_connections=2))


# Sessions


def grants(socket: Socket) -> None:
    socket.protocol = socket.protocols[0]
    socket.happens("open")


def session(page: Page, program: Any, **settings: Any) -> None:
    async def main() -> None:
        manager = client(**settings).realtime.connect(model="m")
        async with manager as connection:
            await program(connection, page.sockets[-1])

    play(main())


def test_a_session(page: Page) -> None:
    page.opens = grants

    async def main(connection: Any, socket: Socket) -> None:
        await connection.send({"type": "response.create"})
        await connection.send_raw(b"\x00\xff")
        socket.happens("message", data='{"type": "session.created", "event_id": "é"}')
        socket.happens("message", data='{"type": "session.updated"}')
        assert [(await connection.recv()).type for _ in range(2)] == [
            "session.created",
            "session.updated",
        ]
        socket.happens("close", code=4000, reason="enough")
        with pytest.raises(APIConnectionError) as caught:
            await connection.recv()
        assert "4000" in str(caught.value)

    session(page, main, organization="org-1", project="proj-1")
    (socket,) = page.sockets
    assert socket.url == "ws://api.test/v1/realtime?model=m"
    assert socket.protocols[0] == "realtime"
    assert {*socket.protocols[1:]} == {
        f"openai-insecure-api-key.{KEY}",
        "openai-organization.org-1",
        "openai-project.proj-1",
    }
    assert socket.sent == ['{"type":"response.create"}', b"\x00\xff"]
    assert socket.listeners == {}


def test_a_session_that_is_refused(page: Page) -> None:
    page.opens = lambda socket: socket.happens("close", code=1006, reason="", wasClean=False)
    with pytest.raises(APIConnectionError, match="a browser does not say which") as caught:
        session(page, None)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["sk a", "sk/a", "sk=", "sk:a", "sk,a"])
def test_a_key_that_a_subprotocol_cannot_have(page: Page, key: str) -> None:
    with pytest.raises(
        OpenAIError, match=r"^api_key: in a browser it goes out as a subprotocol"
    ) as e:
        session(page, None, api_key=key)
    assert key not in str(e.value)
    assert page.sockets == []


def test_fields_that_a_page_cannot_send(page: Page) -> None:
    with pytest.raises(OpenAIError, match="header 'x-one': a browser opens a WebSocket without"):
        session(page, None, default_headers={"x-one": "secret"})


def test_pings_are_not_for_pages(page: Page) -> None:
    async def main() -> None:
        options: Any = {"ping_interval": 5}
        await client().realtime.connect(model="m", websocket_connection_options=options).enter()

    with pytest.raises(OpenAIError, match=r"ping_interval=5.*: a browser sends no pings"):
        play(main())


def test_a_client_secret_takes_the_place_of_the_key(page: Page) -> None:
    page.opens = grants

    async def main() -> None:
        mine: Any = {"subprotocols": ["realtime", "openai-insecure-api-key.ek_1"]}
        connecting = client().realtime.connect(model="m", websocket_connection_options=mine)
        connection = await connecting.enter()
        assert connection.subprotocol == "realtime"
        page.sockets[0].happens("close", code=1000, reason="")
        await connection.close()

    play(main())
    assert page.sockets[0].protocols == ["realtime", "openai-insecure-api-key.ek_1"]


def test_what_nobody_receives_has_an_end(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.opens = grants

    async def main(connection: Any, socket: Socket) -> None:
        from api_openai.transports.emscripten import socket as module

        monkeypatch.setattr(module, "MAX_UNREAD", 50)
        for _ in range(2):  # the second is the one too many
            socket.happens("message", data='{"type": "session.updated"}')
        assert (await connection.recv()).type == "session.updated"
        with pytest.raises(
            APIConnectionError, match="more than 50 bytes came that nobody received"
        ):
            await connection.recv()

    session(page, main)


def test_who_sends_waits_for_the_browser(page: Page) -> None:
    page.opens = grants

    async def main(connection: Any, socket: Socket) -> None:
        socket.bufferedAmount = 2 << 20
        sending = asyncio.ensure_future(connection.send({"type": "response.create"}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert socket.sent == []
        socket.bufferedAmount = 0
        await sending
        assert len(socket.sent) == 1
        socket.happens("close", code=1000, reason="")

    session(page, main)


def test_files_are_read_where_they_are(page: Page) -> None:
    page.answers.append(Answer(parts=[b"{}"]))

    async def main() -> None:
        async with client() as one:
            await one.files.create(file=io.BytesIO(b"of a file"), purpose="batch")

    play(main())
    assert b"of a file" in page.requests[0][1]["body"]
