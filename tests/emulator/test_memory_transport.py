"""The emulator in process: connections, virtual time, threads, event loops."""

import math
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import pytest

from api_openai.client.client import AsyncClient, Client
from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.call.run import run
from api_openai.core.http.body import JsonBody
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.request.answer_kinds import EventsAnswer, JsonAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APITimeoutError,
    RemoteProtocolError,
    StreamTruncatedError,
)
from api_openai.emulator import Emulator
from api_openai.emulator import faults as f
from api_openai.emulator.server.callers import BlockingCaller
from api_openai.emulator.server.memory_transport import (
    AsyncMemoryTransport,
    MemoryBackend,
    MemoryTransport,
    VirtualTime,
)

from .peer import request

R = TypeVar("R")

Document = dict[str, object]
MODELS: Operation[Document, Document] = Operation(
    name="models.list", method="GET", path="/models", answer=JsonAnswer(Document), safe=True
)
ADDRESS = Address("emulator", 80)


def upload() -> Operation[Document, Document]:
    body = JsonBody(b'{"model":"gpt-4o","input":"' + b"x" * 500_000 + b'"}')
    answer = JsonAnswer(Document)
    return Operation(name="x", method="POST", path="/responses", answer=answer, body=body)


def streaming() -> Operation[Any, Any]:
    body = JsonBody(b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}')
    answer = EventsAnswer(Document)
    return Operation(name="x", method="POST", path="/chat/completions", answer=answer, body=body)


def client(emulator: Emulator, **options: Any) -> Client:
    return Client(api_key="test", transport=MemoryTransport(emulator, **options))


def async_client(emulator: Emulator, **options: Any) -> AsyncClient:
    return AsyncClient(api_key="test", transport=AsyncMemoryTransport(emulator, **options))


def port(emulator: Emulator) -> MemoryBackend:
    return MemoryBackend(emulator, Network(), BlockingCaller(), VirtualTime())


def now(awaitable: Awaitable[R]) -> R:
    """Wait for what a blocking port never has to wait for."""

    async def wait() -> R:
        return await awaitable

    return run(wait())


def limited(**limits: Any) -> Operation[Document, Document]:
    answer = JsonAnswer(Document)
    return Operation(
        name="x", method="GET", path="/models", answer=answer, timeout=Timeout(**limits)
    )


def test_a_call_and_the_next_on_one_connection() -> None:
    emulator = Emulator()
    with client(emulator) as api:
        assert api.send(MODELS)["object"] == "list"
        assert "gpt" in str(api.send(upload())["model"])
        assert api.send(MODELS)["object"] == "list"
    assert [seen.path for seen in emulator.requests] == ["/models", "/responses", "/models"]
    assert emulator.requests[1].size > 500_000


def test_a_receive_is_what_the_server_sent_at_once() -> None:
    emulator = Emulator(pace=2)
    outside = port(emulator)
    conn = now(outside.connect(ADDRESS, math.inf))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    now(outside.send(conn, request("POST", "/chat/completions", body), math.inf))
    assert outside.readable(conn)
    times, parts = list[float](), list[bytes]()
    while not parts or not parts[-1].endswith(b"0\r\n\r\n"):
        parts.append(now(outside.receive(conn, math.inf)))
        times.append(outside.now())
    events = [part for part in parts if b"data: {" in part]
    assert len(events) > 5
    assert all(part.count(b"data: ") == 1 for part in events)
    assert times[-1] == 2 * (len(events) - 1)
    assert sorted(set(times)) == [2.0 * number for number in range(len(events))]


