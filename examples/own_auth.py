"""Two ways of one's own to say who asks: a signature of each request, and a token of another server.

python examples/own_auth.py

It needs no network beyond loopback and no key: a server in this program checks what comes, and gives
the tokens.
"""

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from api_openai import Client, Secret
from api_openai.auth import AuthContext, FetchedToken, Fields, TokenAuth, UnsignedRequest

KEY = "shared with the server"


class Signature:
    """Signs the body with a key that the server knows."""

    def __init__(self, key: Secret) -> None:
        self.key = key

    def sign(self, request: UnsignedRequest, context: AuthContext) -> Fields:
        mac = hmac.new(self.key.reveal().encode(), request.whole_body(), hashlib.sha256)
        return {"X-Signature": mac.hexdigest()}


class Token(TokenAuth):
    """A token that a server gives; it is fetched once, whoever asks at the same time."""

    def __init__(self, url: str) -> None:
        super().__init__(renew_before=60)
        self.url = url

    async def fetch(self, context: AuthContext) -> FetchedToken:
        document = (await context.ask("POST", self.url)).json()
        return FetchedToken(Secret(document["access_token"]), document["expires_in"])


class Gateway(BaseHTTPRequestHandler):
    """Answers with how a request says who asks."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        signature = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
        if self.path == "/token":
            self.answer({"access_token": "t-1", "expires_in": 3600})
        elif self.headers.get("x-signature") == signature:
            self.answer({"known_by": "signature"})
        elif self.headers.get("authorization") == "Bearer t-1":
            self.answer({"known_by": "token"})
        else:
            self.answer({"error": {"message": "who asks?"}}, 401)

    def answer(self, document: object, status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> list[str]:
    known: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for auth in (Signature(Secret(KEY)), Token(f"{url}/token")):
            with Client(base_url=url, auth=auth) as client:
                answer = client.post("/ask", body={"input": "Hello"}, cast_to=dict[str, str])
            known.append(answer["known_by"])
            print(f"known by its {answer['known_by']}")
        server.shutdown()
    return known


if __name__ == "__main__":
    main()
