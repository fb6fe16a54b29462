"""Twisted on any reactor: a blocking client in the threads of its pool.

python -m examples.loops.twisted_threads
"""

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread


def told(client: Client, question: str) -> str:
    """Stream an answer, and return its text."""
    with client.responses.create(model="gpt-5-mini", input=question, stream=True) as stream:
        return "".join(
            event.delta for event in stream if event.type == "response.output_text.delta"
        )


async def both(base_url: str) -> None:
    """An answer that streams, and a call beside it."""
    with Client(api_key="sk-demo", base_url=base_url) as client:
        text, model = await gatherResults(
            [
                deferToThread(told, client, "Hello threads"),
                deferToThread(client.models.retrieve, "gpt-5-mini"),
            ]
        )
    print(text, model.id, sep="\n")


def main() -> None:
    """Run it against the emulator. A reactor ends the process with it."""
    with serve_in_thread(Emulator()) as base_url:
        react(lambda reactor: Deferred.fromCoroutine(both(base_url)))


if __name__ == "__main__":
    main()
