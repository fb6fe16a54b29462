"""Streams that add up: texts and calls as they come, and the whole answer at the end.

python -m examples.streaming_events
"""

import msgspec

from api_openai import Client, function_tool
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import CallFunction, Say
from api_openai.streaming import ChatAccumulator


class Weather(msgspec.Struct):
    """The weather in a city."""

    city: str
    sky: str


class LookUp(msgspec.Struct):
    """Look up the weather of a city."""

    city: str


def talk(client: Client) -> str:
    """A text read as a type; what is there is shown while it comes."""
    with client.responses.stream(
        model="gpt-5", input="How is the weather in Oslo?", text_format=Weather
    ) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                print("  so far", event.parsed)
        weather = stream.get_final_response().value
    return f"{weather.city}: {weather.sky}"


def call(client: Client) -> str:
    """The arguments of a call, complete before the completion is."""
    with client.chat.completions.stream(
        model="gpt-5",
        messages=[{"role": "user", "content": "How is the weather in Oslo?"}],
        tools=[function_tool(LookUp)],
    ) as stream:
        for event in stream:
            if event.type == "tool_calls.function.arguments.done":
                return f"{event.name}: {event.parsed_arguments}"
    return "no call"


def by_hand(client: Client) -> str:
    """The same without the helper: chunks of anywhere add up."""
    known = ChatAccumulator[str]()
    for chunk in client.chat.completions.create(
        model="gpt-5", messages=[{"role": "user", "content": "Count."}], stream=True
    ):
        known.receive(chunk)
    return known.completion().choices[0].message.content or ""


def main() -> list[str]:
    """Stream three answers of the emulator, and return what came of them."""
    emulator = Emulator(
        faults=[
            Say('{"city": "Oslo", "sky": "clear"}'),
            CallFunction("LookUp", '{"city": "Oslo"}'),
            Say("one two three"),
        ]
    )
    with Client(api_key="sk-demo", transport=MemoryTransport(emulator)) as client:
        said = [talk(client), call(client), by_hand(client)]
    print(*said, sep="\n")
    return said


if __name__ == "__main__":
    main()
