"""trio: the same `AsyncClient`, in a nursery, with a stream that a cancel scope cuts short.

python -m examples.trio_service
"""

import trio

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread


async def stream_into(
    client: AsyncClient, question: str, send: trio.MemorySendChannel[str]
) -> None:
    """Send the text of an answer into a channel, piece by piece."""
    async with (
        send,
        await client.responses.create(model="gpt-5-mini", input=question, stream=True) as stream,
    ):
        async for event in stream:
            if event.type == "response.output_text.delta":
                await send.send(event.delta)


async def first_words(base_url: str, count: int) -> list[str]:
    """Take the first pieces of whichever answers come first, and cancel the rest."""
    words: list[str] = []
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:
        send, receive = trio.open_memory_channel[str](0)
        async with trio.open_nursery() as nursery, receive:
            for topic in ("tides", "bees", "clouds"):
                nursery.start_soon(stream_into, client, f"Explain {topic}.", send.clone())
            send.close()
            async for word in receive:
                words.append(word)
                if len(words) == count:
                    nursery.cancel_scope.cancel()
    return words


def main(count: int = 12) -> list[str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        words = trio.run(first_words, base_url, count)
    print("".join(words))
    return words


if __name__ == "__main__":
    main()
