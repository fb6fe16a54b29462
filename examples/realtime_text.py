"""A conversation in text over a realtime session: two questions, each answered word by word.

python -m examples.realtime_text
"""

from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.resources import realtime


def ask(connection: realtime.RealtimeConnection, question: str) -> str:
    """Say something, and return what is answered."""
    connection.conversation.item.create(
        item={
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": question}],
        }
    )
    connection.response.create()
    words: list[str] = []
    for event in connection:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
            words.append(event.delta)
        elif event.type == "error":
            raise RuntimeError(event.error.message)
        elif event.type == "response.done":
            print()
            break
    return "".join(words)


def main() -> list[str]:
    """Hold the conversation with the emulator."""
    with (
        serve_in_thread(Emulator()) as base_url,
        Client(api_key="sk-demo", base_url=base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        return [ask(connection, question) for question in ("What is a tide?", "And a neap tide?")]


if __name__ == "__main__":
    main()
