"""Tornado: its loop is asyncio's, so handlers await the client as they await all else.

python -m examples.loops.tornado_service
"""

from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread


class Answer(RequestHandler):
    """Passes the text of an answer on while it comes."""

    def initialize(self, client: AsyncClient) -> None:
        self.client = client

    async def get(self) -> None:
        """Answer the question in the query."""
        question = self.get_query_argument("question")
        stream = await self.client.responses.create(model="gpt-5-mini", input=question, stream=True)
        async with stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    self.write(event.delta)
                    await self.flush()


async def both(base_url: str) -> tuple[str, str]:
    """Serve, ask the own server, and make a call."""
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:
        routes: list[Any] = [("/", Answer, {"client": client})]
        server = HTTPServer(Application(routes))
        socket, port = bind_unused_port()
        server.add_sockets([socket])
        asked = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/?question=Hello+Tornado")
        model = await client.models.retrieve("gpt-5-mini")
        server.stop()
        await server.close_all_connections()
    return asked.body.decode(), model.id


def main() -> tuple[str, str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        text, model = IOLoop().run_sync(lambda: both(base_url))
    print(text, model, sep="\n")
    return text, model


if __name__ == "__main__":
    main()
