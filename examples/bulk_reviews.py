"""A data set through the API: a CSV in; a table of structured outputs and a plot of latency and tokens out.

python -m examples.bulk_reviews [FOLDER]

Run again with the same folder, it goes on where it was stopped.
"""

import asyncio
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from api_openai import AsyncClient, Operation, bulk, json_schema
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.operations import responses
from api_openai.types.responses import Response

REVIEWS = Path(__file__).parent / "reviews.csv"


class Verdict(msgspec.Struct):
    """What a review says."""

    topic: Literal["food", "service", "price", "place"]
    stars: int
    why: str


FORMAT: Any = {
    "format": {
        "type": "json_schema",
        "name": "verdict",
        "schema": json_schema(Verdict),
        "strict": True,
    }
}


def questions() -> Iterator[tuple[str, Operation[Any, Any]]]:
    """A request for each line of the CSV, under the name of the guest."""
    with REVIEWS.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            yield (
                line["guest"],
                responses.create(model="gpt-5-mini", input=line["review"], text=FORMAT),
            )


async def ask(out: Path) -> bulk.Summary:
    """Send what has no result yet: eight at once, three more tries for each."""
    async with AsyncClient(api_key="sk-demo", transport=MemoryTransport(Emulator())) as client:
        return await bulk.run(questions(), out, client, concurrency=8, retries=3, resume=True)


def table(out: Path, path: Path) -> None:
    """Write the verdicts in the order of the reviews."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("guest", *Verdict.__struct_fields__, "error"))
        for row in bulk.results(out, Response, order=questions()):
            if row.answer is None:
                writer.writerow((row.custom_id, "", "", "", row.error))
            else:
                verdict = msgspec.json.decode(row.answer.output_text, type=Verdict)
                writer.writerow((row.custom_id, *msgspec.structs.astuple(verdict), ""))


def plot(out: Path, path: Path) -> None:
    """Draw a dot for each answer: seconds from left to right, tokens from below."""
    dots: list[tuple[float, int]] = [
        (row.seconds or 0.0, row.answer.usage.total_tokens)
        for row in bulk.results(out, Response)
        if row.answer is not None and row.answer.usage is not None
    ]
    longest = max((seconds for seconds, _ in dots), default=0.0) or 1.0
    most = max((tokens for _, tokens in dots), default=0) or 1
    marks = "".join(
        f'<circle cx="{50 + 520 * seconds / longest:.1f}" cy="{250 - 220 * tokens / most:.1f}" r="4"/>'
        for seconds, tokens in dots
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 290" font-family="sans-serif" '
        'font-size="12" role="img" aria-label="Latency and tokens of each answer">'
        '<path d="M50 20V250H580" fill="none" stroke="#888"/>'
        f'<text x="8" y="34">{most}</text><text x="8" y="254">0</text>'
        f'<text x="470" y="275">{longest * 1000:.1f} ms</text>'
        f'<text x="50" y="275">0 ms</text><text x="58" y="16">tokens</text>'
        f'<g fill="#1a73e8" fill-opacity="0.6">{marks}</g></svg>\n',
        encoding="utf-8",
    )


def main(folder: Path) -> bulk.Summary:
    """Ask, and write `results.jsonl`, `verdicts.csv` and `latency.svg` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "results.jsonl"
    summary = asyncio.run(ask(out))
    table(out, folder / "verdicts.csv")
    plot(out, folder / "latency.svg")
    print(summary)
    return summary


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("reviews"))
