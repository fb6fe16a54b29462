"""Heads of responses, made and damaged by chance."""

from random import Random
from typing import Final

from hypothesis import strategies as st

NAMES: Final = (
    "Content-Type", "content-length", "Transfer-Encoding", "connection", "Date", "X-Request-Id",
    "x-ratelimit-limit-requests", "Set-Cookie", "openai-processing-ms", "Server", "CF-Ray", "x",
)  # fmt: skip
VALUES: Final = (
    "application/json", "12", "chunked", "close", "Wed, 28 Oct 2026 12:00:00 GMT", "", "a b",
    "5, 5", "identity", "keep-alive", "0", "60", "x" * 40, "a,b;c=\"d\"",
)  # fmt: skip
PIECES: Final = (
    b"\r", b"\n", b"\r\n", b":", b" ", b"\t", b"\0", b"\xe9", b"\x7f", b"content-length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"x: y\r\n", b"\r\n\r\n",
    b" folded\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0", b"100",
)  # fmt: skip


def made(random: Random) -> bytes:
    """A head of the usual form."""
    lines = [f"HTTP/1.1 {random.randrange(200, 600)} {random.choice(['OK', '', 'Not Found'])}"]
    for _ in range(random.randrange(12)):
        name = random.choice(NAMES)
        value = random.choice(VALUES)
        if name.lower() == "content-length":
            value = str(random.randrange(10**6))
        elif name.lower() == "transfer-encoding":
            value = "chunked"
        lines.append(f"{name}:{random.choice(['', ' '])}{value}")
    return "\r\n".join([*lines, "", ""]).encode()


def switched(random: Random) -> bytes:
    """The same with the status that announces another protocol."""
    return b"HTTP/1.1 101" + made(random)[len("HTTP/1.1 200") :]


def damaged(head: bytes, random: Random) -> bytes:
    """A head with a few bytes changed, put in, or left out; it ends as heads do."""
    data = bytearray(head[:-4])
    for _ in range(random.randrange(4)):
        at = random.randrange(len(data) + 1)
        match random.randrange(4):
            case 0:
                data[at:at] = random.choice(PIECES)
            case 1:
                data[at : at + 1] = bytes([random.randrange(256)])
            case 2:
                del data[at : at + random.randrange(1, 4)]
            case _:
                data[at:at] = data[at : at + random.randrange(1, 40)]
    return bytes(data) + b"\r\n\r\n"


def _plain(random: Random) -> bytes:
    """One whose framing can be read in one way only."""
    while True:
        head = made(random)
        framing = head.lower().count(b"content-length:") + head.lower().count(b"transfer-encoding:")
        if framing <= 1:
            return head


HEADS: Final = st.randoms(use_true_random=False).map(_plain)
"""Heads of the usual form."""
