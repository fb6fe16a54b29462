"""A voice file in, a voice file out, under asyncio: one task sends, another receives.

    python -m examples.realtime_voice [question.wav [answer.wav]]

The question is mono PCM of 16 bits at 24 kHz; without one a tone of half a second asks.
"""

import asyncio
import math
import sys
from array import array
from pathlib import Path
from tempfile import TemporaryDirectory

from api_openai import AsyncClient
from api_openai.audio import WavWriter, append_events, read_wav, wav_bytes
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.resources import realtime


def tone(hertz: float = 440, seconds: float = 0.5, rate: int = 24000) -> bytes:
    """A WAV file with a tone."""
    step = 2 * math.pi * hertz / rate
    samples = array("h", (int(8000 * math.sin(step * n)) for n in range(int(seconds * rate))))
    if sys.byteorder == "big":
        samples.byteswap()
    return wav_bytes(samples.tobytes())


async def speak(connection: realtime.AsyncRealtimeConnection, question: Path) -> None:
    """Send a file in events of 100 ms, and ask for an answer."""
    with question.open("rb") as file:
        for event in append_events(read_wav(file), milliseconds=100):
            await connection.send(event)
    await connection.input_audio_buffer.commit()
    await connection.response.create()


async def listen(connection: realtime.AsyncRealtimeConnection, answer: Path) -> str:
    """Write the answer into a file, and return what it says."""
    said: list[str] = []
    with answer.open("wb") as file, WavWriter(file) as writer:
        async for event in connection:
            if event.type == "response.output_audio.delta":
                writer.write(event)
            elif event.type == "response.output_audio_transcript.delta":
                said.append(event.delta)
            elif event.type == "response.done":
                break
    return "".join(said)


async def talk(base_url: str, question: Path, answer: Path) -> str:
    """Speak and listen at the same time."""
    async with (
        AsyncClient(api_key="sk-demo", base_url=base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(
            session={
                "type": "realtime",
                "output_modalities": ["audio"],
                "audio": {"input": {"turn_detection": None}},
            }
        )
        said, _ = await asyncio.gather(listen(connection, answer), speak(connection, question))
        return said


def main(*files: str) -> tuple[str, int]:
    """Talk to the emulator; return what it said and how large the file is."""
    with TemporaryDirectory() as folder, serve_in_thread(Emulator()) as base_url:
        question = Path(files[0] if files else f"{folder}/question.wav")
        answer = Path(files[1] if len(files) > 1 else f"{folder}/answer.wav")
        if not files:
            question.write_bytes(tone())
        said = asyncio.run(talk(base_url, question, answer))
        size = answer.stat().st_size
        print(f"{said!r}, {size} bytes of {answer.name}")
        return said, size


if __name__ == "__main__":
    main(*sys.argv[1:])
