"""asyncio: many calls at once, one client, a deadline for each, and errors that say what happened.

python -m examples.asyncio_service
"""

import asyncio

from api_openai import APIError, AsyncClient, Timeout
from api_openai.emulator import Emulator, serve_in_thread


async def ask(client: AsyncClient, question: str) -> str:
    """One question, one answer, at most two seconds in all."""
    completion = await client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": question}],
        timeout=Timeout(total=2.0),
    )
    return completion.choices[0].message.content or ""


async def serve(base_url: str) -> list[str]:
    """Ask several questions at once; a call that fails says why and disturbs no other."""
    async with AsyncClient(api_key="sk-demo", base_url=base_url) as client:
        questions = [ask(client, f"What is {n} squared?") for n in range(8)]
        answers = await asyncio.gather(*questions)
        try:
            await client.chat.completions.create(
                model="missing-model", messages=[{"role": "user", "content": "Hello"}]
            )
        except APIError as error:
            answers.append(f"{type(error).__name__}: {error}")
    return answers


def main() -> list[str]:
    """Run it against the emulator."""
    with serve_in_thread(Emulator()) as base_url:
        answers = asyncio.run(serve(base_url))
    print("\n".join(answers))
    return answers


if __name__ == "__main__":
    main()
