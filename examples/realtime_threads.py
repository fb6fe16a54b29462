"""Blocking code with two threads on one session: one sends audio, the other receives events.

python -m examples.realtime_threads
"""

import threading

from api_openai import Client
from api_openai.audio import append_events
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.resources import realtime

SECOND = bytes(2 * 24000)
"""A second of silence: 24,000 samples of 16 bits."""


def speak(connection: realtime.RealtimeConnection, seconds: int) -> None:
    """Send audio as a microphone would, and ask for an answer."""
    for event in append_events((SECOND for _ in range(seconds)), milliseconds=100):
        connection.send(event)
    connection.input_audio_buffer.commit()
    connection.response.create()


def main(seconds: int = 3) -> tuple[str, list[str]]:
    """Return what was answered, and the types of events that came, in order."""
    seen: list[str] = []
    said: list[str] = []
    with (
        serve_in_thread(Emulator()) as base_url,
        Client(api_key="sk-demo", base_url=base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}
        )
        sender = threading.Thread(target=speak, args=(connection, seconds))
        sender.start()
        for event in connection:
            seen.append(event.type)
            if event.type == "response.output_audio_transcript.delta":
                said.append(event.delta)
            elif event.type == "response.done":
                break
        sender.join()
    print("".join(said))
    return "".join(said), seen


if __name__ == "__main__":
    main()
