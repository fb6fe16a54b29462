"""trio: many sessions in one nursery, each with a deadline of its own.

python -m examples.realtime_trio
"""

import trio

from api_openai import AsyncClient
from api_openai.emulator import Emulator, serve_in_thread


async def answer(client: AsyncClient, topic: str, answers: dict[str, str]) -> None:
    """Ask one question over a session of its own, and give it five seconds."""
    with trio.fail_after(5):
        async with client.realtime.connect(model="gpt-realtime") as connection:
            await connection.session.update(
                session={"type": "realtime", "output_modalities": ["text"]}
            )
            await connection.conversation.item.create(
                item={
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": f"Explain {topic}."}],
                }
            )
            await connection.response.create()
            async for event in connection:
                if event.type == "response.output_text.done":
                    answers[topic] = event.text
                elif event.type == "response.done":
                    break


async def explain(base_url: str, topics: list[str]) -> dict[str, str]:
    """Ask all questions at once."""
    answers: dict[str, str] = {}
    async with (
        AsyncClient(api_key="sk-demo", base_url=base_url) as client,
        trio.open_nursery() as nursery,
    ):
        for topic in topics:
            nursery.start_soon(answer, client, topic, answers)
    return answers


def main() -> dict[str, str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        answers = trio.run(explain, base_url, ["tides", "bees", "clouds"])
    for topic, text in sorted(answers.items()):
        print(f"{topic}: {text}")
    return answers


if __name__ == "__main__":
    main()
