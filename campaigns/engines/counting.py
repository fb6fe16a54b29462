"""A server of chat completions on loopback that counts who asked for what, and when."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final

__all__ = ["CountingServer", "counting"]

ANSWER: Final = (
    '{"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m", '
    '"choices": [{"index": 0, "finish_reason": "stop", "logprobs": null, '
    '"message": {"role": "assistant", "content": %s, "refusal": null}}], '
    '"usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}}'
)
REFUSAL: Final = (
    '{"error": {"message": "No %s.", "type": "invalid_request_error", '
    '"param": "messages", "code": "not_wanted"}}'
)


class CountingServer:
    """What it is asked (the text of the first message), how often, and how many at once."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.asked: Counter[str] = Counter()
        self.times: list[float] = []
        self.keys: set[str] = set()
        """What has come as a key."""
        self.refused: set[str] = set()
        """Texts that get a 400."""
        self.in_flight = self.peak = 0
        self.url = ""
        self.connections: set[asyncio.Transport] = set()

    @property
    def requests(self) -> int:
        """How many have come."""
        return len(self.times)

    def forget(self) -> None:
        """Begin to count again."""
        self.asked.clear()
        self.times.clear()
        self.keys.clear()
        self.peak = 0


class _Connection(asyncio.Protocol):
    def __init__(self, server: CountingServer) -> None:
        self._server = server
        self._received = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._server.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        pairs = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        fields = {name.lower(): value for name, _, value in pairs}
        length = int(fields.get(b"content-length", b"0"))
        if not end or len(rest) < length:
            return
        self._received = rest[length:]
        server = self._server
        text = json.loads(rest[:length])["messages"][0]["content"]
        server.asked[text] += 1
        server.times.append(time.monotonic())
        server.keys.add(fields.get(b"authorization", b"").decode())
        server.in_flight += 1
        server.peak = max(server.peak, server.in_flight)
        asyncio.get_running_loop().call_later(server.latency, self._answer, text)

    def _answer(self, text: str) -> None:
        self._server.in_flight -= 1
        refused = text in self._server.refused
        body = (REFUSAL % text if refused else ANSWER % json.dumps(f"re: {text}")).encode()
        head = (
            f"HTTP/1.1 {'400 Bad Request' if refused else '200 OK'}\r\n"
            f"content-type: application/json\r\nx-request-id: req-{text}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


@contextmanager
def counting(latency: float = 0.0) -> Generator[CountingServer]:
    """A server in a thread, as long as the body lasts."""
    server = CountingServer(latency)
    loop = asyncio.new_event_loop()
    ready = Event()
    over = asyncio.Event()

    async def serve() -> None:
        made = await loop.create_server(lambda: _Connection(server), "127.0.0.1", 0, backlog=2048)
        server.url = f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}/v1"
        ready.set()
        await over.wait()
        made.close()
        for each in [*server.connections]:
            each.abort()
        await asyncio.sleep(0)  # aborted connections are closed in the loop's next turn

    thread = Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
