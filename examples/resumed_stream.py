"""A long response whose stream is cut twice, read line by line as if nothing had happened.

python -m examples.resumed_stream
"""

from api_openai import Client, Resume
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Say, Truncate
from api_openai.streaming import smooth

POEM = "Tyger Tyger, burning bright,\nIn the forests of the night;\n"


def main() -> list[str]:
    """Follow a response of the emulator, and return its lines."""
    emulator = Emulator()
    emulator.script((Say(POEM), Truncate(after=6)), Truncate(after=5))
    lines: list[str] = []
    with (
        Client(api_key="sk-demo", transport=MemoryTransport(emulator)) as client,
        client.responses.follow(
            model="gpt-5",
            input="A poem, please.",
            background=True,
            resume=Resume(max_attempts=3, delays=(0, 0.5, 2)),
        ) as stream,
    ):
        for event in smooth(stream, newline=True):
            if event.type == "response.output_text.delta":
                lines.append(event.delta)
                print(event.delta, end="")
        print(f"{len(emulator.requests)} requests, {stream.last_sequence_number} events")
    return lines


if __name__ == "__main__":
    main()
