"""What a page has to be able to do, against the emulator."""

from api_openai import AsyncClient


async def hello(emulator: str) -> str:
    client = AsyncClient(base_url=emulator, api_key="sk-page")
    response = await client.responses.create(model="gpt-5", input="Say hello.")
    return response.output_text
