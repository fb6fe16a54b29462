"""What the benchmark's server answers: a reply for each scenario, rendered when first asked for."""

import functools
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from . import payloads, spoken, websocket


@dataclass(frozen=True, slots=True)
class Reply:
    """`blob`, then either `more`, or `pieces`, a write each, with `interval` seconds between them.

    A WebSocket gets it after the handshake, and from then on `turn` whenever it asks.
    """

    blob: bytes
    more: memoryview | bytes = b""
    pieces: tuple[bytes, ...] = ()
    interval: float = 0.0
    turn: Self | None = None


Routes = dict[bytes, Callable[[], Reply]]


def routes(events: int, paced: int, file: Path | None) -> Routes:
    """Every scenario by its name; each is rendered when it is first asked for.

    `events` is the number of deltas of a stream, `paced` of those whose events are apart; `file` is
    what a download sends.
    """
    size = file.stat().st_size if file else 0
    each, many = 1, 64

    def responses(per_chunk: int, *, obfuscated: bool = False) -> Reply:
        rendered = payloads.responses_events(events, obfuscated=obfuscated)
        return Reply(payloads.streamed(rendered, per_chunk))

    def chat(per_chunk: int, dialect: payloads.Dialect = "") -> Reply:
        return Reply(payloads.streamed(payloads.chat_events(events, dialect), per_chunk))

    def embeddings(*, as_base64: bool) -> Reply:
        return Reply(payloads.whole(payloads.embeddings(as_base64=as_base64)))

    def paced_stream() -> Reply:
        pieces = (*map(payloads.chunk, payloads.responses_events(paced)), b"0\r\n\r\n")
        return Reply(payloads.stream_head(), pieces=pieces, interval=0.002)

    def held() -> Reply:
        first = payloads.responses_events(0)[0]
        return Reply(payloads.stream_head() + payloads.chunk(first))

    def session(turn: Reply | None = None) -> Reply:
        return Reply(websocket.text(spoken.session_created()), turn=turn)

    def audible(deltas: int, per_write: int, interval: float) -> Reply:
        frames = [websocket.text(event) for event in spoken.audio_events(deltas)]
        writes = (b"".join(frames[i : i + per_write]) for i in range(0, len(frames), per_write))
        return session(Reply(b"", pieces=tuple(writes), interval=interval))

    def committed() -> Reply:
        return session(Reply(websocket.text(spoken.audio_committed())))

    def download() -> Reply:
        head = payloads.head("application/octet-stream", f"content-length: {size}")
        return Reply(head, _mapped(file)) if file and size else Reply(head)

    built: Routes = {
        b"answer": lambda: Reply(payloads.whole(payloads.chat_completion())),
        b"answer-described": lambda: Reply(payloads.whole(payloads.described_completion())),
        b"structured": lambda: Reply(payloads.whole(payloads.chat_completion(payloads.forecast()))),
        b"responses-chunks": lambda: responses(each),
        b"responses-coalesced": lambda: responses(many),
        b"responses-obfuscated": lambda: responses(each, obfuscated=True),
        b"chat-chunks": lambda: chat(each),
        b"chat-coalesced": lambda: chat(many),
        b"chat-chunks-vllm": lambda: chat(each, "vllm"),
        b"chat-coalesced-vllm": lambda: chat(many, "vllm"),
        b"chat-chunks-llama": lambda: chat(each, "llama"),
        b"chat-coalesced-llama": lambda: chat(many, "llama"),
        b"embeddings-float": lambda: embeddings(as_base64=False),
        b"embeddings-base64": lambda: embeddings(as_base64=True),
        b"paced": paced_stream,
        b"held": held,
        b"session-held": session,
        b"session-coalesced": lambda: audible(events, 8, 0.0),
        b"session-single": lambda: audible(paced, each, 0.001),
        b"session-heard": committed,
        b"upload": lambda: Reply(payloads.whole(payloads.file_object(size))),
        b"parts": lambda: Reply(payloads.whole(payloads.upload_object(size))),
        b"download": download,
    }
    return {name: functools.cache(render) for name, render in built.items()}


def _mapped(file: Path) -> memoryview:
    """The contents of a file. Over loopback, sending memory is twice as fast as `sendfile`."""
    with file.open("rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
