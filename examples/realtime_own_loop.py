"""Realtime sessions in an event loop written by hand: the one of `examples.selectors_loop`.

python -m examples.realtime_own_loop
"""

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread

from .selectors_loop import Loop


async def converse(client: AsyncClient, number: int) -> str:
    """Ask one question over a session of its own."""
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": f"Count to {number}."}],
            }
        )
        await connection.response.create()
        text = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.done":
                break
    return text


def main(sessions: int = 20) -> list[str]:
    """Hold all sessions at once, in one thread."""
    with serve_in_thread(Emulator()) as base_url:
        loop = Loop()
        client = AsyncClient(api_key="sk-demo", base_url=base_url, transport=loop.transport)
        texts = loop.run(*(converse(client, number) for number in range(sessions)))
        loop.transport.close()
        loop.selector.close()
    print(f"{len(texts)} sessions in one thread: {texts[0]!r}, ...")
    return texts


if __name__ == "__main__":
    main()
