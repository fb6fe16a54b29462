"""The same client in every event loop: each file streams one answer and makes one call beside it.

`python -m examples.loops.NAME` runs one against the emulator, in this process.
"""

from api_openai import AsyncClient

__all__ = ["told"]


async def told(client: AsyncClient, question: str) -> str:
    """Stream an answer, and return its text."""
    text = ""
    stream = await client.responses.create(model="gpt-5-mini", input=question, stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            text += event.delta
    return text
