"""Cancelled at every suspension point, a call leaves no connection and no place in the pool behind."""

from pathlib import Path
from typing import Any

import pytest

from api_openai import Resume, StreamTruncatedError
from api_openai.core.call.network import Network
from api_openai.core.http.body import as_body
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.operation import Operation

from ..support.certificates import Certificates
from ..support.http import DONE, END, EVENTS, answer, chunk, event, head
from ..support.resumable import sent, told
from ..support.server import Always, Server
from ..support.shapes import LIST, UPLOAD, delta
from .answers import page
from .callers import Caller
from .cancelling import CANCELLERS, Program, everywhere
from .framing import OK, POST
from .streaming import STREAM


async def unary(caller: Caller) -> None:
    assert (await caller.send(POST)).id == "r1"
    assert (await caller.send(POST)).id == "r1"


async def streaming(caller: Caller) -> None:
    assert len(await caller.events(STREAM)) == 3


async def stream_left_early(caller: Caller) -> None:
    async with await caller.stream(STREAM) as stream:
        await anext(stream)


async def followed(caller: Caller) -> None:
    resume = Resume(max_attempts=2, delays=(0.001,))
    with pytest.raises(StreamTruncatedError):
        await follow_to_its_end(caller, resume)


async def follow_to_its_end(caller: Caller, resume: Resume) -> None:
    asked: dict[str, Any] = {"model": "m", "input": "x", "background": True}
    async with caller.follow(**asked, resume=resume) as stream:
        async for _ in stream:
            pass


async def paginated(caller: Caller) -> None:
    seen = 0
    async for _ in caller.items(LIST({})):
        seen += 1
        if seen == 3:
            return


async def download(caller: Caller) -> None:
    async with caller.streaming(POST) as response:
        assert [part async for part in response.iter_bytes(7)]


def upload_of(path: Path) -> Program:
    async def upload(caller: Caller) -> None:
        body = as_body(path, "content")
        put: Operation[Any, Any] = Operation(
            name="put", method="PUT", path="/x", answer=JsonAnswer(object), body=body
        )
        assert (await caller.send(put))["id"] == "r1"
        await caller.send(UPLOAD({"file": path, "purpose": "p"}))

    return upload


def in_pieces() -> bytes:
    """A stream whose parts come apart, some in the middle of an event."""
    events = b"".join(event(delta(text)) for text in "abc") + DONE
    chunks = b"".join(chunk(events[at : at + 50]) for at in range(0, len(events), 50))
    return head("200 OK", EVENTS, "transfer-encoding: chunked") + chunks + END


def cut_short() -> bytes:
    """The beginning of a response, time and again."""
    began = chunk(sent(told(["a", "b"])[:3]))
    return head("200 OK", EVENTS, "transfer-encoding: chunked") + began + END


def moving_pages() -> bytes:
    return page("a", "b", "c", more=True)


PROGRAMS: dict[str, tuple[Program | None, bytes]] = {
    "unary": (unary, OK),
    "streaming": (streaming, in_pieces()),
    "stream left early": (stream_left_early, in_pieces()),
    "followed": (followed, cut_short()),
    "paginated": (paginated, moving_pages()),
    "download": (download, answer({"id": "r1"})),
    "upload": (None, OK),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kind", CANCELLERS)
def test_cancelled_at_every_await(kind: str, name: str, tmp_path: Path) -> None:
    program, said = PROGRAMS[name]
    path = tmp_path / "file"
    path.write_bytes(bytes(600_000))
    server = Server()
    server.on_any(Always(said))
    points = everywhere(
        CANCELLERS[kind](), program or upload_of(path), server, Network(max_connections=2), "http"
    )
    assert server.finish() == []
    assert points >= 2


@pytest.mark.parametrize("kind", ["asyncio", "trio", "stepper"])
def test_cancelled_at_every_await_through_tls(kind: str, certificates: Certificates) -> None:
    server = Server(certificates.server)
    server.on_any(Always(OK))
    points = everywhere(
        CANCELLERS[kind](), unary, server, Network(ca=certificates.ca, max_connections=1), "https"
    )
    assert server.finish() == []
    assert points >= 3
