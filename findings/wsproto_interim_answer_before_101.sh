#!/bin/sh
# wsproto 1.3.2: an interim answer before the 101 comes out as a refusal, and the 101 as an acceptance.
#
# A server, or a proxy before it, may send 103 Early Hints (RFC 8297) or 100 before the final answer to
# any request (RFC 9110 section 15.2), the opening handshake of a WebSocket included. wsproto's client
# reports the 103 as RejectConnection with status 103, and goes on to report AcceptConnection. A program
# that stops at the first of them gives up a handshake that succeeds.
#
# Seen: events from one answer, in order: RejectConnection(status_code=103), AcceptConnection.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet wsproto==1.3.2 h11==0.16.0
"$work/venv/bin/python" - <<'PROGRAM'
from wsproto import ConnectionType, WSConnection
from wsproto.events import Request
from wsproto.utilities import generate_accept_token

client = WSConnection(ConnectionType.CLIENT)
asked = client.send(Request(host="example.org", target="/session"))
key = next(
    line.split(b": ")[1]
    for line in asked.split(b"\r\n")
    if line.lower().startswith(b"sec-websocket-key:")
)
client.receive_data(
    b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: " + generate_accept_token(key) + b"\r\n\r\n"
)
events = [(type(event).__name__, getattr(event, "status_code", None)) for event in client.events()]
for event in events:
    print(event)
names = [name for name, _ in events]
assert ("RejectConnection", 103) in events
assert names.index("RejectConnection") < names.index("AcceptConnection")
PROGRAM