@pytest.mark.parametrize(
    ("fault", "limits", "error", "passed"),
    [
        (f.Stall(), {"first_byte": 5}, APITimeoutError, 5),
        (f.Stall(after_bytes=900), {"idle": 5}, APITimeoutError, 5),
        (f.Stall(after_bytes=900, seconds=4), {"idle": 5}, None, 4),
        (f.Stall(after_bytes=900), {"total": 9}, APITimeoutError, 9),
        (f.Stall(), {}, APIConnectionError, 0),
        (f.Reset(), {}, APIConnectionError, 0),
        (f.Reset(after_bytes=900), {}, APIConnectionError, 0),
        (f.Close(after_bytes=900), {}, RemoteProtocolError, 0),
        (f.Garbage(), {}, RemoteProtocolError, 0),
        (f.DropKeepAlive(), {}, None, 0),
        (f.Slow(bytes_per_second=1000), {}, None, pytest.approx(2.2, rel=0.2)),
    ],
)
def test_faults_take_virtual_time_only(
    fault: f.Fault, limits: dict[str, float], error: type[Exception] | None, passed: float
) -> None:
    transport = MemoryTransport(Emulator(faults=[fault], gzip_from=1 << 30))
    api = Client(api_key="test", transport=transport)
    if error is None:
        assert api.send(limited(**limits))["object"] == "list"
    else:
        with pytest.raises(error):
            api.send(limited(**limits))
    assert transport.wire().backend.now() == passed
    assert api.send(MODELS)["object"] == "list"


def test_a_truncated_stream() -> None:
    improper, proper = f.Truncate(after=3), f.Truncate(after=3, proper=True)
    api = client(Emulator(faults=[improper, None, proper]))
    for _ in range(2):
        events = list[Document]()
        with pytest.raises(StreamTruncatedError):
            events.extend(event for event in api.send(streaming()))
        with api.send(streaming()) as whole:
            assert len(list(whole)) > 3


def test_threads_share_a_transport() -> None:
    emulator = Emulator(keep_requests=1000)
    api = client(emulator)

    def call(_: int) -> int:
        return len(list(api.send(streaming()))) + len(api.send(MODELS))

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(call, range(80)))
    assert len(set(counts)) == 1
    assert len(emulator.requests) == 160


def test_threads_wait_for_a_place_in_the_pool() -> None:
    emulator = Emulator()
    api = client(emulator, network=Network(max_connections=1))
    stream = api.send(streaming())
    next(stream)
    with pytest.raises(APITimeoutError):
        api.send(limited(connect=5))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.send, MODELS)
        assert len(list(stream)) > 3
        assert waiting.result(10)["object"] == "list"


def test_the_port_itself(tmp_path: Path) -> None:
    outside = port(Emulator())
    with pytest.raises(DeadlinePassed):
        now(outside.connect(ADDRESS, 0))
    conn = now(outside.connect(ADDRESS, math.inf))
    assert now(outside.start_tls(conn, "emulator", math.inf)) is conn
    assert not outside.readable(conn)
    with pytest.raises(DeadlinePassed):
        now(outside.receive(conn, 3))
    assert outside.now() == 3
    outside.abort(conn)
    with pytest.raises(APIConnectionError):
        now(outside.receive(conn, math.inf))
    with pytest.raises(APIConnectionError):
        now(outside.send(conn, b"x", math.inf))
    (tmp_path / "a").write_bytes(b"abc")
    file, size = now(outside.open_file(str(tmp_path / "a")))
    with file:
        assert (size, now(outside.read_file(file, 2))) == (3, b"ab")
    assert now(outside.in_worker(lambda: 5)) == 5
    assert len(outside.token()) >= 32
    assert 0 <= outside.random() < 1
    now(outside.sleep(1000))
    assert outside.now() == 1003


def test_the_server_is_not_far_ahead_of_its_reader() -> None:
    emulator = Emulator()
    outside = port(emulator)
    conn = now(outside.connect(ADDRESS, math.inf))
    body = {"model": "text-embedding-3-large", "input": ["a"] * 100}
    now(outside.send(conn, request("POST", "/embeddings", body), math.inf))
    assert sum(map(len, conn.chunks)) < 256 * 1024
    size = 0
    while size < 6_000_000:
        size += len(now(outside.receive(conn, math.inf)))
    assert max(map(len, conn.chunks), default=0) <= 256 * 1024


def test_sending_stops_when_the_server_speaks() -> None:
    outside = port(Emulator(faults=[f.EarlyError()]))
    conn = now(outside.connect(ADDRESS, math.inf))
    data = request("POST", "/responses", body=b"x" * 1_000_000)
    assert now(outside.send_watching(conn, data, math.inf)) < 200_000
    assert now(outside.receive(conn, math.inf)).startswith(b"HTTP/1.1 413 ")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.anyio
