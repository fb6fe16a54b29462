"""A receiver of webhooks on the standard library's HTTP server, and deliveries to try it with.

python examples/webhook_receiver.py

It needs no network beyond loopback and no key: it signs its own deliveries, as the API would, and
answers 200 to those that verify. A receiver that is to be reached from outside stands behind TLS.
"""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from api_openai.types.webhooks import UnwrapWebhookEvent
from api_openai.webhooks import InvalidWebhookSignatureError, WebhookPayloadError, sign, unwrap

SECRET = "whsec_ZXhhbXBsZSBzZWNyZXQ="  # of an endpoint of one's own: client.webhooks.create(...)
LONGEST = 1 << 20

Handle = Callable[[UnwrapWebhookEvent], None]


def receiver(handle: Handle, secret: str) -> type[BaseHTTPRequestHandler]:
    """Return a handler of requests that gives every event to `handle`."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            if not 0 <= length <= LONGEST:
                self.send_error(413)
                return
            body = self.rfile.read(length)  # as it came: JSON written anew is another body
            try:
                event = unwrap(body, self.headers, secret)
            except InvalidWebhookSignatureError as error:
                self.send_error(401, explain=error.reason)
                return
            except WebhookPayloadError:
                self.send_error(400)
                return
            handle(event)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; whoever runs this has a log of his own."""

    return Receiver


def report(event: UnwrapWebhookEvent) -> None:
    """Print what happened; `match` on the type, and let the others go."""
    match event.type:
        case "response.completed":
            print(f"  response {event.data.id} is ready to be fetched")
        case "batch.completed" | "batch.failed":
            print(f"  batch {event.data.id}: {event.type}")
        case other:  # every other one, those that are not known yet too
            print(f"  nothing to do for {other}")


def deliver(port: int, body: bytes, headers: dict[str, str]) -> int:
    """Send a webhook as the API would and return the status of the answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/webhooks", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def event_of(kind: str, identity: str) -> bytes:
    """Return the body of an event."""
    event = {
        "id": "evt_1",
        "object": "event",
        "created_at": 1_760_000_000,
        "type": kind,
        "data": {"id": identity},
    }
    return json.dumps(event).encode()


def main() -> list[int]:
    """Receive good deliveries and bad ones; return the statuses that they were answered with."""
    with ThreadingHTTPServer(("127.0.0.1", 0), receiver(report, SECRET)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            return list(demo(server.server_port))
        finally:
            server.shutdown()
            thread.join()


def demo(port: int) -> list[int]:
    """Deliver five times: three events, an altered body, and a delivery that is too old."""
    statuses: list[int] = []
    for number, (kind, identity) in enumerate(
        [
            ("response.completed", "resp_1"),
            ("batch.failed", "batch_1"),
            ("model.retired", "model_1"),
        ]
    ):
        body = event_of(kind, identity)
        print(f"delivering {kind}")
        statuses.append(deliver(port, body, sign(body, SECRET, webhook_id=f"wh_{number}")))
    body = event_of("response.completed", "resp_2")
    good = sign(body, SECRET, webhook_id="wh_4")
    print("delivering an altered body")
    statuses.append(deliver(port, body.replace(b"resp_2", b"resp_3"), good))
    print("delivering what was signed long ago")
    old = sign(body, SECRET, webhook_id="wh_5", timestamp=1_760_000_000)
    statuses.append(deliver(port, body, old))
    print("answered", *statuses)
    return statuses


if __name__ == "__main__":
    main()
