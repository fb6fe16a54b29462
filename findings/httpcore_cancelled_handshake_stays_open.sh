#!/bin/sh
# httpcore 1.0.9 (httpx 0.28.1): a TLS handshake that is cancelled leaves its connection open.
#
# The streams of httpcore for trio and for asyncio close what they have when a handshake fails, and look for
# Exception only. A cancellation is none: trio.Cancelled and asyncio.CancelledError are BaseException. So
# where a deadline of the caller's (move_on_after, asyncio.timeout) ends a request while the peer is slow to
# answer the handshake, nobody closes the socket. It stays until the collector comes by, and closing the
# client does not help, for its pool has never had that connection. httpx's own timeouts are not
# concerned, since they are raised within.
#
# Seen: the peer sees no end of the connection within a second of both, client and request, being over.
# Close the stream that the "trace" extension tells of at connect_tcp.complete when start_tls fails.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 trio==0.35.0 anyio==4.16.0
"$work/venv/bin/python" - <<'PROGRAM'
import asyncio
import gc
import socket
import threading

import httpx
import trio


def peer(listener, seen):
    conn, _ = listener.accept()
    conn.settimeout(1.5)
    try:
        while conn.recv(65536):
            pass
        seen.append("closed")
    except TimeoutError:
        seen.append("left open")


async def under_trio(url):
    async with httpx.AsyncClient(timeout=None, verify=False) as client:
        with trio.move_on_after(0.3):
            await client.get(url)
    await trio.sleep(1.5)


async def under_asyncio(url):
    async with httpx.AsyncClient(timeout=None, verify=False) as client:
        try:
            async with asyncio.timeout(0.3):
                await client.get(url)
        except TimeoutError:
            pass
    await asyncio.sleep(1.5)


gc.disable()
for name, run, program in (("trio", trio.run, under_trio), ("asyncio", lambda f, url: asyncio.run(f(url)), under_asyncio)):
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=peer, args=(listener, seen))
        thread.start()
        run(program, f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()
    print(f"{name}: {seen[0]}")
    assert seen == ["left open"], seen
PROGRAM