async def test_tasks_share_virtual_time() -> None:
    emulator = Emulator()
    transport = AsyncMemoryTransport(emulator)
    api = AsyncClient(api_key="test", transport=transport)
    order = list[int]()

    async def call(seconds: int) -> None:
        path = f"/models/gpt-{seconds}"
        emulator.script(f.Stall(seconds=seconds), path=path)
        models: Operation[Document, Document] = Operation(
            name="x", method="GET", path=path, answer=JsonAnswer(Document)
        )
        await api.send(models)
        order.append(seconds)

    async with anyio.create_task_group() as tasks:
        for seconds in (30, 10, 20):
            tasks.start_soon(call, seconds)
    assert order == [10, 20, 30]
    assert transport.wire().backend.now() == 30


@pytest.mark.anyio
async def test_who_has_just_gone_on_is_not_overtaken_by_the_virtual_clock() -> None:
    emulator = Emulator(faults=[f.Stall(seconds=30)])
    transport = AsyncMemoryTransport(emulator)
    hedge = Hedge(after=2)
    api = AsyncClient(api_key="test", transport=transport, hedge=hedge)
    await api.send(MODELS)
    assert hedge.stats.won == 1
    assert transport.wire().backend.now() == 2


@pytest.mark.anyio
async def test_policies_and_dates_go_by_virtual_time() -> None:
    transport = AsyncMemoryTransport(Emulator())
    backend = transport.wire().backend
    limit = RateLimit(requests=1, seconds=3600)
    api = AsyncClient(api_key="test", transport=transport, rate_limit=limit)
    began = backend.wall()
    moments = list[float]()
    for _ in range(3):
        await api.send(MODELS)
        moments.append(backend.now())
    assert moments == pytest.approx([0, 3600, 7200])
    assert backend.steady() == backend.now() == pytest.approx(7200)
    assert backend.wall() == pytest.approx(began + 7200)


@pytest.mark.anyio
async def test_a_full_pool() -> None:
    emulator = Emulator()
    api = async_client(emulator, network=Network(max_connections=1))
    stream = await api.send(streaming())
    await anext(stream)
    with pytest.raises(APITimeoutError):
        await api.send(limited(connect=5))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(api.send, MODELS)
        await anyio.lowlevel.checkpoint()
        assert len([event async for event in stream]) > 3
    assert [seen.path for seen in emulator.requests] == ["/chat/completions", "/models"]


@pytest.mark.anyio
async def test_a_stall_for_ever_can_be_cancelled() -> None:
    emulator = Emulator(faults=[f.Stall()])
    api = async_client(emulator)
    with anyio.move_on_after(0.01) as scope:
        await api.send(MODELS)
    assert scope.cancelled_caught
    assert (await api.send(MODELS))["object"] == "list"


@pytest.mark.anyio
async def test_faults_over_tasks() -> None:
    api = async_client(Emulator(faults=[f.Reset(after_bytes=20), f.Stall()]))
    with pytest.raises(APIConnectionError):
        await api.send(limited())
    with pytest.raises(APITimeoutError):
        await api.send(limited(first_byte=1000))


@pytest.mark.anyio
async def test_the_clock_of_the_loop() -> None:
    api = async_client(Emulator(faults=[f.Stall(seconds=0.001), f.Stall()]), virtual=False)
    assert (await api.send(MODELS))["object"] == "list"
    with pytest.raises(APITimeoutError):
        await api.send(limited(first_byte=0.001))


@pytest.mark.anyio
async def test_files_are_read_in_a_worker(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    outside = AsyncMemoryTransport(Emulator()).wire().backend
    file, size = await outside.open_file(str(tmp_path / "a"))
    try:
        assert (size, await outside.read_file(file, 2)) == (3, b"ab")
    finally:
        file.close()
    assert outside.asynchronous
    with pytest.raises(FileNotFoundError):
        await outside.open_file(str(tmp_path / "b"))


@pytest.mark.anyio
async def test_closing() -> None:
    async with async_client(Emulator()) as api:
        await api.send(MODELS)
        await api.send(MODELS)
    await api.send(MODELS)
    await api.close()


def test_one_client_in_several_loops() -> None:
    api = async_client(Emulator())

    async def call() -> object:
        return (await api.send(MODELS))["object"]

    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(call, backend=backend) == "list"
    api_blocking = client(Emulator(latency=0.001), virtual=False)
    assert api_blocking.send(MODELS)["object"] == "list"
