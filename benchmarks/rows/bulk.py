"""Bulk work: rows of a data set through a client into a file."""

from typing import Final

from .row import Figure, Row

ROWS: Final[tuple[Row, ...]] = (
    Row(
        name="bulk",
        group="bulk",
        task="bulk",
        scenario="answer",
        mode="asyncio",
        variants=("aiohttp",),
        count=20_000,
        warm=400,
        fresh=True,
        figures=(
            Figure(
                "cpu",
                "20,000 rows, 200 at once, into a file: CPU per row; the floor is our bare calls",
                "seconds",
                0.15,
                to_floor=1.15,
                bar="a row of bulk work",
            ),
            Figure("peak", "20,000 rows, 200 at once, into a file: peak RSS", "bytes", 0.5),
        ),
        quick=False,
    ),
)
