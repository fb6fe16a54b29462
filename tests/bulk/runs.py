"""Whole runs in memory, on each kind of client, in virtual time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from api_openai.bulk import Summary, results, run
from api_openai.emulator import Emulator

from ..support.clients import KINDS, AnyClient, client_of, settled
from ..support.ports import drive
from .samples import row

__all__ = ["KINDS", "Run", "server", "written"]

KEEP: Final = 100_000


def server(**options: Any) -> Emulator:
    """An emulator that keeps all requests."""
    return Emulator(any_model=True, keep_requests=KEEP, **options)


def rows(count: int) -> list[dict[str, Any]]:
    return [row(f"k{number}") for number in range(count)]


def written(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, each whole."""
    data = path.read_bytes()
    assert data.endswith(b"\n") or not data
    return [json.loads(line) for line in data.splitlines()]


class Run:
    """What a run on one kind of client came to."""

    def __init__(
        self,
        kind: str,
        out: Path,
        source: Any = 20,
        emulator: Emulator | None = None,
        client: dict[str, Any] | None = None,
        then: Callable[[AnyClient], None] | None = None,
        **options: Any,
    ) -> None:
        self.emulator = emulator or server()
        self.out = out
        source = rows(source) if isinstance(source, int) else source

        async def program() -> Summary:
            made = client_of(kind, self.emulator, strict=False, **(client or {}))
            taken: Any = run
            found: Summary = await settled(taken(source, out, made, **options))
            if then is not None:
                then(made)
            return found

        self.summary = drive(kind, program)

    @property
    def keys(self) -> list[str]:
        return [each["custom_id"] for each in written(self.out)]

    @property
    def errors(self) -> dict[str, Any]:
        """The rows that failed."""
        found = results(self.out)
        return {each.custom_id: each.error for each in found if each.error is not None}

    @property
    def requests(self) -> int:
        return len(self.emulator.requests)
